using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>
/// Numbers on grids. Constants are dequantised while the graph is built; what training with quantisation has left says how values are rounded, and
/// is used as it is.
/// </summary>
internal static class QuantizationOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Dequantize", Dequantize),
        new("FakeQuantWithMinMaxArgs", (node, context) => FakeQuantize(node, context, node.Number("min", -6), node.Number("max", 6))),
        new("FakeQuantWithMinMaxVars", (node, context) => FakeQuantize(node, context, Bound(context, 1), Bound(context, 2))),
        new("FakeQuantWithMinMaxVarsPerChannel", FakeQuantizePerChannel),
    ];

    private static string Dequantize(TensorFlowNode node, TensorFlowContext context)
    {
        if (node.Integer("axis", -1) != -1)
        {
            throw ImportException.Attribute(node.Operator, "'axis'", "dequantise all channels alike");
        }

        ElementType type = context.ElementTypeOf(node[0]);
        (double least, double greatest) = GridExpressions.Range(type) ?? throw ImportException.ElementType(node.InputName(0), type.ToString());
        float minimum = Bound(context, 1), maximum = Bound(context, 2);
        double steps = greatest - least;
        switch (node.Text("mode", "MIN_COMBINED"))
        {
            case "MIN_COMBINED":
                double scale = (maximum - minimum) / steps;
                double half = least < 0 ? (steps + 1) / 2 : 0;
                return context.Map(node[0], x => ((x.To(ElementType.Float32) + half) * scale) + minimum);
            case "MIN_FIRST":
                // 256 numbers are 255 steps apart; the format says it as 256 steps of a range that is as much longer.
                double step = (maximum - minimum) / steps;
                return context.Map(node[0], x => ((x.To(ElementType.Float32) - least) * step) + minimum);
            case "SCALED":
                double lowest = node.Flag("narrow_range") ? least + 1 : least;
                double factor = least < 0 ? Math.Max(minimum / lowest, maximum / greatest) : maximum / greatest;
                return context.Map(node[0], x => x.To(ElementType.Float32) * factor);
            case var other:
                throw ImportException.Invalid($"attribute 'mode' of Dequantize is '{other}'");
        }
    }

    private static string FakeQuantize(TensorFlowNode node, TensorFlowContext context, float minimum, float maximum)
    {
        context.RequireFloat32(0);
        (int least, int greatest) = Levels(node);
        (float low, float high, float scale, int zero) = Nudged(minimum, maximum, least, greatest);
        if (greatest > byte.MaxValue || low == high || context.ConstantOf(node[0]) is not null)
        {
            return Stored(context, context.Map(node[0], x => Rounded(x, x.Like(low), x.Like(high), x.Like(scale))), [scale], 0);
        }

        // Fewer levels than a byte has are some of the byte's.
        bool isWhole = least == 0 && greatest == byte.MaxValue;
        return context.Emit(new Requantize(new QuantizationParameters(scale, zero)), isWhole ? node[0] : context.Map(node[0], x => x.Clamp(low, high)));
    }

    private static string FakeQuantizePerChannel(TensorFlowNode node, TensorFlowContext context)
    {
        context.RequireFloat32(0);
        Shape shape = context.ShapeOf(node[0]);
        float[] minima = context.ConstantInput(1).ToFloat32(), maxima = context.ConstantInput(2).ToFloat32();
        if (shape.Rank == 0 || minima.Length != shape[^1] || maxima.Length != shape[^1])
        {
            throw new ShapeException($"ranges of {minima.Length} and {maxima.Length} channels for {shape}");
        }

        (int least, int greatest) = Levels(node);
        (float Low, float High, float Scale, int Zero)[] ranges = [.. minima.Zip(maxima, (minimum, maximum) => Nudged(minimum, maximum, least, greatest))];
        string low = Row(context, ranges.Select(range => range.Low)), high = Row(context, ranges.Select(range => range.High)), scale = Row(context, ranges.Select(range => range.Scale));
        string rounded = context.Map([node[0], low, high, scale], terms => Rounded(terms[0], terms[1], terms[2], terms[3]));
        return Stored(context, rounded, [.. ranges.Select(range => range.Scale)], shape.Rank - 1);
    }

    private static string Row(TensorFlowContext context, IEnumerable<float> values) => context.Constant(Tensor.Of(Shape.From([values.Count()]), values.ToArray()));

    // Ties away from the range's beginning, as the format has it.
    private static Term Rounded(Term value, Term low, Term high, Term scale) =>
        (((value.Maximum(low).Minimum(high) - low) / scale) + 0.5).Floor() * scale + low;

    // Rounded weights lie on a grid around 0, so the int8 layers can take their levels as they are.
    private static string Stored(TensorFlowContext context, string value, float[] scales, int axis)
    {
        if (context.ConstantOf(value) is not { Type: ElementType.Float32 } constant)
        {
            return value;
        }

        float[] numbers = constant.ToFloat32();
        double[] levels = [.. numbers.Select((number, index) => Math.Round((double)number / scales[scales.Length == 1 ? 0 : index % scales.Length]))];
        return levels.All(level => level is >= sbyte.MinValue and <= sbyte.MaxValue)
            && StoredIntegers.Of(Tensor.Of(constant.Shape, Array.ConvertAll(levels, level => (sbyte)level)), scales, [], axis) is { } stored
            ? context.Constant(constant.WithIntegers(stored))
            : value;
    }

    private static (int Least, int Greatest) Levels(TensorFlowNode node)
    {
        long bits = node.Integer("num_bits", 8);
        return bits is >= 2 and <= 16
            ? (node.Flag("narrow_range") ? 1 : 0, (1 << (int)bits) - 1)
            : throw ImportException.Invalid($"attribute 'num_bits' of {node.Operator} is {bits}");
    }

    // The range moved so that 0 is on the grid: a little, or where it lies beside 0 until it ends there. From 0 to 0 is what training leaves of what is always 0.
    private static (float Low, float High, float Scale, int Zero) Nudged(float minimum, float maximum, int least, int greatest)
    {
        if (minimum == 0 && maximum == 0)
        {
            return (0, 0, 1, least);
        }

        if (!(maximum > minimum && float.IsFinite(maximum - minimum)))
        {
            throw ImportException.Invalid($"a range from {minimum} to {maximum} has no numbers");
        }

        float scale = (maximum - minimum) / (greatest - least);
        float zero = least - (minimum / scale);
        int nudged = (int)Math.Clamp(MathF.Round(zero, MidpointRounding.AwayFromZero), least, greatest);
        return ((least - nudged) * scale, (greatest - nudged) * scale, scale, nudged);
    }

    private static float Bound(TensorFlowContext context, int index) =>
        context.ConstantInput(index) is { Count: 1 } bound ? bound.ToFloat32()[0] : throw new ShapeException("a bound of a range is not one number");
}
