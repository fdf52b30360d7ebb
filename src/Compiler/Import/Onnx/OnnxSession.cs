using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>What the import of one file shares: the graph being made, the constants' reader, the findings, the budgets.</summary>
/// <param name="file">Path of the file.</param>
/// <param name="tensors">Reads constants.</param>
/// <param name="functions">The operators that the file defines.</param>
internal sealed class OnnxSession(string file, OnnxTensors tensors, IReadOnlyDictionary<(string Domain, string Name, string Overload), FunctionProto> functions)
{
    // Functions within functions multiply; so many nodes are no model.
    private const int MaximumNodes = 200_000;

    // A function or branch within another, so many levels deep, calls itself.
    private const int MaximumDepth = 32;

    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private readonly GraphBuilder model = new();
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NarrowType> narrow = new(StringComparer.Ordinal);
    private readonly List<Diagnostic> diagnostics = [];
    private readonly Dictionary<string, ImmutableArray<string>> sequences = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> settled = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClassLabels> labels = new(StringComparer.Ordinal);
    private GraphBuilder? current;
    private int nodes;
    private int depth;

    /// <summary>The graph being made: the model's, or the body of a loop.</summary>
    public GraphBuilder Builder => current ?? model;

    /// <summary>Reads constants.</summary>
    public OnnxTensors Tensors => tensors;

    /// <summary>The values whose extent along an axis depends on the data.</summary>
    public Dictionary<string, Bound> Bounds { get; } = new(StringComparer.Ordinal);

    /// <summary>Everything found so far.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => diagnostics;

    /// <summary>The classes that a value's numbers stand for, or <see langword="null"/>.</summary>
    public ClassLabels? LabelsOf(string value) => labels.GetValueOrDefault(value);

    /// <summary>A value of its own, with the numbers of another, that stands for classes.</summary>
    public string WithLabels(string name, string value, ClassLabels meaning)
    {
        string labelled = Builder.Add(name, new Reshape(Builder.ShapeOf(value)), value);
        labels.Add(labelled, meaning);
        return labelled;
    }

    /// <summary>The file's own operator of that name, or <see langword="null"/>.</summary>
    public FunctionProto? Function(string domain, string name, string overload) => functions.GetValueOrDefault((domain, name, overload));

    /// <summary>The type that a value has in the file where .NET has no such type, else <see langword="null"/>.</summary>
    public NarrowType? NarrowTypeOf(string value) => narrow.GetValueOrDefault(value);

    /// <summary>Says that a value has a type in the file that .NET does not have, or none such.</summary>
    public void Mark(string value, NarrowType? type)
    {
        if (type is not null)
        {
            narrow[value] = type;
        }
    }

    /// <summary>Records a finding. An operator that is not supported is listed once, at its first node.</summary>
    public void Report(ImportException exception, string node)
    {
        if (exception.Kind != DiagnosticKinds.OperatorUnsupported || reported.Add(exception.Message))
        {
            diagnostics.Add(exception.At(file, node));
        }
    }

    /// <summary>Makes a sequence of values, which has a name as values have.</summary>
    public string AddSequence(ImmutableArray<string> values)
    {
        string name = $"sequence {(sequences.Count + 1).ToString(CultureInfo.InvariantCulture)}";
        sequences.Add(name, values);
        return name;
    }

    /// <summary>The values of a sequence, or <see langword="null"/> when the name is no sequence.</summary>
    public ImmutableArray<string>? SequenceOf(string name) => sequences.TryGetValue(name, out ImmutableArray<string> values) ? values : null;

    /// <summary>What inputs of the model must hold, as shapes that the file declares say.</summary>
    public IReadOnlyDictionary<string, Tensor> Settled => settled;

    /// <summary>Remembers what an input must hold.</summary>
    public void Settle(string input, Tensor numbers) => settled.Add(input, numbers);

