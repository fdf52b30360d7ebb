using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>The arguments of sums and products in integers; <see langword="null"/> where the scales have no such form.</summary>
internal static class FixedPointBinary
{
    // Of the kernel: operands less their zero points, shifted so far to the left.
    private const int SumShift = 20;

    /// <summary>The kernel and the arguments of a sum or difference: both operands are brought to twice the larger scale first. What one linear function does as well, it does.</summary>
    public static (string Kernel, IReadOnlyList<(string, PlanValue)> Arguments)? Sum(
        QuantizationParameters left, QuantizationParameters right, QuantizationParameters output, bool subtracts, (int Minimum, int Maximum) range)
    {
        const long largest = (long)byte.MaxValue << SumShift;
        double common = 2 * (double)MathF.Max(left.Scale, right.Scale);
        return FixedPointMultiplier.Of(left.Scale / common, largest) is { } leftMultiplier
            && FixedPointMultiplier.Of(right.Scale / common, largest) is { } rightMultiplier
            && FixedPointMultiplier.Of(common / ((1 << SumShift) * (double)output.Scale), largest) is { } outputMultiplier
            ? Sum(left, right, output, (leftMultiplier, rightMultiplier, outputMultiplier), subtracts, range)
            : null;
    }

    private static (string Kernel, IReadOnlyList<(string, PlanValue)> Arguments) Sum(
        QuantizationParameters left, QuantizationParameters right, QuantizationParameters output,
        (FixedPointMultiplier Left, FixedPointMultiplier Right, FixedPointMultiplier Output) multipliers, bool subtracts, (int Minimum, int Maximum) range)
    {
        byte[] levels = [.. Enumerable.Range(0, byte.MaxValue + 1).Select(level => (byte)level)], results = new byte[levels.Length * levels.Length];
        AddFixedPoint.Run(
            levels, levels, results, [levels.Length, levels.Length], [1, 0], [0, 1], [levels.Length, 1], left.ZeroPoint, right.ZeroPoint,
            multipliers.Left.Multiplier, multipliers.Left.Shift, multipliers.Right.Multiplier, multipliers.Right.Shift, subtracts,
            multipliers.Output.Multiplier, multipliers.Output.Shift, output.ZeroPoint, range.Minimum, range.Maximum);
        return LinearSum.Find(left, right, output, subtracts ? -1 : 1, results, range) is { } linear
            ? ("AddLinearUInt8", linear)
            : ("AddFixedPoint",
            [
                .. ZeroPoints(left, right),
                ("leftMultiplier", multipliers.Left.Multiplier.Plan()),
                ("leftShift", multipliers.Left.Shift.Plan()),
                ("rightMultiplier", multipliers.Right.Multiplier.Plan()),
                ("rightShift", multipliers.Right.Shift.Plan()),
                ("subtracts", subtracts.Plan()),
                .. Output(multipliers.Output),
                ("outputZeroPoint", output.ZeroPoint.Plan()),
            ]);
    }

    /// <summary>Those of a product. TensorFlow Lite computes its factor in float32.</summary>
    public static IReadOnlyList<(string, PlanValue)>? Product(QuantizationParameters left, QuantizationParameters right, QuantizationParameters output) =>
        FixedPointMultiplier.Of((float)((float)(left.Scale * right.Scale) / output.Scale), byte.MaxValue * byte.MaxValue) is { } multiplier
            ? [.. ZeroPoints(left, right), .. Output(multiplier), ("outputZeroPoint", output.ZeroPoint.Plan())]
            : null;

    private static IEnumerable<(string, PlanValue)> ZeroPoints(QuantizationParameters left, QuantizationParameters right) =>
        [("leftZeroPoint", left.ZeroPoint.Plan()), ("rightZeroPoint", right.ZeroPoint.Plan())];

    private static IEnumerable<(string, PlanValue)> Output(FixedPointMultiplier multiplier) =>
        [("outputMultiplier", multiplier.Multiplier.Plan()), ("outputShift", multiplier.Shift.Plan())];
}
