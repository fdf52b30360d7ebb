using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>A plan with its constants and what observing its execution needs.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Weights">The bytes that its constants lie in.</param>
/// <param name="Views">How values lie in the arena, by name.</param>
/// <param name="InputValues">For each input of the model the value that its conversions write.</param>
/// <param name="EarlyResults">The values that are complete when the inputs have been fed: reshapes of them, say, are other names for the same elements.</param>
/// <param name="Results">For each step the values that are complete after it.</param>
public sealed record LoweredModel(
    ModelPlan Plan,
    byte[] Weights,
    IReadOnlyDictionary<string, View> Views,
    ImmutableArray<string> InputValues,
    ImmutableArray<string> EarlyResults,
    ImmutableArray<ImmutableArray<string>> Results);
