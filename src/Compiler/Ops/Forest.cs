using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Ops;

/// <summary>A node of a <see cref="Forest"/>: a value at most the threshold goes to the left child, another to the right one.</summary>
/// <param name="Feature">The column that is asked for.</param>
/// <param name="Threshold">The greatest value that goes left; NaN: none does, NaN neither.</param>
/// <param name="Left">The left child; the right one is the node after it. A leaf is its own right child.</param>
/// <param name="NaNGoesLeft">Where a value that is missing goes.</param>
public readonly record struct ForestNode(int Feature, double Threshold, int Left, bool NaNGoesLeft);

/// <summary>What a leaf gives to one output.</summary>
/// <param name="Target">The output.</param>
/// <param name="Weight">What it gets.</param>
public readonly record struct LeafEntry(int Target, double Weight);

/// <summary>Decision trees as one table of nodes. Whatever a format asks at its branches has become comparisons of one kind.</summary>
/// <param name="nodes">The nodes of all trees.</param>
/// <param name="roots">The root of each tree.</param>
/// <param name="leafStarts">For each node the first of its entries, and their number last.</param>
/// <param name="entries">What the leaves give.</param>
public sealed class Forest(ImmutableArray<ForestNode> nodes, ImmutableArray<int> roots, ImmutableArray<int> leafStarts, ImmutableArray<LeafEntry> entries)
{
    /// <summary>The nodes of all trees.</summary>
    public ImmutableArray<ForestNode> Nodes => nodes;

    /// <summary>The root of each tree.</summary>
    public ImmutableArray<int> Roots => roots;

    /// <summary>For each node the first of its entries, and their number last; branches have none.</summary>
    public ImmutableArray<int> LeafStarts => leafStarts;

    /// <summary>What the leaves give.</summary>
    public ImmutableArray<LeafEntry> Entries => entries;

    /// <summary>Columns that the branches read.</summary>
    public int Features { get; } = nodes.Select(node => node.Feature + 1).DefaultIfEmpty(0).Max();

    /// <summary>Whether a value that is missing goes left somewhere.</summary>
    public bool TracksMissing { get; } = nodes.Any(node => node.NaNGoesLeft);

    /// <inheritdoc/>
    public override string ToString() => $"{roots.Length} trees, {nodes.Length} nodes";
}
