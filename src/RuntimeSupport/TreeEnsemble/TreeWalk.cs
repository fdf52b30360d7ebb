using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The walk behind <c>TreeEnsemble…</c>: without a branch that depends on the data, eight trees at a time, as each step waits for the one before.</summary>
internal static class TreeWalk
{
    private const int TreesInStep = 8;

    /// <summary>One step of a walk.</summary>
    private interface IStep<T>
        where T : unmanaged
    {
        /// <summary>The child that a row goes to.</summary>
        static abstract int Next(ReadOnlySpan<T> features, in TreeNode<T> node);
    }

    /// <summary>Checks the arguments and walks.</summary>
    internal static void Run<T>(
        ReadOnlySpan<T> input,
        ReadOnlySpan<int> nodes,
        ReadOnlySpan<int> roots,
        ReadOnlySpan<int> leafStarts,
        ReadOnlySpan<int> targets,
        ReadOnlySpan<T> weights,
        ReadOnlySpan<T> baseValues,
        Span<T> output,
        int rows,
        int columns,
        int aggregation,
        bool tracksMissing)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        KernelGuard.Holds(input.Length, ExtentGuard.Elements([rows, columns], nameof(input)), nameof(input));
        KernelGuard.Holds(output.Length, ExtentGuard.Elements([rows, baseValues.Length], nameof(output)), nameof(output));
        if (aggregation is < TreeAggregation.Sum or > TreeAggregation.Maximum)
        {
            throw new ArgumentException($"There is no aggregation {aggregation}.", nameof(aggregation));
        }

        ReadOnlySpan<TreeNode<T>> branches = MemoryMarshal.Cast<int, TreeNode<T>>(nodes);
        KernelGuard.Holds(leafStarts.Length, branches.Length + 1L, nameof(leafStarts));
        var leaves = new LeafTable<T>(leafStarts, targets, weights, aggregation);
        for (int row = 0; row < rows; row++)
        {
            Span<T> results = output.Slice(row * baseValues.Length, baseValues.Length);
            results.Fill(aggregation is TreeAggregation.Minimum or TreeAggregation.Maximum ? T.NaN : T.Zero);
            ReadOnlySpan<T> features = input.Slice(row * columns, columns);
            if (tracksMissing)
            {
                Row<T, MissingStep<T>>(features, branches, roots, leaves, results);
            }
            else
            {
                Row<T, PlainStep<T>>(features, branches, roots, leaves, results);
            }

            Complete(results, baseValues, roots.Length, aggregation);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Row<T, TStep>(ReadOnlySpan<T> features, ReadOnlySpan<TreeNode<T>> nodes, ReadOnlySpan<int> roots, LeafTable<T> leaves, Span<T> results)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TStep : struct, IStep<T>
    {
        Span<int> arrived = stackalloc int[TreesInStep];
        int tree = 0;
        for (; tree + TreesInStep <= roots.Length; tree += TreesInStep)
        {
            Eight<T, TStep>(features, nodes, roots.Slice(tree, TreesInStep), arrived);
            foreach (int leaf in arrived)
            {
                leaves.Add(leaf, results);
            }
        }

        for (; tree < roots.Length; tree++)
        {
            int node = roots[tree];
            for (int step = 0; step < nodes.Length && TStep.Next(features, in nodes[node]) is int next && next != node; step++)
            {
                node = next;
            }

            leaves.Add(node, results);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Eight<T, TStep>(ReadOnlySpan<T> features, ReadOnlySpan<TreeNode<T>> nodes, ReadOnlySpan<int> roots, Span<int> arrived)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TStep : struct, IStep<T>
    {
        (int node0, int node1, int node2, int node3) = (roots[0], roots[1], roots[2], roots[3]);
        (int node4, int node5, int node6, int node7) = (roots[4], roots[5], roots[6], roots[7]);

        // As many steps as there are nodes suffice for any tree, and end even a walk in a circle.
        for (int step = 0; step < nodes.Length; step++)
        {
            int next0 = TStep.Next(features, in nodes[node0]);
            int next1 = TStep.Next(features, in nodes[node1]);
            int next2 = TStep.Next(features, in nodes[node2]);
            int next3 = TStep.Next(features, in nodes[node3]);
            int next4 = TStep.Next(features, in nodes[node4]);
            int next5 = TStep.Next(features, in nodes[node5]);
            int next6 = TStep.Next(features, in nodes[node6]);
            int next7 = TStep.Next(features, in nodes[node7]);
            int moved = (next0 ^ node0) | (next1 ^ node1) | (next2 ^ node2) | (next3 ^ node3)
                | (next4 ^ node4) | (next5 ^ node5) | (next6 ^ node6) | (next7 ^ node7);
            if (moved == 0)
            {
                break;
            }

            (node0, node1, node2, node3) = (next0, next1, next2, next3);
            (node4, node5, node6, node7) = (next4, next5, next6, next7);
        }

        (arrived[0], arrived[1], arrived[2], arrived[3]) = (node0, node1, node2, node3);
        (arrived[4], arrived[5], arrived[6], arrived[7]) = (node4, node5, node6, node7);
    }

    private static void Complete<T>(Span<T> results, ReadOnlySpan<T> baseValues, int trees, int aggregation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int index = 0; index < results.Length; index++)
        {
            T result = results[index];
            result = aggregation switch
            {
                TreeAggregation.Average => result / T.CreateTruncating(trees),
                TreeAggregation.Minimum or TreeAggregation.Maximum when T.IsNaN(result) => T.Zero,
                _ => result,
            };
            results[index] = result + baseValues[index];
        }
    }

    /// <summary>NaN goes to the right.</summary>
    private readonly struct PlainStep<T> : IStep<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Next(ReadOnlySpan<T> features, in TreeNode<T> node) =>
            unchecked(node.Left + (features[node.Feature] <= node.Threshold ? 0 : 1));
    }

    /// <summary>NaN goes where the node says.</summary>
    private readonly struct MissingStep<T> : IStep<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Next(ReadOnlySpan<T> features, in TreeNode<T> node)
        {
            int nanLeft = node.Feature >> 31;
            T value = features[node.Feature ^ nanLeft];
            int right = value <= node.Threshold ? 0 : 1;
            int greater = value > node.Threshold ? 1 : 0;

            // The two differ for NaN alone.
            return unchecked(node.Left + right + ((greater - right) & nanLeft));
        }
    }

    /// <summary>What the leaves give.</summary>
    private readonly ref struct LeafTable<T>(ReadOnlySpan<int> starts, ReadOnlySpan<int> targets, ReadOnlySpan<T> weights, int aggregation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly ReadOnlySpan<int> starts = starts;
        private readonly ReadOnlySpan<int> targets = targets;
        private readonly ReadOnlySpan<T> weights = weights;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(int node, Span<T> results)
        {
            int end = starts[node + 1];
            for (int entry = starts[node]; entry < end; entry++)
            {
                ref T result = ref results[targets[entry]];
                T weight = weights[entry];
                if (aggregation <= TreeAggregation.Average)
                {
                    result += weight;
                }
                else if (T.IsNaN(result) || (aggregation == TreeAggregation.Minimum ? weight < result : weight > result))
                {
                    result = weight;
                }
            }
        }
    }
}
