using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>The trees of version 5: branches and leaves in lists of their own, that name each other by their places.</summary>
/// <param name="node">The operator.</param>
/// <param name="context">The graph.</param>
/// <param name="targets">Number of outputs.</param>
internal sealed class FlatTrees(OnnxNode node, OnnxContext context, int targets)
{
    /// <summary>Reads the attributes.</summary>
    /// <param name="type">The type of the features; thresholds and weights have it too.</param>
    public Forest Build(ElementType type)
    {
        long[] features = node.Integers("nodes_featureids") ?? [];
        double[] splits = Numbers("nodes_splits", type);
        long[] modes = node.Tensor("nodes_modes") is { } proto ? context.Tensors.Read(proto).ToInt64() : [];
        long[] whenTrue = Integers("nodes_truenodeids", features.Length);
        long[] whenFalse = Integers("nodes_falsenodeids", features.Length);
        long[] trueIsLeaf = Integers("nodes_trueleafs", features.Length);
        long[] falseIsLeaf = Integers("nodes_falseleafs", features.Length);
        long[]? missing = node.Integers("nodes_missing_value_tracks_true") is { Length: > 0 } ? Integers("nodes_missing_value_tracks_true", features.Length) : null;
        if (splits.Length != features.Length || modes.Length != features.Length)
        {
            throw ImportException.Invalid($"the attributes nodes_… of {node.Operator} are of different lengths");
        }

        if (modes.FirstOrDefault(mode => mode is < 0 or > (long)BranchMode.Member) is not 0 and var unknown)
        {
            throw ImportException.Attribute(node.Operator, $"the node mode {unknown}", "it is 0 to 6");
        }

        Queue<double[]> sets = Sets(modes.Count(mode => mode == (long)BranchMode.Member), type);
        SourceBranch[] branches = [.. features.Select((feature, index) => new SourceBranch(
            (BranchMode)modes[index],
            NodeTable.Feature(node, feature),
            modes[index] == (long)BranchMode.Member ? sets.Dequeue() : [splits[index]],
            Child(whenTrue[index], trueIsLeaf[index]),
            Child(whenFalse[index], falseIsLeaf[index]),
            missing?[index] is not (null or 0)))];
        int[] roots = [.. (node.Integers("tree_roots") ?? []).Select(root => Child(root, 0))];
        return roots.Length > 0
            ? new ForestBuilder(branches, Leaves(type), type).Build(roots)
            : throw ImportException.Invalid($"{node.Operator} has no trees");
    }

    private List<LeafEntry[]> Leaves(ElementType type)
    {
        double[] weights = Numbers("leaf_weights", type);
        long[] leafTargets = Integers("leaf_targetids", weights.Length);
        return leafTargets.All(target => target >= 0 && target < targets)
            ? [.. weights.Select((weight, index) => new[] { new LeafEntry((int)leafTargets[index], weight) })]
            : throw ImportException.Invalid($"a leaf of {node.Operator} is for an output that is not there");
    }

    // One after the other in the order of the nodes that ask for them, with NaN between.
    private Queue<double[]> Sets(int count, ElementType type)
    {
        double[] members = node.Has("membership_values") ? Numbers("membership_values", type) : [];
        var sets = new Queue<double[]>();
        int first = 0;
        while (first < members.Length)
        {
            int end = System.Array.FindIndex(members, first, double.IsNaN);
            end = end < 0 ? members.Length : end;
            sets.Enqueue(members[first..end]);
            first = end + 1;
        }

        return sets.Count == count ? sets : throw ImportException.Invalid($"membership_values of {node.Operator} has {sets.Count} sets for {count} nodes");
    }

    private int Child(long number, long isLeaf) =>
        number is >= 0 and < int.MaxValue
            ? isLeaf != 0 ? ~(int)number : (int)number
            : throw ImportException.Invalid($"a node of {node.Operator} has the child {number}");

    private double[] Numbers(string name, ElementType type)
    {
        Tensor tensor = node.Tensor(name) is { } proto ? context.Tensors.Read(proto) : throw ImportException.Invalid($"attribute '{name}' of {node.Operator} is missing");
        return tensor.Type == type ? tensor.ToFloat64() : throw ImportException.Invalid($"'{name}' of {node.Operator} is of {tensor.Type}, the features of {type}");
    }

    private long[] Integers(string name, int count) =>
        node.Integers(name) is { } list && list.Length == count ? list : throw ImportException.Invalid($"attribute '{name}' of {node.Operator} has not {count} elements");
}
