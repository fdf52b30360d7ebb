using System;
using System.Collections.Generic;
using System.Globalization;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>The clamp that kernels apply to what they store.</summary>
internal static class OutputRange
{
    /// <summary>The arguments of the clamp and, for uint8, the zero point.</summary>
    public static IEnumerable<(string Name, PlanValue Value)> Arguments(
        QuantizationParameters? output, float minimum = float.NegativeInfinity, float maximum = float.PositiveInfinity)
    {
        if (output is null)
        {
            return [("outputMinimum", minimum.Plan()), ("outputMaximum", maximum.Plan())];
        }

        (int least, int greatest) = Quantized(output, minimum, maximum);
        return [("outputZeroPoint", output.ZeroPoint.Plan()), ("outputMinimum", least.Plan()), ("outputMaximum", greatest.Plan())];
    }

    /// <summary>The bounds as uint8.</summary>
    public static (int Minimum, int Maximum) Quantized(QuantizationParameters output, float minimum, float maximum)
    {
        int greatest = Bound(output, maximum);
        return (Math.Min(Bound(output, minimum), greatest), greatest);
    }

    /// <summary>The bounds for people: empty when there are none.</summary>
    public static string Describe(float minimum, float maximum) => (minimum, maximum) switch
    {
        (float.NegativeInfinity, float.PositiveInfinity) => "",
        (0, float.PositiveInfinity) => ", ReLU",
        (0, 6) => ", ReLU6",
        _ => string.Create(CultureInfo.InvariantCulture, $", clamped to {minimum}…{maximum}"),
    };

    private static int Bound(QuantizationParameters output, float bound) =>
        (int)Math.Clamp(Math.Round(bound / (double)output.Scale, MidpointRounding.ToEven) + output.ZeroPoint, 0, 255);
}
