using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Export;

/// <summary>Resizing along an axis.</summary>
internal static class ResampleExport
{
    /// <summary>For each tap a Gather, weighted and summed: Resize cannot say every set of weights.</summary>
    public static void ResampleAxis(NodeExport node)
    {
        var resample = (ResampleAxis)node.Node.Op;
        Layout layout = node.Preferred;
        string? sum = null;
        for (int tap = 0; tap < resample.Taps; tap++)
        {
            string term = Tap(node, resample, layout, tap);
            sum = sum is null ? term : node.Add("Add", [sum, term]);
        }

        node.Define(sum!, layout);
    }

    private static string Tap(NodeExport node, ResampleAxis resample, Layout layout, int tap)
    {
        int axis = layout.Place(resample.Axis, node.Rank);
        int[] places = [.. Enumerable.Range(0, resample.OutputLength).Select(place => (place * resample.Taps) + tap)];
        string taken = node.Add(
            "Gather",
            [node.Input(0, layout), node.Integers("indices", places.Select(place => resample.Indices[place]))],
            OnnxWriter.Attribute("axis", axis));
        float[] weights = [.. places.Select(place => resample.Weights[place])];
        return weights.All(weight => weight == 1)
            ? taken
            : node.Add("Mul", [taken, node.Constant("weights", Tensor.Of(Shape.From(Enumerable.Range(0, node.Rank).Select(index => index == axis ? weights.Length : 1)), weights))]);
    }
}