    /// <summary>Takes away the inputs that can hold one thing only, and says so.</summary>
    /// <param name="outputs">The model's outputs.</param>
    public void RemoveSettled(IReadOnlyCollection<GraphOutput> outputs)
    {
        foreach ((string input, Tensor numbers) in settled)
        {
            if (!outputs.Any(output => output.Value == input) && Builder.TryRemoveInput(input))
            {
                diagnostics.Add(DiagnosticKinds.InputSettled.At(file, "", input, string.Join(',', numbers.ToInt64())));
            }
            else
            {
                Report(ImportException.Computed("that also computes with it", input, numbers.Count), "");
            }
        }
    }

    /// <summary>Whether a value is an input of the model, and not one of a loop's body.</summary>
    public bool IsModelInput(string value) => Builder == model && model.IsInput(value);

    /// <summary>Does something while another graph is the one being made.</summary>
    public T Within<T>(GraphBuilder builder, Func<T> action)
    {
        GraphBuilder? before = current;
        current = builder;
        try
        {
            return action();
        }
        finally
        {
            current = before;
        }
    }

    /// <summary>Hands on what is known of a value to the value that stands for it in the body of a loop.</summary>
    /// <returns>The value inside.</returns>
    /// <exception cref="ImportException">A loop cannot follow what the value is.</exception>
    public string Enter(string outside, string inside)
    {
        if (Bounds.TryGetValue(outside, out Bound? bound))
        {
            throw ImportException.Extent("that repeats", outside, bound.Axis, "cannot follow that");
        }

        if (LabelsOf(outside)?.Role is LabelRole.Text or LabelRole.Map)
        {
            throw ImportException.ElementType(outside, "string");
        }

        Mark(inside, NarrowTypeOf(outside));
        return inside;
    }

    /// <summary>Does something that may find trouble without telling it.</summary>
    /// <returns>What was made, and the trouble.</returns>
    public (T Result, ImmutableArray<Diagnostic> Problems) Attempt<T>(Func<T> action)
    {
        int before = diagnostics.Count;
        string[] reportedBefore = [.. reported];
        T result = action();
        ImmutableArray<Diagnostic> problems = [.. diagnostics.Skip(before)];
        diagnostics.RemoveRange(before, problems.Length);
        reported.IntersectWith(reportedBefore);
        return (result, problems);
    }

    /// <summary>Records findings of an attempt.</summary>
    public void Report(IEnumerable<Diagnostic> findings) => diagnostics.AddRange(findings);

    /// <summary>A name that no node has had, made of the one given.</summary>
    public string Unique(string name)
    {
        int count = names.GetValueOrDefault(name);
        names[name] = count + 1;
        return count == 0 ? name : Unique(name + "_" + (count + 1).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Whether a budget is used up: then nothing more is imported, and nothing more found.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Counts a node.</summary>
    /// <exception cref="ImportException">There are too many.</exception>
    public void CountNode()
    {
        if (++nodes > MaximumNodes)
        {
            IsExhausted = true;
            throw new ImportException(DiagnosticKinds.TooLarge, "the model's functions expand to very many nodes", $"{MaximumNodes}");
        }
    }

    /// <summary>Does something one level deeper.</summary>
    /// <exception cref="ImportException">That is too deep.</exception>
    public T Nested<T>(string what, Func<T> action)
    {
        if (depth >= MaximumDepth)
        {
            IsExhausted = true;
            throw ImportException.Invalid($"{what} is nested more than {MaximumDepth} deep; it may contain itself");
        }

        depth++;
        try
        {
            return action();
        }
        finally
        {
            depth--;
        }
    }

    /// <summary>
    /// A readable name for a node: <c>/features/features.0/Conv</c> becomes <c>features.0/Conv</c>, as each part repeats the one before.
    /// A node without a name takes its operator's and its first output's.
    /// </summary>
    public static string ReadableName(NodeProto node)
    {
        string[] parts = node.Name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string[] kept = [.. parts.Where((part, index) => index + 1 >= parts.Length || !IsRepeatedBy(part, parts[index + 1]))];
        return kept.Length > 0 ? string.Join('/', kept) : $"{node.OpType}_{node.Output.FirstOrDefault("")}";
    }

    private static bool IsRepeatedBy(string part, string next) => next == part || next.StartsWith(part + ".", StringComparison.Ordinal);
}
