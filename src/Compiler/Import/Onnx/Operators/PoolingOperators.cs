using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Poolings over any number of axes. Greatest elements and means of boxes can be taken one axis after the other.</summary>
internal static class PoolingOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("MaxPool", 1, MaxPool),
        new("AveragePool", 1, AveragePool),
        new("LpPool", 2, LpPool),
        new("GlobalMaxPool", 1, (node, context) => context.Reduce(ReduceKind.Maximum, node[0], SpatialAxes(context, node[0]), keep: true)),
        new("GlobalAveragePool", 1, (node, context) => GlobalAverage(context, node[0])),
        new("GlobalLpPool", 2, GlobalLpPool),
    ];

    private static ImmutableArray<string?> MaxPool(OnnxNode node, OnnxContext context)
    {
        SpatialWindow window = SpatialWindow.Read(node, context.ShapeOf(node[0]));
        string greatest = Greatest(node, context, window);
        return node.HasOutput(1) ? [greatest, UnpoolingOperators.GreatestPlaces(node, context, window, context.ShapeOf(greatest))] : [greatest];
    }

    private static string Greatest(OnnxNode node, OnnxContext context, SpatialWindow window)
    {
        ElementType type = context.ElementTypeOf(node[0]);
        if (type is ElementType.Int8 or ElementType.UInt8)
        {
            // Exact: float32 holds them all.
            string wide = context.Convert(node[0], ElementType.Float32);
            return context.Convert(Pool(node, context, wide, PoolKind.Maximum, window, false), type);
        }

        context.RequireFloat32(node, 0);
        return Pool(node, context, node[0], PoolKind.Maximum, window, false);
    }

    /// <summary>An average pooling, by a node's attributes, of any float32 value.</summary>
    public static string Average(OnnxNode node, OnnxContext context, string value)
    {
        SpatialWindow window = SpatialWindow.Read(node, context.ShapeOf(value));
        return Pool(node, context, value, PoolKind.Average, window, node.Flag("count_include_pad"));
    }

    /// <summary>The mean over all spatial axes.</summary>
    public static string GlobalAverage(OnnxContext context, string value) =>
        context.Reduce(ReduceKind.Mean, value, SpatialAxes(context, value), keep: true);

    private static string AveragePool(OnnxNode node, OnnxContext context)
    {
        context.RequireFloat32(node, 0);
        return Average(node, context, node[0]);
    }

    // The root of the window's sum of powers. Zeros in the padding take part, so they are real zeros here, and the mean times the area is the sum.
    private static string LpPool(OnnxNode node, OnnxContext context)
    {
        context.RequireFloat32(node, 0);
        Shape image = context.ShapeOf(node[0]);
        SpatialWindow window = SpatialWindow.Read(node, image);
        double power = Exponent(node);
        bool ceiling = node.Flag("ceil_mode");
        int[] after = [.. window.After.Select((count, axis) =>
        {
            Window along = window.Over(null, axis);
            int reach = ((along.OutputWidth(image[axis + 2], ceiling) - 1) * along.StrideWidth) + along.ExtentWidth;
            return int.Max(count, reach - image[axis + 2] - along.PadLeft);
        })];
        string powers = context.Pad(context.Map(node[0], x => Power(x, power)), [0, 0, .. window.Before], [0, 0, .. after]);
        SpatialWindow bare = window with { Before = new int[window.Rank], After = new int[window.Rank] };
        string means = Pool(node, context, powers, PoolKind.Average, bare, false, ceiling: false);
        return context.Map(means, x => Root(x * window.Area, power));
    }

    private static string GlobalLpPool(OnnxNode node, OnnxContext context)
    {
        double power = Exponent(node);
        string sums = context.Reduce(ReduceKind.Sum, context.Map(node[0], x => Power(x, power)), SpatialAxes(context, node[0]), keep: true);
        return context.Map(sums, x => Root(x, power));
    }

    private static int[] SpatialAxes(OnnxContext context, string value) => [.. Enumerable.Range(0, context.ShapeOf(value).Rank).Skip(2)];

    // An integer since version 2, a real number before.
    private static double Exponent(OnnxNode node)
    {
        double power = node.Integer("p", 2);
        return power > 0 ? power : throw ImportException.Invalid($"attribute 'p' of {node.Operator} is {power}");
    }

    private static Term Power(Term x, double power) => power == 1 ? x.Abs() : power == 2 ? x.Square() : x.Abs().Power(x.Like(power));

    private static Term Root(Term x, double power) => power == 1 ? x : power == 2 ? x.Sqrt() : x.Power(x.Like(1 / power));

    private static string Pool(OnnxNode node, OnnxContext context, string value, PoolKind kind, SpatialWindow window, bool countsPadding) =>
        Pool(node, context, value, kind, window, countsPadding, node.Flag("ceil_mode"));

    private static string Pool(OnnxNode node, OnnxContext context, string value, PoolKind kind, SpatialWindow window, bool countsPadding, bool ceiling)
    {
        Shape shape = context.ShapeOf(value);
        if (shape.Rank <= 4)
        {
            bool isSignal = shape.Rank == 3;
            var op = new Pool2D(kind, isSignal ? window.Over(null, 0) : window.Over(0, 1), countsPadding, ceiling);
            return context.FromImage(context.Emit(op, context.ToImage(value)), isSignal);
        }

        for (int axis = 0; axis < window.Rank; axis++)
        {
            Shape before = context.ShapeOf(value);
            int outer = (int)Shape.From(before.Extents[..(axis + 2)]).ElementCount;
            int inner = (int)Shape.From(before.Extents[(axis + 3)..]).ElementCount;
            // Rows of an image one column wide, whose channels are whatever lies behind the axis.
            string rows = context.Reshape(value, [outer, before[axis + 2], 1, inner]);
            string pooled = context.Emit(new Pool2D(kind, window.Over(axis, null), countsPadding, ceiling), rows);
            value = context.Reshape(pooled, before.With(axis + 2, context.ShapeOf(pooled)[1]));
        }

        return value;
    }
}
