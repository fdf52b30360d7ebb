using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>
/// Decides how each value lies in memory before any step is written: images get the border that the convolutions behind them need, the operands
/// of a concatenation lie inside its result, elementwise results lie where their operand was, reshapes and the transposes before matrix products
/// are other names for the same elements.
/// Nodes are visited from the last to the first, so that where a value goes is known before where it comes from.
/// </summary>
public sealed class LayoutPlanner
{
    private readonly Graph graph;
    private readonly string prefix;
    private readonly IReadOnlyDictionary<string, View> results;
    private readonly bool isBody;
    private readonly Dictionary<string, View> views;
    private readonly Dictionary<string, int> lastUse;

    private LayoutPlanner(Graph graph, string prefix, IReadOnlyDictionary<string, View> inputs, IReadOnlyDictionary<string, View> results, bool isBody)
    {
        this.graph = graph;
        this.prefix = prefix;
        this.results = results;
        this.isBody = isBody;
        views = new Dictionary<string, View>(inputs.Concat(results), StringComparer.Ordinal);
        lastUse = LastUses(graph);
    }

    /// <summary>Plans the layout of all values that are not constant.</summary>
    public static Dictionary<string, View> Plan(Graph graph)
    {
        var nothing = new Dictionary<string, View>(StringComparer.Ordinal);
        return new LayoutPlanner(graph, "", nothing, nothing, isBody: false).Run();
    }

    /// <summary>Plans the layout of a loop's body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="prefix">Begins the names of its buffers.</param>
    /// <param name="inputs">The layouts of its inputs.</param>
    /// <param name="results">The layouts of results that are computed where they belong.</param>
    public static Dictionary<string, View> PlanBody(
        Graph body, string prefix, IReadOnlyDictionary<string, View> inputs, IReadOnlyDictionary<string, View> results) =>
        new LayoutPlanner(body, prefix, inputs, results, isBody: true).Run();

    /// <summary>The index of the last node that reads each value, through slices too.</summary>
    public static Dictionary<string, int> LastUses(Graph graph)
    {
        var lastUse = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int index = graph.Nodes.Length - 1; index >= 0; index--)
        {
            Node node = graph.Nodes[index];
            int end = node.Op is Slice or Transpose ? lastUse.GetValueOrDefault(node.Output, index) : index;
            foreach (string input in node.Inputs)
            {
                lastUse[input] = Math.Max(lastUse.GetValueOrDefault(input), end);
            }
        }

