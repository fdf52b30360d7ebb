using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Decides which values are stored as uint8 and with what scale, and puts conversions where an int8 and a float node meet.
/// What the model's file puts on a grid is stored on that grid. With calibration, convolutions and fully connected layers are always int8 and
/// everything else follows its inputs, so that a float island is not entered and left for the sake of a reshape; without, what the file leaves
/// in float stays in float.
/// </summary>
public sealed class Quantizer
{
    // Operands of a concatenation share a scale unless that would cost one of them more than two bits.
    private const double WidestRatio = 4;

    private readonly Graph graph;
    private readonly IReadOnlyDictionary<string, ValueRange> ranges;
    private readonly bool keepsBranchScales;
    private readonly IReadOnlySet<string> keptFloat;
    private readonly Dictionary<string, QuantizationParameters> grids;
    private readonly HashSet<string> feedsAnchor = new(StringComparer.Ordinal);
    private readonly HashSet<string> feedsKeptFloat = new(StringComparer.Ordinal);
    private readonly HashSet<string> stored = new(StringComparer.Ordinal);
    private readonly ScaleGroups groups = new();
    private readonly Dictionary<(string Value, QuantizationParameters? Storage), string> conversions = [];

    private Quantizer(Graph graph, IReadOnlyDictionary<string, ValueRange> ranges, bool keepsBranchScales, IReadOnlySet<string> keptFloat)
    {
        this.keptFloat = keptFloat;
        this.keepsBranchScales = keepsBranchScales;
        this.graph = graph;
        this.ranges = ranges;
        grids = FileGrids.Of(graph);
    }

    private bool IsCalibrated => ranges.Count > 0;

    /// <summary>Stores what the model's file puts on a grid as the file says, and nothing else.</summary>
    /// <returns>The graph, and the names of the nodes that compute in float although the file has their inputs on a grid.</returns>
    public static (Graph Graph, ImmutableArray<string> FloatNodes) Run(Graph graph) =>
        FileGrids.Any(graph) ? Run(graph, ImmutableDictionary<string, ValueRange>.Empty) : (graph, []);

    /// <summary>Quantises a graph.</summary>
    /// <param name="graph">The optimised graph.</param>
    /// <param name="ranges">The range of each float value.</param>
    /// <param name="keepsBranchScales">Whether a concatenation of unlike ranges that no int8 layer reads is float, each part with the scale it has.</param>
    /// <param name="keptFloat">Outputs of the nodes that compute in float even if they have an int8 form; <see langword="null"/> for none.</param>
    /// <returns>The graph, and the names of the nodes that compute in float.</returns>
    public static (Graph Graph, ImmutableArray<string> FloatNodes) Run(
        Graph graph, IReadOnlyDictionary<string, ValueRange> ranges, bool keepsBranchScales = false, IReadOnlySet<string>? keptFloat = null)
    {
        var quantizer = new Quantizer(graph, ranges, keepsBranchScales, keptFloat ?? ImmutableHashSet<string>.Empty);
        quantizer.ChooseStorage();
        Graph annotated = quantizer.Annotate();
        Graph converted = GraphRewriter.Rewrite(annotated, quantizer.InsertConversions);
        GraphChecker.Check(converted, "quantise");
        return (converted, [.. graph.Nodes.Where(quantizer.ComputesInFloat).Select(node => node.Name)]);
    }

    private void ChooseStorage()
    {
        foreach (Node node in graph.Nodes.Reverse())
        {
            if (IsAnchor(node) || (FollowsItsInputs(node) && feedsAnchor.Contains(node.Output)))
            {
                feedsAnchor.UnionWith(RuntimeFloats(node));
            }

            if (keptFloat.Contains(node.Output) || (FollowsItsInputs(node) && feedsKeptFloat.Contains(node.Output)))
            {
                feedsKeptFloat.UnionWith(RuntimeFloats(node));
            }
        }

        foreach (string input in graph.Inputs.Where(input => grids.ContainsKey(input) || (feedsAnchor.Contains(input) && HasRange(input))))
        {
            Store(input);
        }

        foreach (Node node in graph.Nodes.Where(CanStore))
        {
            Store(node.Output);
            ShareScale(node);
        }
    }

