using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>What a branch of a tree asks, numbered as version 5 numbers it.</summary>
internal enum BranchMode
{
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Equal,
    NotEqual,
    Member,
}

/// <summary>A branch as the file has it.</summary>
/// <param name="Mode">What it asks.</param>
/// <param name="Feature">Of which column.</param>
/// <param name="Members">With what it compares: one number, or the members of a set.</param>
/// <param name="WhenTrue">The child for yes: a branch, or the complement of a leaf.</param>
/// <param name="WhenFalse">The child for no.</param>
/// <param name="MissingIsTrue">Whether NaN is a yes.</param>
internal sealed record SourceBranch(BranchMode Mode, int Feature, double[] Members, int WhenTrue, int WhenFalse, bool MissingIsTrue);

/// <summary>
/// Makes the forest's one kind of comparison, at most a threshold, of all that branches may ask. Less than t is at most the number before t;
/// equality and membership are searches between the numbers before and the members themselves.
/// </summary>
/// <param name="branches">The branches of all trees.</param>
/// <param name="leaves">What each leaf gives.</param>
/// <param name="type">The type that features and thresholds are compared in.</param>
internal sealed class ForestBuilder(IReadOnlyList<SourceBranch> branches, IReadOnlyList<LeafEntry[]> leaves, ElementType type)
{
    private readonly List<ForestNode> nodes = [];
    private readonly List<LeafEntry[]> given = [];
    private readonly Dictionary<int, int> places = [];
    private readonly Queue<Action> pending = new();

    /// <summary>Builds the trees of some roots, breadth first, so that the nodes that every row visits lie together.</summary>
    /// <exception cref="ImportException">The branches are no trees.</exception>
    public Forest Build(IReadOnlyList<int> sources)
    {
        CheckTrees(sources);
        var roots = new List<int>();
        foreach (int source in sources)
        {
            int root = Reserve(1);
            roots.Add(root);
            Place(root, source);
            while (pending.TryDequeue(out Action? place))
            {
                place();
            }
        }

        int[] starts = [0, .. given.Select(entries => entries.Length)];
        for (int index = 1; index < starts.Length; index++)
        {
            starts[index] += starts[index - 1];
        }

        return new Forest([.. nodes], [.. roots], [.. starts], [.. given.SelectMany(entries => entries)]);
    }

    // No node has two parents, no root has one, every node hangs on a root: then all are trees.
    private void CheckTrees(IReadOnlyList<int> sources)
    {
        var hasParent = new HashSet<int>();
        foreach (int child in branches.SelectMany(Children))
        {
            if (child >= branches.Count || ~child >= leaves.Count || (child >= 0 && !hasParent.Add(child)))
            {
                throw ImportException.Invalid($"the nodes form no trees: node {child} is not there, or below two others");
            }
        }

        if (sources.FirstOrDefault(root => root >= branches.Count || ~root >= leaves.Count || hasParent.Contains(root), -1) is >= 0 and var wrong)
        {
            throw ImportException.Invalid($"the nodes form no trees: the root {wrong} is not there, or below another node");
        }

        int reached = 0;
        var open = new Stack<int>(sources.Where(root => root >= 0));
        while (open.TryPop(out int place))
        {
            reached++;
            foreach (int child in Children(branches[place]).Where(child => child >= 0))
            {
                open.Push(child);
            }
        }

        if (reached != branches.Count || sources.Distinct().Count() != sources.Count)
        {
            throw ImportException.Invalid("the nodes form no trees: some hang on no root, or a root is given twice");
        }
    }

    private static int[] Children(SourceBranch branch) => branch.WhenTrue == branch.WhenFalse ? [branch.WhenTrue] : [branch.WhenTrue, branch.WhenFalse];

    private int Reserve(int count)
    {
        int first = nodes.Count;
        for (int index = 0; index < count; index++)
        {
            nodes.Add(default);
            given.Add([]);
        }

        return first;
    }

