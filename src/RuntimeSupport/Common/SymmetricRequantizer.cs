using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Requantisation in integers: <c>clamp(sum · multiplier · 2^(shift − 31) + zero point)</c>, the second rounding's halves away from zero. The shifts lie
/// behind the multipliers; a product and the zero point together fit 32 bits.
/// </summary>
public readonly struct SymmetricRequantizer : IRequantizer
{
    /// <inheritdoc/>
    public static bool HasShifts => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Scalar(int sum, int multiplier, int shift, RequantizationTarget target) =>
        Clamp(FixedPoint.Multiply(sum, multiplier, shift, isSymmetric: true), target);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> PortableIntegers(Vector128<int> sums, Vector128<int> multipliers, Vector128<int> shifts, RequantizationTarget target) =>
        Clamp(FixedPoint.Portable(sums, multipliers, shifts, isSymmetric: true), target);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Integers(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target) =>
        ClampAvx2(FixedPoint.Avx2Vector(sums, multipliers, shifts, isSymmetric: true), target);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Products(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target) =>
        FixedPoint.Avx2Vector(sums, multipliers, shifts, isSymmetric: true);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Integers(Vector512<int> sums, Vector512<int> multipliers, Vector512<int> shifts, RequantizationTarget target) =>
        ClampAvx512(FixedPoint.Avx512Vector(sums, multipliers, shifts, isSymmetric: true), target);

    /// <inheritdoc/>
    public static void Avx512Rows(ref int sums, nint stride, ref int multipliers, ref byte output, ref int offsets, int rows, RequantizationTarget target)
    {
        if (IsNeverNegative(target))
        {
            FixedPointRequantizer.Avx512Rows(ref sums, stride, ref multipliers, ref output, ref offsets, rows, target);
        }
        else
        {
            FixedPoint.Avx512AnyRows(ref sums, stride, ref multipliers, ref output, ref offsets, rows, target, isSymmetric: true);
        }
    }

    /// <inheritdoc/>
    public static bool HasAvx512Products(ref int multipliers, int channels, RequantizationTarget target) =>
        IsNeverNegative(target) && FixedPoint.HasRightShifts(ref multipliers, channels, target.ShiftDistance);

    /// <inheritdoc/>
    public static void Avx512Prepare(ref int multipliers, RequantizationTarget target, ref int prepared) =>
        FixedPoint.Avx512Prepare(ref multipliers, target.ShiftDistance, ref prepared);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Product(Vector512<int> sums, ref int prepared) => FixedPoint.Avx512Product(sums, ref prepared);

    /// <summary>Negative halves are the only ones that the two roundings treat differently; where a rectifier ends a layer, both results are 0 at most.</summary>
    private static bool IsNeverNegative(RequantizationTarget target) => target.Low >= target.ZeroPoint;

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

    /// <summary>From a product to its quantised value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte Clamp(int product, RequantizationTarget target)
    {
        int value = unchecked(product + target.ZeroPoint);
        return (byte)(value < target.Low ? target.Low : value > target.High ? target.High : value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<int> Clamp(Vector128<int> products, RequantizationTarget target) =>
        Vector128.Min(Vector128.Max(products + Vector128.Create(target.ZeroPoint), Vector128.Create(target.Low)), Vector128.Create(target.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> ClampAvx2(Vector256<int> products, RequantizationTarget target) =>
        Avx2.Min(Avx2.Max(Avx2.Add(products, Vector256.Create(target.ZeroPoint)), Vector256.Create(target.Low)), Vector256.Create(target.High));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> ClampAvx512(Vector512<int> products, RequantizationTarget target) =>
        Avx512F.Min(Avx512F.Max(Avx512F.Add(products, Vector512.Create(target.ZeroPoint)), Vector512.Create(target.Low)), Vector512.Create(target.High));
}