    private void Store(string value)
    {
        stored.Add(value);
        if (grids.TryGetValue(value, out QuantizationParameters? grid))
        {
            groups.Fix(value, grid);
        }
        else if (KnownRanges.GridOf(graph.Producer(value)?.Op) is { } known)
        {
            groups.Fix(value, known);
        }
    }

    private bool HasRange(string value) =>
        graph.Values[value].Type.Type == ElementType.Float32 && ranges.TryGetValue(value, out ValueRange range) && range.IsFinite;

    private static bool IsLayer(Node node) => node.Op is Conv2D or FullyConnected;

    private bool IsAnchor(Node node) => IsLayer(node) && !keptFloat.Contains(node.Output) && node.Inputs.Skip(1).All(graph.Constants.ContainsKey) && CanConvert(node.Inputs[0]);

    // A value that is stored, or can be.
    private bool CanConvert(string value) => stored.Contains(value) || HasRange(value);

    private bool CanStore(Node node)
    {
        bool isGiven = grids.ContainsKey(node.Output);
        bool isKnown = isGiven || HasRange(node.Output);
        if (node.Op is Requantize || IsLayer(node))
        {
            return node.Op is Requantize || (isKnown && IsAnchor(node) && HasInt8Weights(node));
        }

        if (!FollowsItsInputs(node) || (!isGiven && (StaysFloat(node) || !RuntimeFloats(node).Any(stored.Contains))))
        {
            return false;
        }

        return node.Op is Elementwise
            ? isKnown
            : RuntimeFloats(node).Any(stored.Contains) && RuntimeFloats(node).All(CanConvert) && (isKnown || KeepsGrid(node)) && HoldsFilling(node) && !KeepsBranches(node);
    }

    // What only layers read that are kept in float is not rounded for them.
    private bool StaysFloat(Node node) => keptFloat.Contains(node.Output) || (feedsKeptFloat.Contains(node.Output) && !feedsAnchor.Contains(node.Output));

    private bool KeepsBranches(Node node) =>
        keepsBranchScales && node.Op is Concat && !grids.ContainsKey(node.Output) && !feedsAnchor.Contains(node.Output) && !RangesAreAlike(node) && !KeepsGrid(node);

    // Calibration gives any layer its weights; else they are the file's own.
    private bool HasInt8Weights(Node node) => IsCalibrated || (groups.GridOf(node.Inputs[0]) is { } input
        && QuantizedWeights.OfFile(graph.Constants[node.Inputs[1]], node.Inputs.Length > 2 ? graph.Constants[node.Inputs[2]] : null, input, input) is not null);

    private bool FollowsItsInputs(Node node) => graph.Values[node.Output].Type.Type == ElementType.Float32 && node.Op switch
    {
        Elementwise or Pool2D or Reshape or Transpose or Slice or Expand or ResampleAxis or Softmax => true,
        Concat => node.Inputs.All(input => !graph.Constants.ContainsKey(input)),
        Pad pad => double.IsFinite(pad.Value),
        Gather => !graph.Constants.ContainsKey(node.Inputs[0]),
        _ => false,
    };

    /// <summary>Whether an operation moves or selects elements, so that its result has the scale of what it reads.</summary>
    internal static bool KeepsScale(Op op) =>
        op is Reshape or Transpose or Slice or Expand or Pad or Gather or ResampleAxis or Pool2D { Kind: PoolKind.Maximum };

    // Whether the elements lie on the grid of the inputs, so that storing them loses nothing, whatever they are.
    private bool KeepsGrid(Node node)
    {
        QuantizationParameters? grid = groups.GridOf(RuntimeFloats(node).First());
        return grid is not null && node.Op switch
        {
            ResampleAxis resample => resample.Taps == 1,
            Concat => node.Inputs.All(input => stored.Contains(input) && groups.GridOf(input) == grid),
            _ => KeepsScale(node.Op),
        };
    }

