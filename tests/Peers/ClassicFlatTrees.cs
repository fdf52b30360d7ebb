using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Import.Onnx;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Peers;

/// <summary>Random trees in the attributes of version 5, sets included.</summary>
internal sealed class ClassicFlatTrees(Random random, int features, int targets)
{
    private const int Member = 6;

    private readonly List<(int Mode, int Feature, float Split, int Missing)> nodes = [];
    private readonly List<(int True, bool TrueIsLeaf, int False, bool FalseIsLeaf)> children = [];
    private readonly List<(int Target, float Weight)> leaves = [];

    public static AttributeProto[] Attributes(Random random, int trees, int features, int targets, bool isDouble)
    {
        var flat = new ClassicFlatTrees(random, features, targets);
        long[] roots = [.. Enumerable.Range(0, trees).Select(_ => (long)flat.Branch(random.Next(1, 5)))];
        float[] members = [.. flat.nodes.Where(node => node.Mode == Member).SelectMany(_ => flat.Set().Append(float.NaN))];
        List<AttributeProto> attributes =
        [
            Integers("tree_roots", roots),
            Attribute("n_targets", (long)targets),
            Attribute("aggregate_function", (long)random.Next(4)),
            Integers("nodes_featureids", [.. flat.nodes.Select(node => (long)node.Feature)]),
            Attribute("nodes_modes", new TensorProto { DataType = OnnxTypes.UInt8, Dims = { flat.nodes.Count }, RawData = ByteString.CopyFrom([.. flat.nodes.Select(node => (byte)node.Mode)]) }),
            Attribute("nodes_splits", Tensor(isDouble, [.. flat.nodes.Select(node => node.Split)])),
            Integers("nodes_truenodeids", [.. flat.children.Select(pair => (long)pair.True)]),
            Integers("nodes_trueleafs", [.. flat.children.Select(pair => pair.TrueIsLeaf ? 1L : 0)]),
            Integers("nodes_falsenodeids", [.. flat.children.Select(pair => (long)pair.False)]),
            Integers("nodes_falseleafs", [.. flat.children.Select(pair => pair.FalseIsLeaf ? 1L : 0)]),
            Integers("nodes_missing_value_tracks_true", [.. flat.nodes.Select(node => (long)node.Missing)]),
            Integers("leaf_targetids", [.. flat.leaves.Select(leaf => (long)leaf.Target)]),
            Attribute("leaf_weights", Tensor(isDouble, [.. flat.leaves.Select(leaf => leaf.Weight)])),
        ];
        if (members.Length > 0)
        {
            attributes.Add(Attribute("membership_values", Tensor(isDouble, members)));
        }

        return [.. attributes];
    }

    private static TensorProto Tensor(bool isDouble, float[] values) =>
        isDouble ? ClassicPeer.Doubles(Array.ConvertAll(values, value => (double)value)) : Floats("numbers", [values.Length], values);

    // ONNX Runtime knows sets of small whole numbers only.
    private float[] Set() => [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => (float)random.Next(0, 4))];

    private int Branch(int depth)
    {
        int place = nodes.Count;
        nodes.Add((random.Next(7), random.Next(features), ClassicTrees.OnGrid(random), random.Next(2)));
        children.Add(default);
        (int whenTrue, bool trueIsLeaf) = Child(depth - 1);
        (int whenFalse, bool falseIsLeaf) = Child(depth - 1);
        children[place] = (whenTrue, trueIsLeaf, whenFalse, falseIsLeaf);
        return place;
    }

    private (int Place, bool IsLeaf) Child(int depth)
    {
        if (depth > 0 && random.Next(5) > 0)
        {
            return (Branch(depth), false);
        }

        leaves.Add((random.Next(targets), (random.NextSingle() * 4) - 2));
        return (leaves.Count - 1, true);
    }
}
