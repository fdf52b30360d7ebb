using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>The arguments of sums and products in integers; <see langword="null"/> where the scales have no such form.</summary>
internal static class FixedPointBinary
{
    // Of the kernel: operands less their zero points, shifted so far to the left.
    private const int SumShift = 20;

    /// <summary>Those of a sum or difference: both operands are brought to twice the larger scale first.</summary>
    public static IReadOnlyList<(string, PlanValue)>? Sum(QuantizationParameters left, QuantizationParameters right, QuantizationParameters output, bool subtracts)
    {
        const long largest = (long)byte.MaxValue << SumShift;
        double common = 2 * (double)MathF.Max(left.Scale, right.Scale);
        return FixedPointMultiplier.Of(left.Scale / common, largest) is { } leftMultiplier
            && FixedPointMultiplier.Of(right.Scale / common, largest) is { } rightMultiplier
            && FixedPointMultiplier.Of(common / ((1 << SumShift) * (double)output.Scale), largest) is { } outputMultiplier
            ?
            [
                .. ZeroPoints(left, right),
                ("leftMultiplier", leftMultiplier.Multiplier.Plan()),
                ("leftShift", leftMultiplier.Shift.Plan()),
                ("rightMultiplier", rightMultiplier.Multiplier.Plan()),
                ("rightShift", rightMultiplier.Shift.Plan()),
                ("subtracts", subtracts.Plan()),
                .. Output(outputMultiplier),
            ]
            : null;
    }

    /// <summary>Those of a product. TensorFlow Lite computes its factor in float32.</summary>
    public static IReadOnlyList<(string, PlanValue)>? Product(QuantizationParameters left, QuantizationParameters right, QuantizationParameters output) =>
        FixedPointMultiplier.Of((float)((float)(left.Scale * right.Scale) / output.Scale), byte.MaxValue * byte.MaxValue) is { } multiplier
            ? [.. ZeroPoints(left, right), .. Output(multiplier)]
            : null;

    private static IEnumerable<(string, PlanValue)> ZeroPoints(QuantizationParameters left, QuantizationParameters right) =>
        [("leftZeroPoint", left.ZeroPoint.Plan()), ("rightZeroPoint", right.ZeroPoint.Plan())];

    private static IEnumerable<(string, PlanValue)> Output(FixedPointMultiplier multiplier) =>
        [("outputMultiplier", multiplier.Multiplier.Plan()), ("outputShift", multiplier.Shift.Plan())];
}
