using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Export;

/// <summary>What only moves elements.</summary>
internal static class MovementExport
{
    // ONNX's "up to and including the first element" for a step backwards.
    private const long BeforeFirst = long.MinValue;

    /// <summary>Concat.</summary>
    public static void Concat(NodeExport node)
    {
        Layout layout = node.Preferred;
        int axis = layout.Place(((Concat)node.Node.Op).Axis, node.Rank);
        node.Define(node.Add("Concat", node.Node.Inputs.Select((_, index) => node.Input(index, layout)), OnnxWriter.Attribute("axis", axis)), layout);
    }

    /// <summary>Expand.</summary>
    public static void Expand(NodeExport node) => node.DefineBy("Expand", Layout.Own, [node.Integers("shape", ((Expand)node.Node.Op).Shape)]);

    /// <summary>Gather.</summary>
    public static void Gather(NodeExport node) => node.DefineBy("Gather", Layout.Own, [node.Input(1)], OnnxWriter.Attribute("axis", ((Gather)node.Node.Op).Axis));

    /// <summary>Nothing but the other storage.</summary>
    public static void Requantize(NodeExport node)
    {
        Layout layout = node.Preferred;
        node.Define(node.Input(0, layout), layout);
    }

    /// <summary>Reshape.</summary>
    public static void Reshape(NodeExport node) =>
        node.DefineBy("Reshape", Layout.Own, [node.Integers("shape", ((Reshape)node.Node.Op).Shape)], OnnxWriter.Attribute("allowzero", 1));

    /// <summary>ScatterND by rows.</summary>
    public static void Scatter(NodeExport node)
    {
        string reduction = ((Scatter)node.Node.Op).Kind switch
        {
            ScatterKind.Add => "add",
            ScatterKind.Multiply => "mul",
            ScatterKind.Minimum => "min",
            ScatterKind.Maximum => "max",
            _ => "none",
        };
        string indices = node.Add("Unsqueeze", [node.Input(1), node.Integers("axes", [1])]);
        node.DefineBy("ScatterND", Layout.Own, [indices, node.Input(2)], OnnxWriter.Attribute("reduction", reduction));
    }

    /// <summary>Slice.</summary>
    public static void Slice(NodeExport node)
    {
        var slice = (Slice)node.Node.Op;
        Layout layout = node.Preferred;
        long[] ends = [.. slice.Starts.Select((start, axis) => End(start + ((long)slice.Sizes[axis] * slice.Steps[axis]), slice.Steps[axis]))];
        string end = node.Constant("ends", Tensor.Of([ends.Length], [.. layout.Axes(ends.Length).Select(axis => ends[axis])]));
        node.DefineBy(
            "Slice",
            layout,
            [node.Integers("starts", layout.Arrange(slice.Starts)), end, node.Integers("axes", Enumerable.Range(0, ends.Length)), node.Integers("steps", layout.Arrange(slice.Steps))]);
    }

    /// <summary>Transpose; that between the two orders of an image is no node at all.</summary>
    public static void Transpose(NodeExport node)
    {
        var transpose = (Transpose)node.Node.Op;
        if (transpose == Ops.Transpose.ToChannelsLast)
        {
            node.Values.DefineAs(node.Node.Output, Layout.ChannelsFirst, node.Node.Inputs[0], Layout.Own);
        }
        else if (transpose == Ops.Transpose.ToChannelsFirst)
        {
            node.Values.DefineAs(node.Node.Output, Layout.Own, node.Node.Inputs[0], Layout.ChannelsFirst);
        }
        else
        {
            node.DefineBy("Transpose", Layout.Own, [], OnnxWriter.Attribute("perm", transpose.Permutation));
        }
    }

    private static long End(long end, int step) => step < 0 && end < 0 ? BeforeFirst : end;
}
