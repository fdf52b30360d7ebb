using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Requantisation in integers: <c>clamp(sum · multiplier · 2^(shift − 31) + zero point)</c>, the second rounding's halves up. The shifts lie
/// behind the multipliers; a product and the zero point together fit 32 bits.
/// </summary>
public readonly struct FixedPointRequantizer : IRequantizer
{
    /// <inheritdoc/>
    public static bool HasShifts => true;

    /// <summary>A target given by its smallest and largest quantised value.</summary>
    /// <param name="zeroPoint">Quantised value of zero, 0…255.</param>
    /// <param name="minimum">Smallest result, 0…255.</param>
    /// <param name="maximum">Largest result, <paramref name="minimum"/>…255.</param>
    /// <param name="shiftDistance">Number of multipliers, which lie before the shifts.</param>
    /// <returns>The target.</returns>
    /// <exception cref="ArgumentException">The numbers are outside their ranges.</exception>
    public static RequantizationTarget Target(int zeroPoint, int minimum, int maximum, int shiftDistance)
    {
        RequantizationTarget.Check(zeroPoint, minimum, maximum);
        return new RequantizationTarget(zeroPoint, minimum, maximum, shiftDistance);
    }

    /// <summary>Half of the length of multipliers and shifts.</summary>
    /// <param name="multipliers">The multipliers, and as many shifts.</param>
    /// <returns>How many multipliers there are.</returns>
    /// <exception cref="ArgumentException">The length is odd.</exception>
    public static int DistanceOf(ReadOnlySpan<int> multipliers) => multipliers.Length % 2 == 0
        ? multipliers.Length / 2
        : throw new ArgumentException("There must be as many shifts as multipliers.", nameof(multipliers));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Scalar(int sum, int multiplier, int shift, RequantizationTarget target)
    {
        int value = unchecked(FixedPoint.Multiply(sum, multiplier, shift, isSymmetric: false) + target.ZeroPoint);
        return (byte)(value < target.Low ? target.Low : value > target.High ? target.High : value);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> PortableIntegers(Vector128<int> sums, Vector128<int> multipliers, Vector128<int> shifts, RequantizationTarget target)
    {
        Vector128<int> values = FixedPoint.Portable(sums, multipliers, shifts, isSymmetric: false) + Vector128.Create(target.ZeroPoint);
        return Vector128.Min(Vector128.Max(values, Vector128.Create(target.Low)), Vector128.Create(target.High));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Integers(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target)
    {
        Vector256<int> values = Avx2.Add(FixedPoint.Avx2Vector(sums, multipliers, shifts, isSymmetric: false), Vector256.Create(target.ZeroPoint));
        return Avx2.Min(Avx2.Max(values, Vector256.Create(target.Low)), Vector256.Create(target.High));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Products(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target) =>
        FixedPoint.Avx2Vector(sums, multipliers, shifts, isSymmetric: false);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Integers(Vector512<int> sums, Vector512<int> multipliers, Vector512<int> shifts, RequantizationTarget target)
    {
        Vector512<int> values = Avx512F.Add(FixedPoint.Avx512Vector(sums, multipliers, shifts, isSymmetric: false), Vector512.Create(target.ZeroPoint));
        return Avx512F.Min(Avx512F.Max(values, Vector512.Create(target.Low)), Vector512.Create(target.High));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Avx512Rows(ref int sums, nint stride, ref int multipliers, ref byte output, ref int offsets, int rows, RequantizationTarget target) =>
        FixedPoint.Avx512Rows(ref sums, stride, ref multipliers, ref output, ref offsets, rows, target);

    /// <inheritdoc/>
    public static bool HasAvx512Products(ref int multipliers, int channels, RequantizationTarget target) =>
        FixedPoint.HasRightShifts(ref multipliers, channels, target.ShiftDistance);

    /// <inheritdoc/>
    public static void Avx512Prepare(ref int multipliers, RequantizationTarget target, ref int prepared) =>
        FixedPoint.Avx512Prepare(ref multipliers, target.ShiftDistance, ref prepared);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Product(Vector512<int> sums, ref int prepared) => FixedPoint.Avx512Product(sums, ref prepared);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Minimum(RequantizationTarget target) => (byte)target.Low;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Maximum(RequantizationTarget target) => (byte)target.High;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Avx512Products(
        ref Vector512<int> sums0, ref Vector512<int> sums1, ref Vector512<int> sums2, ref Vector512<int> sums3, ref Vector512<int> sums4, ref Vector512<int> sums5,
        ref Vector512<int> sums6, ref int prepared) => FixedPoint.Avx512Products(
            ref sums0, ref sums1, ref sums2, ref sums3, ref sums4, ref sums5, ref sums6, ref prepared);
}
