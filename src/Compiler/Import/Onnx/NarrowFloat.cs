using System;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>Which codes of a small floating-point type are no numbers.</summary>
internal enum SpecialCodes
{
    /// <summary>None: all are numbers.</summary>
    None,

    /// <summary>As IEEE 754 has it: the last exponent holds the infinities and NaN.</summary>
    InfinityAndNaN,

    /// <summary>The code with all bits set, of either sign, is NaN; there is no infinity.</summary>
    LastIsNaN,

    /// <summary>What would be −0 is NaN; there is no infinity and one zero.</summary>
    NegativeZeroIsNaN,
}

/// <summary>A floating-point number with sign, exponent and mantissa, held in float32.</summary>
/// <param name="Name">The format's name for it.</param>
/// <param name="ExponentBits">Bits of the exponent.</param>
/// <param name="MantissaBits">Bits of the mantissa that are stored.</param>
/// <param name="Bias">Of the exponent.</param>
/// <param name="Special">What is no number.</param>
internal sealed record NarrowFloat(string Name, int ExponentBits, int MantissaBits, int Bias, SpecialCodes Special)
    : NarrowType(Name, 1 + ExponentBits + MantissaBits, ElementType.Float32)
{
    /// <summary>The greatest number.</summary>
    public double Greatest => Special switch
    {
        SpecialCodes.InfinityAndNaN => Magnitude((((1 << ExponentBits) - 1) << MantissaBits) - 1),
        SpecialCodes.LastIsNaN => Magnitude(SignBit - 2),
        _ => Magnitude(SignBit - 1),
    };

    private int SignBit => 1 << (Bits - 1);

    private double LeastNormal => Math.ScaleB(1, 1 - Bias);

    /// <inheritdoc/>
    public override double Decode(int code)
    {
        int magnitude = code & (SignBit - 1);
        int firstOfLastExponent = ((1 << ExponentBits) - 1) << MantissaBits;
        double number = Special switch
        {
            SpecialCodes.NegativeZeroIsNaN when code == SignBit => double.NaN,
            SpecialCodes.LastIsNaN when magnitude == SignBit - 1 => double.NaN,
            SpecialCodes.InfinityAndNaN when magnitude == firstOfLastExponent => double.PositiveInfinity,
            SpecialCodes.InfinityAndNaN when magnitude > firstOfLastExponent => double.NaN,
            _ => Magnitude(magnitude),
        };
        return code == magnitude ? number : -number;
    }

    /// <inheritdoc/>
    public override Term Convert(Term value, OnnxNode node)
    {
        // In double, so that there is one rounding, whatever the value's type.
        Term x = value.To(ElementType.Float64);

        // What is far outside rounds to something outside: this keeps the arithmetic below finite.
        Term near = x.Clamp(-2 * Greatest, 2 * Greatest);

        // The distance of the type's numbers around x is a power of two, so dividing and multiplying by it are exact.
        Term step = PowerOf(near).Maximum(LeastNormal) * Math.ScaleB(1, -MantissaBits);
        Term rounded = (near / step).Round() * step;
        Term number = Special switch
        {
            // Four bits have no NaN to give.
            SpecialCodes.None => x.Test(ElementwiseFunction.IsNaN).Select(x.Like(0), Saturated(rounded)),
            SpecialCodes.NegativeZeroIsNaN => rounded.EqualTo(0).Select(x.Like(0), Bounded(rounded, node)),
            _ => Bounded(rounded, node),
        };
        return number.To(Storage);
    }

    private Term Bounded(Term rounded, OnnxNode node)
    {
        if (node.Flag("saturate", true))
        {
            return Saturated(rounded);
        }

        Term outside = Special == SpecialCodes.InfinityAndNaN ? rounded * double.PositiveInfinity : rounded.Like(double.NaN);
        return (rounded.Abs() > Greatest).Select(outside, rounded);
    }

    private Term Saturated(Term rounded) => rounded.Clamp(-Greatest, Greatest);

    private double Magnitude(int code)
    {
        int exponent = code >> MantissaBits;
        double fraction = Math.ScaleB(code & ((1 << MantissaBits) - 1), -MantissaBits);
        return exponent == 0 ? fraction * LeastNormal : Math.ScaleB(1 + fraction, exponent - Bias);
    }
}

/// <summary>float8e8m0: powers of two from 2^−127 to 2^127, and NaN; no sign, no zero. It holds scales.</summary>
internal sealed record PowerOfTwoFloat() : NarrowType("float8e8m0", 8, ElementType.Float32)
{
    private static readonly double Least = Math.ScaleB(1, -127);
    private static readonly double Greatest = Math.ScaleB(1, 127);

    /// <inheritdoc/>
    public override double Decode(int code) => code == 255 ? double.NaN : Math.ScaleB(1, code - 127);

    /// <inheritdoc/>
    public override Term Convert(Term value, OnnxNode node)
    {
        Term x = value.To(ElementType.Float64);
        Term within = x.Clamp(Least, Greatest);
        Term below = PowerOf(within);
        Term rounded = node.Text("round_mode", "up") switch
        {
            "up" => (within > below).Select(below * 2, below),
            "down" => below,
            "nearest" => (within >= below * 1.5).Select(below * 2, below),
            var other => throw ImportException.Invalid($"attribute 'round_mode' of {node.Operator} is '{other}'"),
        };

        // What is negative has no number near; the standard leaves it open.
        Term refused = node.Flag("saturate", true) ? x < 0 : (x < Least).Logical(ElementwiseFunction.Or, x > Greatest);
        return refused.Logical(ElementwiseFunction.Or, x.Test(ElementwiseFunction.IsNaN)).Select(x.Like(double.NaN), rounded).To(Storage);
    }
}
