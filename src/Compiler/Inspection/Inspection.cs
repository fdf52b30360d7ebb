using System.Collections.Immutable;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Inspection;

/// <summary>What can be said of a model.</summary>
/// <param name="File">What is in the file; <see langword="null"/> when it cannot be read at all.</param>
/// <param name="Graph">What the passes make of it; <see langword="null"/> when it cannot be compiled.</param>
/// <param name="Quantization">What the file quantises, when there is a graph.</param>
/// <param name="Diagnostics">Everything that is wrong with the model.</param>
public sealed record Inspection(FileSurvey? File, Graph? Graph, QuantizationSummary? Quantization, ImmutableArray<Diagnostic> Diagnostics);
