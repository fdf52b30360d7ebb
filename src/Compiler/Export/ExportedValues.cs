using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Export;

/// <summary>
/// What the graph's values are called in the exported model. A value may be there in two layouts, as uint8 and as real numbers; each form is made
/// when something asks for it, so that a network of convolutions is channels-first throughout.
/// </summary>
internal sealed class ExportedValues(Graph graph, OnnxWriter writer)
{
    private readonly Dictionary<(string Value, Layout Layout), string> plain = [];
    private readonly Dictionary<(string Value, Layout Layout), string> stored = [];
    private readonly Dictionary<QuantizationParameters, (string Scale, string ZeroPoint)> grids = [];

    /// <summary>The graph.</summary>
    public Graph Graph => graph;

    /// <summary>Says what computes a value: quantised values get their pair of nodes.</summary>
    public void Define(string value, Layout layout, string name)
    {
        if (graph.Values[value].Quantization is { } grid)
        {
            stored.Add((value, layout), writer.AddNode(value, "QuantizeLinear", [name, .. GridOf(grid)]));
        }
        else
        {
            plain.Add((value, layout), name);
        }
    }

    /// <summary>Says that a value has the elements of another, in the order that a layout of it has.</summary>
    public void DefineAs(string value, Layout layout, string source, Layout sourceLayout)
    {
        QuantizationParameters? grid = graph.Values[value].Quantization;
        if (grid is not null && grid == graph.Values[source].Quantization)
        {
            stored.Add((value, layout), Stored(source, sourceLayout));
        }
        else
        {
            Define(value, layout, Plain(source, sourceLayout));
        }
    }

    /// <summary>Stands in for values that could not be computed, so that what follows can be looked at too.</summary>
    public void Abandon(ImmutableArray<string> values)
    {
        foreach (string value in values)
        {
            if (!IsKnown(value, Layout.Own) && !IsKnown(value, Layout.ChannelsFirst))
            {
                plain.Add((value, Layout.Own), value);
                if (graph.Values[value].Quantization is not null)
                {
                    stored.Add((value, Layout.Own), value);
                }
            }
        }
    }

    /// <summary>Whether the value is there with channels first.</summary>
    public bool IsChannelsFirst(string value) => IsKnown(value, Layout.ChannelsFirst);

    /// <summary>The value as its numbers: real numbers where it is quantised.</summary>
    public string Plain(string value, Layout layout = Layout.Own)
    {
        if (!plain.TryGetValue((value, layout), out string? name))
        {
            name = graph.Constants.TryGetValue(value, out Tensor? constant) ? writer.AddConstant(value, layout.Arrange(constant, constant.Shape.Rank))
                : graph.Values[value].Quantization is { } grid ? writer.AddNode(value, "DequantizeLinear", [Stored(value, layout), .. GridOf(grid)])
                : Moved(value, layout, plain);
            plain.Add((value, layout), name);
        }

        return name;
    }

    private bool IsKnown(string value, Layout layout) => plain.ContainsKey((value, layout)) || stored.ContainsKey((value, layout));

    private string Stored(string value, Layout layout)
    {
        if (!stored.TryGetValue((value, layout), out string? name))
        {
            name = Moved(value, layout, stored);
            stored.Add((value, layout), name);
        }

        return name;
    }

    private string Moved(string value, Layout layout, Dictionary<(string Value, Layout Layout), string> forms)
    {
        (Layout other, Transpose transpose) = layout == Layout.Own
            ? (Layout.ChannelsFirst, Transpose.ToChannelsLast)
            : (Layout.Own, Transpose.ToChannelsFirst);
        return writer.AddNode(value, "Transpose", [forms[(value, other)]], OnnxWriter.Attribute("perm", transpose.Permutation));
    }

    private string[] GridOf(QuantizationParameters grid)
    {
        if (!grids.TryGetValue(grid, out (string Scale, string ZeroPoint) names))
        {
            names = (writer.AddConstant("scale", Tensor.Scalar(grid.Scale)), writer.AddConstant("zero_point", Tensor.Scalar((byte)grid.ZeroPoint)));
            grids.Add(grid, names);
        }

        return [names.Scale, names.ZeroPoint];
    }
}