    // A padding must be on the grid that the elements are on, unless its own covers it.
    private bool HoldsFilling(Node node) =>
        node.Op is not Pad { Value: var filling } || grids.ContainsKey(node.Output) || groups.GridOf(node.Inputs[0]) is not { } grid
        || Math.Abs(((Requantize.Element((float)filling, grid) - grid.ZeroPoint) * (double)grid.Scale) - filling) <= 1e-3 * grid.Scale;

    private IEnumerable<string> RuntimeFloats(Node node) =>
        node.Inputs.Where(input => !graph.Constants.ContainsKey(input) && graph.Values[input].Type.Type == ElementType.Float32);

    private bool IsInt8(Node node) => stored.Contains(node.Output);

    private bool TakesAnyStorage(Node node) => node.Op is Elementwise || (node.Op is ArgReduce && stored.Contains(node.Inputs[0]));

    // Without calibration only what stands between quantised values is of interest: the rest is in float because the file says so.
    private bool ComputesInFloat(Node node) =>
        !IsInt8(node) && !TakesAnyStorage(node) && node.Op is not (Reshape or Transpose or Slice or Concat or Expand or Pad or Gather)
        && RuntimeFloats(node).Any(input => IsCalibrated || stored.Contains(input));

    // Values that must have one scale form a group. A grid of its own is not shared with inputs that may have other readers.
    private void ShareScale(Node node)
    {
        // A part whose grid is given would impose it on the others, which may reach farther.
        bool isConcat = node.Op is Concat && !grids.ContainsKey(node.Output)
            && (KeepsGrid(node) || (RangesAreAlike(node) && RuntimeFloats(node).All(input => groups.GridOf(input) is null)));
        foreach (string input in RuntimeFloats(node).Where(stored.Contains))
        {
            bool isSame = !grids.TryGetValue(node.Output, out QuantizationParameters? grid) || groups.GridOf(input) == grid;
            if (isConcat || (KeepsScale(node.Op) && isSame))
            {
                groups.Join(input, node.Output);
            }
        }
    }

    private bool RangesAreAlike(Node node) => HasRange(node.Output)
        && node.Inputs.All(input => HasRange(input) && ranges[input].Width * WidestRatio >= ranges[node.Output].Width);

    private Graph Annotate()
    {
        var byGroup = new Dictionary<string, ValueRange>(StringComparer.Ordinal);
        foreach (string value in stored.Where(value => groups.GridOf(value) is null))
        {
            ValueRange range = ranges[value];
            if (graph.Producer(value) is { Op: Pad pad })
            {
                range = range.Union(new ValueRange((float)pad.Value, (float)pad.Value));
            }

            byGroup[groups.Of(value)] = byGroup.GetValueOrDefault(groups.Of(value), ValueRange.Empty).Union(range);
        }

        return new Graph(
            graph.Inputs,
            graph.Outputs,
            graph.Nodes,
            graph.Values.ToFrozenDictionary(
                pair => pair.Key,
                pair => !stored.Contains(pair.Key) ? pair.Value
                    : pair.Value with { Quantization = groups.GridOf(pair.Key) ?? byGroup[groups.Of(pair.Key)].Quantize() },
                StringComparer.Ordinal),
            graph.Constants) { HasFreeBatch = graph.HasFreeBatch };
    }

    private bool InsertConversions(GraphRewriter rewriter, Node node)
    {
        if (node.Op is Requantize { Target: var target } && Equals(rewriter.Source.Values[node.Inputs[0]].Quantization, target))
        {
            return rewriter.Replace(node, rewriter.New(node.Inputs[0]));
        }

        if (node.Op is Requantize || TakesAnyStorage(node))
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
            : node.Op is Concat || KeepsScale(node.Op) ? rewriter.Source.Values[node.Output].Quantization
            : has ?? ranges[input].Quantize();
        if (Equals(has, wants))
        {
            return current;
        }

        if (!conversions.TryGetValue((input, wants), out string? converted))
        {
            converted = rewriter.Target.AddNode(node.Name, new Requantize(wants), [current], [input + (wants is null ? ".float" : ".quantized")])[0];
            rewriter.Target.SetQuantization(converted, wants);
            conversions.Add((input, wants), converted);
        }

        return converted;
    }
}