    private void Place(int slot, int source)
    {
        if (source < 0)
        {
            nodes[slot] = new ForestNode(0, double.NaN, slot - 1, false);
            given[slot] = leaves[~source];
        }
        else if (places.TryGetValue(source, out int place))
        {
            // Asks nothing: every value goes right, to the one place of the branch.
            nodes[slot] = new ForestNode(0, double.NaN, place - 1, false);
        }
        else
        {
            places.Add(source, slot);
            PlaceBranch(slot, branches[source]);
        }
    }

    private void PlaceBranch(int slot, SourceBranch branch)
    {
        double[] members = [.. branch.Members.Where(member => !double.IsNaN(member)).Distinct().Order()];
        double threshold = members.Length > 0 ? members[0] : double.NaN;
        switch (branch.Mode)
        {
            case BranchMode.NotEqual:
                // NaN differs from everything.
                Search(slot, branch with { MissingIsTrue = false }, members, branch.WhenFalse, branch.WhenTrue);
                break;
            case BranchMode.Equal or BranchMode.Member:
                Search(slot, branch, members, branch.WhenTrue, branch.WhenFalse);
                break;
            case BranchMode.LessOrEqual:
            case var _ when double.IsNaN(threshold):
                Compare(slot, branch.Feature, threshold, branch.MissingIsTrue, branch.WhenTrue, branch.WhenFalse);
                break;
            case BranchMode.Less:
                Compare(slot, branch.Feature, Before(threshold), branch.MissingIsTrue, branch.WhenTrue, branch.WhenFalse);
                break;
            default:
                double greatest = branch.Mode == BranchMode.Greater ? threshold : Before(threshold);
                Compare(slot, branch.Feature, greatest, !branch.MissingIsTrue, branch.WhenFalse, branch.WhenTrue);
                break;
        }
    }

    private void Compare(int slot, int feature, double threshold, bool nanGoesLeft, int left, int right)
    {
        int pair = Reserve(2);
        if (double.IsNaN(threshold) && nanGoesLeft)
        {
            // NaN and nothing else goes left: first with −∞, then without it.
            int inner = Reserve(2);
            nodes[slot] = new ForestNode(feature, double.NegativeInfinity, pair, true);
            nodes[pair] = new ForestNode(feature, double.NegativeInfinity, inner, false);
            pending.Enqueue(() => Place(inner + 1, left));
            pending.Enqueue(() => Place(inner, right));
            pending.Enqueue(() => Place(pair + 1, right));
            return;
        }

        nodes[slot] = new ForestNode(feature, threshold, pair, nanGoesLeft);
        pending.Enqueue(() => Place(pair, left));
        pending.Enqueue(() => Place(pair + 1, right));
    }

    private void Search(int slot, SourceBranch branch, ReadOnlyMemory<double> members, int inside, int outside)
    {
        if (members.IsEmpty)
        {
            // NaN alone may be inside an empty set.
            if (branch.MissingIsTrue)
            {
                Compare(slot, branch.Feature, double.NaN, nanGoesLeft: true, inside, outside);
            }
            else
            {
                Place(slot, outside);
            }

            return;
        }

        int middle = members.Length / 2;
        double member = members.Span[middle];
        int outer = Reserve(2);
        int inner = Reserve(2);
        SourceBranch rest = branch with { MissingIsTrue = false };
        nodes[slot] = new ForestNode(branch.Feature, member, outer, branch.MissingIsTrue);
        nodes[outer] = new ForestNode(branch.Feature, Before(member), inner, false);
        pending.Enqueue(() => Place(inner + 1, inside));
        pending.Enqueue(() => Search(inner, rest, members[..middle], inside, outside));
        pending.Enqueue(() => Search(outer + 1, rest, members[(middle + 1)..], inside, outside));
    }

    // Nothing is before −∞: no value goes left then.
    private double Before(double number) =>
        double.IsNegativeInfinity(number) ? double.NaN
        : type == ElementType.Float32 ? MathF.BitDecrement((float)number)
        : Math.BitDecrement(number);
}
