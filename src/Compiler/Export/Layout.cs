using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Export;

/// <summary>The order of a value's axes in the exported model.</summary>
internal enum Layout
{
    /// <summary>As in the graph.</summary>
    Own,

    /// <summary>Channels first, where the graph has them last: of values with four axes.</summary>
    ChannelsFirst,
}

/// <summary>What the layouts mean for axes.</summary>
internal static class LayoutExtensions
{
    /// <summary>Which axis of the graph each axis of the layout is.</summary>
    public static ImmutableArray<int> Axes(this Layout layout, int rank) =>
        layout == Layout.ChannelsFirst ? [.. Transpose.ToChannelsFirst.Permutation] : [.. Enumerable.Range(0, rank)];

    /// <summary>Where the layout has an axis of the graph.</summary>
    public static int Place(this Layout layout, int axis, int rank) => layout.Axes(rank).IndexOf(axis);

    /// <summary>Numbers, one an axis of the graph, in the order of the layout.</summary>
    public static IEnumerable<int> Arrange(this Layout layout, IReadOnlyList<int> numbers) => layout.Axes(numbers.Count).Select(axis => numbers[axis]);

    /// <summary>A constant in the layout of a value of some rank that it broadcasts to.</summary>
    public static Tensor Arrange(this Layout layout, Tensor constant, int rank)
    {
        if (layout == Layout.Own || constant.Count == 1)
        {
            return constant;
        }

        Shape aligned = Shape.From([.. Enumerable.Repeat(1, rank - constant.Shape.Rank), .. constant.Shape]);
        return Transpose.ToChannelsFirst.Evaluate([constant.Reshape(aligned)])[0];
    }
}
