using System;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Decision trees: their nodes packed as the kernel reads them: a table, because nested comparisons are much code to compile on first use.</summary>
internal static class TreeEnsembleLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        var ensemble = (TreeEnsemble)node.Op;
        Forest trees = ensemble.Trees;
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        bool isFloat32 = input.Type == ElementType.Float32;
        double[] weights = [.. trees.Entries.Select(entry => entry.Weight)];
        writer.Add(
            node.Name,
            "TreeEnsemble" + input.Type,
            $"{trees}: {input.Shape} → {writer.ViewOf(node.Output).Shape}",
            ("input", input.Argument),
            ("nodes", writer.Constants.Add<int>(node.Name + ".nodes", [.. trees.Nodes.SelectMany(branch => Packed(branch, isFloat32))])),
            ("roots", writer.Constants.Add<int>(node.Name + ".roots", trees.Roots.ToArray())),
            ("leafStarts", writer.Constants.Add<int>(node.Name + ".leaves", trees.LeafStarts.ToArray())),
            ("targets", writer.Constants.Add<int>(node.Name + ".targets", [.. trees.Entries.Select(entry => entry.Target)])),
            ("weights", Numbers(writer, node.Name + ".weights", weights, isFloat32)),
            ("baseValues", Numbers(writer, node.Name + ".base", [.. ensemble.BaseValues], isFloat32)),
            ("output", writer.ViewOf(node.Output).Argument),
            ("rows", input.Shape[0].Plan()),
            ("columns", input.Shape[1].Plan()),
            ("aggregation", ((int)ensemble.Aggregation).Plan()),
            ("tracksMissing", trees.TracksMissing.Plan()));
    }

    private static int[] Packed(ForestNode node, bool isFloat32)
    {
        int feature = node.NaNGoesLeft ? ~node.Feature : node.Feature;
        float narrow = (float)node.Threshold;
        ReadOnlySpan<int> threshold = isFloat32 ? MemoryMarshal.Cast<float, int>([narrow]) : MemoryMarshal.Cast<double, int>([node.Threshold]);
        return [.. threshold, feature, node.Left];
    }

    private static ConstantValue Numbers(StepWriter writer, string name, double[] values, bool isFloat32) => isFloat32
        ? writer.Constants.Add<float>(name, Array.ConvertAll(values, value => (float)value))
        : writer.Constants.Add<double>(name, values);
}
