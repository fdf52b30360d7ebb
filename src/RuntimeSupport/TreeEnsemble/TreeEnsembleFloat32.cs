using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// An ensemble of decision trees over rows of floats. A branch asks whether a feature is at most a threshold; each leaf adds to some of the
/// outputs. Sums are one chain an output, in the order of the trees, rounded to float at every step: the same bits on every machine.
/// </summary>
public static partial class TreeEnsembleFloat32
{
    /// <summary>Walks all trees for every row. For the layout of <paramref name="nodes"/> see <see cref="TreeNode{T}"/>.</summary>
    /// <param name="input">[rows, columns].</param>
    /// <param name="nodes">The nodes of all trees, three numbers each: the threshold's bits, the feature, the left child.</param>
    /// <param name="roots">The root of each tree.</param>
    /// <param name="leafStarts">For each node the first of its entries in <paramref name="targets"/> and <paramref name="weights"/>, and their number last. Branches have none.</param>
    /// <param name="targets">Which output an entry adds to.</param>
    /// <param name="weights">What it adds.</param>
    /// <param name="baseValues">One an output: what the aggregate is added to.</param>
    /// <param name="output">[rows, outputs], where the number of outputs is that of the base values.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of features.</param>
    /// <param name="aggregation">One of <see cref="TreeAggregation"/>.</param>
    /// <param name="tracksMissing">Whether a node sends NaN to the left.</param>
    /// <exception cref="ArgumentException">A span is too short, an index is out of range, or the aggregation unknown.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<int> nodes,
        ReadOnlySpan<int> roots,
        ReadOnlySpan<int> leafStarts,
        ReadOnlySpan<int> targets,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> baseValues,
        Span<float> output,
        int rows,
        int columns,
        int aggregation,
        bool tracksMissing) =>
        TreeWalk.Run(input, nodes, roots, leafStarts, targets, weights, baseValues, output, rows, columns, aggregation, tracksMissing);
}