        return lastUse;
    }

    private Dictionary<string, View> Run()
    {
        for (int index = graph.Nodes.Length - 1; index >= 0; index--)
        {
            Node node = graph.Nodes[index];
            if (IsPartInPlace(node))
            {
                continue;
            }

            PlaceTransposed(node);
            foreach (string output in node.Outputs)
            {
                Place(output);
            }

            PlaceInputs(node, index);
        }

        foreach (string input in graph.Inputs)
        {
            Place(input);
        }

        foreach (Node node in graph.Nodes.Where(IsPartInPlace))
        {
            views.Add(node.Output, views[node.Inputs[0]].Slice((Slice)node.Op));
        }

        return views;
    }

    // A part that only elementwise loops read needs no copy: they read it where it lies, forwards. At the model's inputs it is a step, after which its range is observed.
    private bool IsPartInPlace(Node node) =>
        node.Op is Slice slice && slice.Steps.All(step => step > 0) && (isBody || graph.Producer(node.Inputs[0]) is not null)
        && !graph.IsOutput(node.Output) && graph.Consumers(node.Output).All(consumer => consumer.Op is Elementwise)
        && Equals(graph.Values[node.Inputs[0]].Quantization, graph.Values[node.Output].Quantization);

    private void Place(string name)
    {
        if (!views.ContainsKey(name))
        {
            Value value = graph.Values[name];
            ElementType type = value.Quantization is null ? value.Type.Type : ElementType.UInt8;
            views.Add(name, View.Allocate(prefix + name, type, value.Type.Shape, PaddingOf(name), value.Quantization));
        }
    }

    // Matrix products read with any strides: what only they read need not be transposed. The input must stay as it is until then, which
    // inputs of the model do, and what nobody else reads after.
    private void PlaceTransposed(Node node)
    {
        string input = node.Inputs.FirstOrDefault("");
        bool isFree = node.Op is Transpose && !graph.IsOutput(node.Output) && graph.Consumers(node.Output).All(consumer => consumer.Op is MatMul)
            && !views.ContainsKey(node.Output) && !views.ContainsKey(input) && !graph.Constants.ContainsKey(input) && !graph.IsOutput(input)
            && graph.Values[input].Quantization is null && PaddingOf(input).IsEmpty && !graph.Consumers(input).Any(IsPartInPlace);
        if (isFree && (graph.Inputs.Contains(input) || graph.Consumers(input).Last() == node))
        {
            Place(input);
            views.Add(node.Output, Transposed(views[input], (Transpose)node.Op));
        }
    }

    /// <summary>The same elements with their axes in another order.</summary>
    public static View Transposed(View view, Transpose transpose) => view with
    {
        Shape = Shape.From(transpose.Permutation.Select(axis => view.Shape[axis])),
        Strides = transpose.Permutation.Select(axis => view.Strides[axis]).ToEquatableArray(),
    };

    private void PlaceInputs(Node node, int index)
    {
        if (results.ContainsKey(node.Output))
        {
            return;
        }

        View output = views[node.Output];
        switch (node.Op)
        {
            case Concat concat:
                int start = 0;
                foreach (string input in node.Inputs)
                {
                    View part = output with
                    {
                        Shape = graph.ShapeOf(input),
                        Offset = output.Offset + (start * output.Strides[concat.Axis]),
                        Padding = default,
                    };
                    if (node.Inputs.Count(other => other == input) == 1)
                    {
                        TryAlias(input, part, index);
                    }

                    start += graph.ShapeOf(input)[concat.Axis];
                }

                break;
            case Reshape when output.IsContiguous:
                TryAlias(node.Inputs[0], output.Reshape(graph.ShapeOf(node.Inputs[0])), index);
                break;
            case Conv2D when node.Inputs.Length > 3 && node.Inputs.Count(input => input == node.Inputs[3]) == 1:
                TryAlias(node.Inputs[3], output with { Padding = default }, index);
                break;
            case Elementwise or Requantize:
                foreach (string input in node.Inputs.Where(input => graph.ShapeOf(input) == output.Shape && !graph.Consumers(input).Any(IsPartInPlace)))
                {
                    if (TryAlias(input, output with { Quantization = graph.Values[input].Quantization, Padding = default }, index))
                    {
                        break;
                    }
                }

                break;
        }
    }

    // A value can lie inside its consumer's result when that is its last use (the result may be overwritten after it), nothing has placed it,
    // its producer can write there, and the bytes mean the same to both.
    private bool TryAlias(string input, View view, int consumer)
    {
        bool possible = !views.ContainsKey(input) && !graph.Constants.ContainsKey(input) && !graph.IsOutput(input)
            && lastUse[input] == consumer && TypeOf(input) == view.Type && Equals(graph.Values[input].Quantization, view.Quantization)
            && PaddingOf(input).IsEmpty && graph.Producer(input) is { } producer && !IsPartInPlace(producer) && (view.IsContiguous || WritesStrided(producer.Op));
        if (possible)
        {
            views.Add(input, view);
        }

        return possible;
    }

    private ElementType TypeOf(string name) => graph.Values[name].Quantization is null ? graph.Values[name].Type.Type : ElementType.UInt8;

    /// <summary>The border that the convolutions reading a value want around it.</summary>
    private Padding PaddingOf(string name)
    {
        if (graph.Producer(name) is { } producer ? !WritesStrided(producer.Op) : !graph.Inputs.Contains(name))
        {
            return default;
        }

        return graph.Consumers(name)
            .Where(consumer => consumer.Op is Conv2D && consumer.Inputs[0] == name)
            .Select(consumer => OfWindow(((Conv2D)consumer.Op).Window))
            .Aggregate(default(Padding), (sum, padding) => sum.Union(padding));
    }

    /// <summary>The border that a window reads.</summary>
    public static Padding OfWindow(Window window) => new(window.PadTop, window.PadLeft, window.PadBottom, window.PadRight);

    /// <summary>Whether the kernels of an op can write with strides; the others write row-major order only.</summary>
    public static bool WritesStrided(Op op) =>
        op is Conv2D or Pool2D or Elementwise or Requantize or Transpose or Slice or Expand or Pad or Concat or Reshape;
}
