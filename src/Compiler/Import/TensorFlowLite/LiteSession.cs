using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.TensorFlowLite.Operators;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>What the import of one file shares: the graph being made, the constants, the findings, the variables.</summary>
/// <param name="file">Path of the file.</param>
/// <param name="model">The file.</param>
internal sealed class LiteSession(string file, LiteModel model)
{
    // Graphs call graphs; so many nodes are no model.
    private const int MaximumNodes = 200_000;

    // A graph within another, so many levels deep, calls itself.
    private const int MaximumDepth = 32;

    private readonly List<Diagnostic> diagnostics = [];
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);
    private readonly GraphBuilder builder = new();
    private readonly Lazy<HashSet<string>> assigned = new(() => Assigned(model));
    private GraphBuilder? current;
    private int nodes;
    private int depth;
    private int conditions;

    /// <summary>The file.</summary>
    public LiteModel Model => model;

    /// <summary>Reads constants.</summary>
    public LiteConstants Constants { get; } = new(model);

    /// <summary>The graph being made: the model's, or the body of a loop.</summary>
    public GraphBuilder Builder => current ?? builder;

    /// <summary>What the model keeps from one prediction to the next.</summary>
    public LiteVariables Variables { get; } = new();

    /// <summary>The values whose extent along an axis depends on the data.</summary>
    public Dictionary<string, Bound> Bounds { get; } = new(StringComparer.Ordinal);

    /// <summary>Everything found so far.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => diagnostics;

    /// <summary>Records a finding. An operator that is not supported is listed once, at its first node; so is what is wrong with the file.</summary>
    public void Report(ImportException exception, string node)
    {
        bool isOfFile = exception.Kind == DiagnosticKinds.OperatorUnsupported || exception.Kind == DiagnosticKinds.FileMalformed;
        if (!isOfFile || reported.Add(exception.Message))
        {
            diagnostics.Add(exception.At(file, node));
        }
    }

    /// <summary>Does something about a node; what goes wrong is a finding.</summary>
    public T? Guard<T>(string node, string what, Func<T> action) => ImportGuard.Run(what, action, exception => Report(exception, node));

    /// <summary>Does something that may find trouble without telling it.</summary>
    /// <returns>What was made, and the trouble.</returns>
    public (T? Result, ImmutableArray<Diagnostic> Problems) Attempt<T>(Func<T> action)
        where T : class
    {
        int before = diagnostics.Count;
        string[] reportedBefore = [.. reported];
        T? result = Guard("", "a loop", action);
        ImmutableArray<Diagnostic> problems = [.. diagnostics.Skip(before)];
        diagnostics.RemoveRange(before, problems.Length);
        reported.IntersectWith(reportedBefore);
        return (result, problems);
    }

    /// <summary>Tells what an attempt found.</summary>
    public void Report(IEnumerable<Diagnostic> findings) => diagnostics.AddRange(findings);

    /// <summary>Imports what runs only if a condition holds.</summary>
    public T Conditional<T>(Func<T> action)
    {
        conditions++;
        try
        {
            return action();
        }
        finally
        {
            conditions--;
        }
    }

    /// <summary>Fails where a variable cannot be read, or written.</summary>
    /// <exception cref="ImportException">The operator is in a loop, or writes in a branch.</exception>
    public void RequireVariables(string operatorName, bool writes)
    {
        if (current is not null || (writes && conditions > 0))
        {
            throw ImportException.Attribute(operatorName, "a variable inside a loop or a branch", "read it before, and write it behind");
        }
    }

    /// <summary>Does something in a graph of its own that is thrown away.</summary>
    public T Aside<T>(Func<GraphBuilder, T> action)
    {
        GraphBuilder outer = Builder;
        var scratch = new GraphBuilder(outer);
        current = scratch;
        try
        {
            return action(scratch);
        }
        finally
        {
            current = outer == builder ? null : outer;
        }
    }

    /// <summary>Counts a node.</summary>
    /// <exception cref="ImportException">There are too many.</exception>
    public void CountNode()
    {
        if (++nodes > MaximumNodes)
        {
            throw new ImportException(DiagnosticKinds.TooLarge, "the model's graphs expand to very many nodes", $"{MaximumNodes}");
        }
    }

    /// <summary>Imports a graph of the file in place.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="inputs">The values given to it.</param>
    /// <returns>Its outputs.</returns>
    /// <exception cref="ImportException">There is none, or it contains itself.</exception>
    public ImmutableArray<string> ImportGraph(int index, params string[] inputs)
    {
        if (index < 0 || index >= model.Subgraphs.Length || model.Subgraphs[index].Inputs.Length != inputs.Length)
        {
            throw ImportException.Invalid($"there is no graph {index} with {inputs.Length} inputs");
        }

        if (depth >= MaximumDepth)
        {
            throw ImportException.Invalid($"graph {index} is nested more than {MaximumDepth} deep; it may contain itself");
        }

        depth++;
        try
        {
            var importer = new LiteGraphImporter(this, model.Subgraphs[index], index);
            for (int input = 0; input < inputs.Length; input++)
            {
                importer.Define(model.Subgraphs[index].Inputs[input], inputs[input]);
            }

            importer.ImportNodes();
            return [.. model.Subgraphs[index].Outputs.Select(importer.Require)];
        }
        finally
        {
            depth--;
        }
    }

    /// <summary>Whether what is imported runs once, before the first prediction.</summary>
    public bool IsInitializing { get; private set; }

    /// <summary>Imports a graph that runs once, before the first prediction.</summary>
    public ImmutableArray<string> Initialize(int index)
    {
        IsInitializing = true;
        try
        {
            ImportGraph(index);
            return [];
        }
        finally
        {
            IsInitializing = false;
        }
    }

    /// <summary>Whether the model gives a variable new values.</summary>
    /// <param name="handle">The variable, as VAR_HANDLE names it.</param>
    public bool IsAssigned(string handle) => assigned.Value.Contains(handle);

    /// <summary>Makes a loop.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="count">Number of iterations.</param>
    /// <param name="states">The states before the first iteration.</param>
    /// <param name="sequences">Sequences [count, …] of which each iteration reads one element.</param>
    /// <param name="backwards">Whether sequences are read and written from their ends.</param>
    /// <param name="captured">Values that are the same in all iterations.</param>
    /// <param name="body">Makes the new states, then the elements of the sequences given.</param>
    /// <returns>The states after the last iteration, then the sequences.</returns>
    public ImmutableArray<string> Loop(
        string name, int count, string[] states, string[] sequences, bool backwards, string[] captured, Func<string[], string[], string[], (string[] States, string[] Elements)> body)
    {
        GraphBuilder outer = Builder;
        RequireWhole([.. states, .. sequences, .. captured]);
        var inner = new GraphBuilder(outer);
        string[] insideStates = [.. states.Select(value => Inside(inner, value, outer.ValueOf(value).Type))];
        string[] insideElements = [.. sequences.Select(value =>
            Inside(inner, value, outer.ValueOf(value).Type is var type ? type with { Shape = Shape.From(type.Shape.Extents[1..]) } : default))];
        string[] insideCaptured = [.. captured.Select(value =>
            outer.ConstantOf(value) is { } constant ? inner.AddConstant(constant, value) : Inside(inner, value, outer.ValueOf(value).Type))];
        current = inner;
        (string[] States, string[] Elements) made;
        try
        {
            made = body(insideStates, insideElements, insideCaptured);
        }
        finally
        {
            current = outer == builder ? null : outer;
        }

        RequireWhole([.. made.States, .. made.Elements]);
        GraphOutput[] outputs = [.. made.States.Concat(made.Elements).Select((value, index) => new GraphOutput($"{index}", value))];
        string[] operands = [.. states, .. sequences, .. captured.Where((_, index) => inner.ConstantOf(insideCaptured[index]) is null)];
        var loop = new Loop(
            inner.ToGraph(outputs),
            count,
            states.Length,
            sequences.Select(_ => backwards).ToEquatableArray(),
            made.Elements.Select(_ => backwards).ToEquatableArray());
        return outer.AddNode(name, loop, [.. operands], [.. outputs.Select(_ => name)]);
    }

    private void RequireWhole(string[] values)
    {
        if (values.FirstOrDefault(Bounds.ContainsKey) is { } value)
        {
            throw ImportException.Extent("a loop", value, Bounds[value].Axis, "cannot follow that");
        }
    }

    // Graphs that run once are those that CALL_ONCE names; what others assign changes.
    private static HashSet<string> Assigned(LiteModel model)
    {
        var changing = new HashSet<string>(StringComparer.Ordinal);
        var nodes = model.Subgraphs.Select(graph => Enumerable.Range(0, graph.NodeCount).Select(index => graph.Node(model, index)).ToArray()).ToArray();
        var once = nodes.SelectMany(graph => graph).Where(node => node.OperatorName == "CALL_ONCE").Select(node => node.Options?.Integer(0) ?? 0).ToHashSet();
        foreach (LiteNode[] graph in nodes.Where((_, index) => !once.Contains(index)))
        {
            var handles = graph.Where(node => node is { OperatorName: "VAR_HANDLE", Outputs.Length: > 0 }).ToLookup(node => node.Outputs[0], VariableOperators.HandleOf);
            changing.UnionWith(graph.Where(node => node is { OperatorName: "ASSIGN_VARIABLE", Inputs.Length: > 0 }).SelectMany(node => handles[node.Inputs[0]]));
        }

        return changing;
    }

    private static string Inside(GraphBuilder inner, string outside, TensorType type) => inner.AddInput(inner.Unique(outside), type);
}
