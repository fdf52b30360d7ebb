using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>a · b + c with one rounding, the same bits on every processor.</summary>
/// <remarks>
/// Where there is no instruction for it the sum is made in double. The product of two floats is exact there; the sum is rounded <i>to odd</i>
/// (if it is inexact, its last bit is set), which makes the second rounding, to float, the only one that counts: 53 bits are at least two more
/// than 24 (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008).
/// </remarks>
public static class FusedMultiplyAdd
{
    /// <summary>2⁻¹²⁶, the smallest normal float.</summary>
    private const double SmallestNormal = 1.1754943508222875e-38;

    /// <summary>a · b + c of scalars.</summary>
    /// <param name="left">First factor.</param>
    /// <param name="right">Second factor.</param>
    /// <param name="addend">Addend.</param>
    /// <returns>The rounded result.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(float left, float right, float addend) =>
        Fma.IsSupported || AdvSimd.IsSupported ? MathF.FusedMultiplyAdd(left, right, addend) : Exact(left, right, addend);

    /// <summary>a · b + c of vectors.</summary>
    /// <param name="left">First factors.</param>
    /// <param name="right">Second factors.</param>
    /// <param name="addend">Addends.</param>
    /// <returns>The rounded results.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> left, Vector128<float> right, Vector128<float> addend)
    {
        if (Fma.IsSupported)
        {
            return Fma.MultiplyAdd(left, right, addend);
        }

        return AdvSimd.IsSupported ? AdvSimd.FusedMultiplyAdd(addend, left, right) : Exact(left, right, addend);
    }

    /// <summary>a · b + c of scalars without the instruction.</summary>
    /// <param name="left">First factor.</param>
    /// <param name="right">Second factor.</param>
    /// <param name="addend">Addend.</param>
    /// <returns>The rounded result.</returns>
    public static float Exact(float left, float right, float addend)
    {
        double product = (double)left * right;
        double sum = product + addend;

        // Knuth's two-sum: the error of the addition is exact. It is NaN where something is infinite: then there is nothing to correct.
        double added = sum - product;
        double error = (product - (sum - added)) + (addend - added);
        long bits = BitConverter.DoubleToInt64Bits(sum);
        if ((error < 0 || error > 0) && (bits & 1) == 0)
        {
            // Towards the error: away from zero if it has the sum's sign. The neighbour on that side is the odd one.
            bits += (error > 0) == (sum > 0) ? 1 : -1;
        }

        return (float)BitConverter.Int64BitsToDouble(bits);
    }

    /// <summary>a · b + c of vectors without the instruction.</summary>
    /// <param name="left">First factors.</param>
    /// <param name="right">Second factors.</param>
    /// <param name="addend">Addends.</param>
    /// <returns>The rounded results.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Exact(Vector128<float> left, Vector128<float> right, Vector128<float> addend)
    {
        Vector128<double> productLower = Vector128.WidenLower(left) * Vector128.WidenLower(right);
        Vector128<double> productUpper = Vector128.WidenUpper(left) * Vector128.WidenUpper(right);
        Vector128<double> addendLower = Vector128.WidenLower(addend);
        Vector128<double> addendUpper = Vector128.WidenUpper(addend);
        Vector128<double> sumLower = productLower + addendLower;
        Vector128<double> sumUpper = productUpper + addendUpper;
        if ((Doubtful(sumLower) | Doubtful(sumUpper)) == Vector128<long>.Zero)
        {
            return Vector128.Narrow(sumLower, sumUpper);
        }

        return Vector128.Narrow(OddSum(productLower, addendLower), OddSum(productUpper, addendUpper));
    }

    /// <summary>
    /// Where rounding a sum twice may differ from rounding it once: exactly between two floats, or among the subnormal ones, where these are
    /// farther apart. Zero is never in doubt, and it is too frequent to be.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<long> Doubtful(Vector128<double> sum)
    {
        Vector128<long> between = Vector128.Equals(sum.AsInt64() & Vector128.Create(0x1FFFFFFFL), Vector128.Create(0x10000000L));
        Vector128<long> small = Vector128.LessThan(Vector128.Abs(sum), Vector128.Create(SmallestNormal)).AsInt64();
        Vector128<long> zero = Vector128.Equals(sum, Vector128<double>.Zero).AsInt64();
        return between | Vector128.AndNot(small, zero);
    }

    /// <summary>The sum rounded to odd, as in <see cref="Exact(float, float, float)"/>.</summary>
    private static Vector128<double> OddSum(Vector128<double> product, Vector128<double> addend)
    {
        Vector128<double> sum = product + addend;
        Vector128<double> added = sum - product;
        Vector128<double> error = (product - (sum - added)) + (addend - added);
        Vector128<double> zero = Vector128<double>.Zero;
        Vector128<long> one = Vector128.Create(1L);
        Vector128<long> bits = sum.AsInt64();
        Vector128<long> above = Vector128.GreaterThan(error, zero).AsInt64();
        Vector128<long> inexact = above | Vector128.LessThan(error, zero).AsInt64();
        Vector128<long> even = (bits & one) - one;
        Vector128<long> inwards = above ^ Vector128.GreaterThan(sum, zero).AsInt64();

        // inwards is 0 or −1: step is 1 or −1.
        Vector128<long> step = one + inwards + inwards;
        return (bits + (step & inexact & even)).AsDouble();
    }
}
