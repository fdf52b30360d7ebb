using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Decides which values are stored as uint8 and with what scale, and puts conversions where an int8 and a float node meet.
/// Convolutions and fully connected layers are always int8; everything else follows its inputs, so that a float island is not entered
/// and left for the sake of a reshape.
/// </summary>
public sealed class Quantizer
{
    // Softmax gives 0…1: a fixed scale spends no level on what cannot be (TFLite's int8 specification does the same).
    private static readonly QuantizationParameters SoftmaxOutput = new(1f / 256, 0);

    // Operands of a concatenation share a scale unless that would cost one of them more than two bits.
    private const double WidestRatio = 4;

    private readonly Graph graph;
    private readonly IReadOnlyDictionary<string, ValueRange> ranges;
    private readonly HashSet<string> stored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> groups = new(StringComparer.Ordinal);

    private Quantizer(Graph graph, IReadOnlyDictionary<string, ValueRange> ranges)
    {
        this.graph = graph;
        this.ranges = ranges;
    }

    /// <summary>Quantises a graph.</summary>
    /// <param name="graph">The optimised graph.</param>
    /// <param name="ranges">The range of each float value.</param>
    /// <returns>The graph, and the names of the nodes that compute in float.</returns>
    public static (Graph Graph, ImmutableArray<string> FloatNodes) Run(Graph graph, IReadOnlyDictionary<string, ValueRange> ranges)
    {
        var quantizer = new Quantizer(graph, ranges);
        quantizer.ChooseStorage();
        quantizer.ShareScales();
        Graph annotated = quantizer.Annotate();
        Graph converted = GraphRewriter.Rewrite(annotated, quantizer.InsertConversions);
        GraphChecker.Check(converted, "quantise");
        return (converted, [.. graph.Nodes.Where(quantizer.ComputesInFloat).Select(node => node.Name)]);
    }

    private void ChooseStorage()
    {
        var feedsAnchor = new HashSet<string>(StringComparer.Ordinal);
        foreach (Node node in graph.Nodes.Reverse())
        {
            if (IsAnchor(node) || (FollowsItsInputs(node) && feedsAnchor.Contains(node.Output)))
            {
                feedsAnchor.UnionWith(RuntimeFloats(node));
            }
        }

        stored.UnionWith(graph.Inputs.Where(input => feedsAnchor.Contains(input) && HasRange(input)));
        foreach (Node node in graph.Nodes)
        {
            if (HasRange(node.Output) && (IsAnchor(node) || (FollowsItsInputs(node) && RuntimeFloats(node).Any(stored.Contains))))
            {
                stored.Add(node.Output);
            }
        }
    }

    private bool HasRange(string value) =>
        graph.Values[value].Type.Type == ElementType.Float32 && ranges.TryGetValue(value, out ValueRange range) && range.IsFinite;

    private bool IsAnchor(Node node) =>
        node.Op is Conv2D or FullyConnected && node.Inputs.Skip(1).All(graph.Constants.ContainsKey) && HasRange(node.Inputs[0]);

    private bool FollowsItsInputs(Node node) => graph.Values[node.Output].Type.Type == ElementType.Float32 && node.Op switch
    {
        Elementwise or Pool2D or Reshape or Transpose or Slice or Expand or ResampleAxis or Softmax => true,
        Concat => node.Inputs.All(input => !graph.Constants.ContainsKey(input)),
        Pad pad => double.IsFinite(pad.Value),
        Gather => !graph.Constants.ContainsKey(node.Inputs[0]),
        _ => false,
    };

    private IEnumerable<string> RuntimeFloats(Node node) =>
        node.Inputs.Where(input => !graph.Constants.ContainsKey(input) && graph.Values[input].Type.Type == ElementType.Float32);

    private bool IsInt8(Node node) => stored.Contains(node.Output);

    private bool TakesAnyStorage(Node node) => node.Op is Elementwise || (node.Op is ArgReduce && stored.Contains(node.Inputs[0]));

    private bool ComputesInFloat(Node node) =>
        !IsInt8(node) && !TakesAnyStorage(node) && node.Op is not (Reshape or Transpose or Slice or Concat or Expand or Pad or Gather)
        && RuntimeFloats(node).Any();

    // Values that must have one scale form a group, named by one of them.
    private void ShareScales()
    {
        foreach (Node node in graph.Nodes.Where(IsInt8))
        {
            bool keepsScale = node.Op is Reshape or Transpose or Slice or Expand or Pad or Gather or ResampleAxis or Pool2D { Kind: PoolKind.Maximum };
            if (keepsScale || (node.Op is Concat && RangesAreAlike(node)))
            {
                foreach (string input in RuntimeFloats(node).Where(stored.Contains))
                {
                    groups[Group(input)] = Group(node.Output);
                }
            }
        }
    }

    private bool RangesAreAlike(Node node) =>
        node.Inputs.All(input => HasRange(input) && ranges[input].Width * WidestRatio >= ranges[node.Output].Width);

    private string Group(string value)
    {
        while (groups.TryGetValue(value, out string? parent) && parent != value)
        {
            value = parent;
        }

        return value;
    }

    private Graph Annotate()
    {
        var byGroup = new Dictionary<string, ValueRange>(StringComparer.Ordinal);
        var isFixed = new HashSet<string>(StringComparer.Ordinal);
        foreach (string value in stored)
        {
            ValueRange range = ranges[value];
            if (graph.Producer(value) is { Op: Pad pad })
            {
                range = range.Union(new ValueRange((float)pad.Value, (float)pad.Value));
            }

            if (graph.Producer(value)?.Op is Softmax)
            {
                isFixed.Add(Group(value));
            }

            byGroup[Group(value)] = byGroup.GetValueOrDefault(Group(value), ValueRange.Empty).Union(range);
        }

        return new Graph(
            graph.Inputs,
            graph.Outputs,
            graph.Nodes,
            graph.Values.ToFrozenDictionary(
                pair => pair.Key,
                pair => !stored.Contains(pair.Key) ? pair.Value
                    : pair.Value with { Quantization = isFixed.Contains(Group(pair.Key)) ? SoftmaxOutput : byGroup[Group(pair.Key)].Quantize() },
                StringComparer.Ordinal),
            graph.Constants) { HasFreeBatch = graph.HasFreeBatch };
    }

    private bool InsertConversions(GraphRewriter rewriter, Node node)
    {
        if (TakesAnyStorage(node))
        {
            return false;
        }

        ImmutableArray<string> inputs = [.. node.Inputs.Select(input => Converted(rewriter, node, input))];
        return rewriter.Replace(node, node.Name, node.Op, inputs);
    }

    private string Converted(GraphRewriter rewriter, Node node, string input)
    {
        string current = rewriter.New(input);
        if (graph.Constants.ContainsKey(input) || graph.Values[input].Type.Type != ElementType.Float32)
        {
            return current;
        }

        QuantizationParameters? has = rewriter.Source.Values[input].Quantization;
        QuantizationParameters? wants = !IsInt8(node) ? null
            : node.Op is Concat ? rewriter.Source.Values[node.Output].Quantization
            : has ?? ranges[input].Quantize();
        if (Equals(has, wants))
        {
            return current;
        }

        string converted = rewriter.Target.AddNode(node.Name, new Requantize(wants), [current], [input + (wants is null ? ".float" : ".quantized")])[0];
        rewriter.Target.SetQuantization(converted, wants);
        return converted;
    }
}
