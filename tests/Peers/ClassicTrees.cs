using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Import.Onnx;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Peers;

/// <summary>Random trees, in the attributes of either generation of the operators. Features and thresholds are of one small grid, so that equality happens.</summary>
internal sealed class ClassicTrees
{
    private static readonly string[] ModeNames = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

    private readonly Random random;
    private readonly int features;
    private readonly int modes;
    private readonly bool tracksMissing;
    private readonly List<(int Tree, int Id, string Mode, int Feature, float Value, int WhenTrue, int WhenFalse, int Missing)> nodes = [];
    private readonly List<(int Tree, int Id)> leaves = [];

    public ClassicTrees(Random random, int trees, int features, int modes, bool tracksMissing)
    {
        this.random = random;
        this.features = features;
        this.modes = modes;
        this.tracksMissing = tracksMissing;
        for (int tree = 0; tree < trees; tree++)
        {
            int next = 1;
            Grow(tree, 0, random.Next(0, 6), ref next);
        }
    }

    public static float OnGrid(Random random) => random.Next(-4, 5) / 2f;

    public static float[] Rows(Random random, int count, bool withMissing) =>
        [.. Enumerable.Range(0, count).Select(_ => withMissing && random.Next(5) == 0 ? float.NaN : OnGrid(random))];

    /// <summary>The nodes, and for every leaf the weights that are wanted.</summary>
    public AttributeProto[] Attributes(string kind, int[] targets, Func<float> weight, bool isDouble = false)
    {
        (int Tree, int Id, int Target, float Weight)[] weights = [.. leaves.SelectMany(leaf => targets.Select(target => (leaf.Tree, leaf.Id, target, weight())))];
        AttributeProto values = isDouble
            ? Attribute("nodes_values_as_tensor", ClassicPeer.Doubles([.. nodes.Select(node => (double)node.Value)]))
            : ClassicPeer.Floats("nodes_values", [.. nodes.Select(node => node.Value)]);
        AttributeProto given = isDouble
            ? Attribute(kind + "_weights_as_tensor", ClassicPeer.Doubles([.. weights.Select(entry => (double)entry.Weight)]))
            : ClassicPeer.Floats(kind + "_weights", [.. weights.Select(entry => entry.Weight)]);
        return
        [
            Integers("nodes_treeids", [.. nodes.Select(node => (long)node.Tree)]),
            Integers("nodes_nodeids", [.. nodes.Select(node => (long)node.Id)]),
            Integers("nodes_featureids", [.. nodes.Select(node => (long)node.Feature)]),
            ClassicPeer.Texts("nodes_modes", [.. nodes.Select(node => node.Mode)]),
            values,
            Integers("nodes_truenodeids", [.. nodes.Select(node => (long)node.WhenTrue)]),
            Integers("nodes_falsenodeids", [.. nodes.Select(node => (long)node.WhenFalse)]),
            Integers("nodes_missing_value_tracks_true", [.. nodes.Select(node => (long)node.Missing)]),
            Integers(kind + "_treeids", [.. weights.Select(entry => (long)entry.Tree)]),
            Integers(kind + "_nodeids", [.. weights.Select(entry => (long)entry.Id)]),
            Integers(kind + "_ids", [.. weights.Select(entry => (long)entry.Target)]),
            given,
        ];
    }

    private void Grow(int tree, int id, int depth, ref int next)
    {
        if (depth == 0 || (id > 0 && random.Next(6) == 0))
        {
            nodes.Add((tree, id, "LEAF", 0, 0, 0, 0, 0));
            leaves.Add((tree, id));
            return;
        }

        int whenTrue = next++, whenFalse = next++;
        nodes.Add((tree, id, ModeNames[random.Next(modes)], random.Next(features), OnGrid(random), whenTrue, whenFalse, tracksMissing ? random.Next(2) : 0));
        Grow(tree, whenTrue, depth - 1, ref next);
        Grow(tree, whenFalse, depth - 1, ref next);
    }
}
