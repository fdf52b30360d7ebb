using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary><see cref="Requantization"/> in float32: multipliers and the ends of the range are the bits of floats.</summary>
public readonly struct FloatRequantizer : IRequantizer
{
    /// <inheritdoc/>
    public static bool HasShifts => false;

    /// <summary>A target given by its smallest and largest quantised value.</summary>
    /// <param name="zeroPoint">Quantised value of zero, 0…255.</param>
    /// <param name="minimum">Smallest result, 0…255.</param>
    /// <param name="maximum">Largest result, <paramref name="minimum"/>…255.</param>
    /// <returns>The target.</returns>
    /// <exception cref="ArgumentException">The numbers are outside their ranges.</exception>
    public static RequantizationTarget Target(int zeroPoint, int minimum, int maximum)
    {
        RequantizationTarget.Check(zeroPoint, minimum, maximum);
        return new RequantizationTarget(zeroPoint, BitConverter.SingleToInt32Bits(minimum - zeroPoint), BitConverter.SingleToInt32Bits(maximum - zeroPoint), 0);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Scalar(int sum, int multiplier, int shift, RequantizationTarget target) =>
        Requantization.Scalar(sum, BitConverter.Int32BitsToSingle(multiplier), Floats(target));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> PortableIntegers(Vector128<int> sums, Vector128<int> multipliers, Vector128<int> shifts, RequantizationTarget target) =>
        Requantization.Portable(Vector128.ConvertToSingle(sums) * multipliers.AsSingle(), Floats(target));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Integers(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target) =>
        Requantization.Avx2Integers(Avx.Multiply(Avx.ConvertToVector256Single(sums), multipliers.AsSingle()), Floats(target));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Products(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target) =>
        Avx.ConvertToVector256Int32(Avx.Min(
            Avx.Multiply(Avx.ConvertToVector256Single(sums), multipliers.AsSingle()), Vector256.Create(BitConverter.Int32BitsToSingle(target.High))));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Integers(Vector512<int> sums, Vector512<int> multipliers, Vector512<int> shifts, RequantizationTarget target) =>
        Requantization.Avx512Integers(Avx512F.Multiply(Avx512F.ConvertToVector512Single(sums), multipliers.AsSingle()), Floats(target));

    /// <inheritdoc/>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    public static void Avx512Rows(ref int sums, nint stride, ref int multipliers, ref byte output, ref int offsets, int rows, RequantizationTarget target)
    {
        Vector512<float> factors = Vector512.LoadUnsafe(ref multipliers).AsSingle();
        Requantization.Target floats = Floats(target);
        Vector512<float> high = Vector512.Create(floats.High);
        Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector512<byte> low = Vector512.Create((byte)((int)floats.Low + target.ZeroPoint));
        nint row = 0;
        for (; row <= rows - 4; row += 4)
        {
            ref int quad = ref Unsafe.Add(ref sums, row * stride);
            Vector512<byte> bytes = ByteLanes.Avx512Bytes(
                Round(ref quad, 0, factors, high), Round(ref quad, stride, factors, high), Round(ref quad, 2 * stride, factors, high), Round(ref quad, 3 * stride, factors, high), zeroPoint);
            ByteLanes.Avx512Store(Avx512BW.Max(bytes, low), ref output, ref Unsafe.Add(ref offsets, row));
        }

        for (; row < rows; row++)
        {
            Vector512<float> values = Avx512F.Multiply(Avx512F.ConvertToVector512Single(Vector512.LoadUnsafe(ref sums, (nuint)(row * stride))), factors);
            Avx512F.ConvertToVector128Byte(Requantization.Avx512Integers(values, floats))
                .StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, row)));
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Minimum(RequantizationTarget target) => (byte)((int)BitConverter.Int32BitsToSingle(target.Low) + target.ZeroPoint);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Maximum(RequantizationTarget target) => (byte)((int)BitConverter.Int32BitsToSingle(target.High) + target.ZeroPoint);

    /// <inheritdoc/>
    public static bool HasAvx512Products(ref int multipliers, int channels, RequantizationTarget target) => true;

    /// <inheritdoc/>
    public static void Avx512Prepare(ref int multipliers, RequantizationTarget target, ref int prepared)
    {
        Unsafe.As<int, Vector512<int>>(ref prepared) = Unsafe.As<int, Vector512<int>>(ref multipliers);
        Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref prepared, 16)) = Vector512.Create(target.High);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Product(Vector512<int> sums, ref int prepared) =>
        Round(sums, Unsafe.As<int, Vector512<float>>(ref prepared), Unsafe.As<int, Vector512<float>>(ref Unsafe.Add(ref prepared, 16)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Avx512Products(
        ref Vector512<int> sums0, ref Vector512<int> sums1, ref Vector512<int> sums2, ref Vector512<int> sums3, ref Vector512<int> sums4, ref Vector512<int> sums5,
        ref Vector512<int> sums6, ref int prepared)
    {
        Vector512<float> factors = Unsafe.As<int, Vector512<float>>(ref prepared), high = Unsafe.As<int, Vector512<float>>(ref Unsafe.Add(ref prepared, 16));
        sums0 = Round(sums0, factors, high);
        sums1 = Round(sums1, factors, high);
        sums2 = Round(sums2, factors, high);
        sums3 = Round(sums3, factors, high);
        sums4 = Round(sums4, factors, high);
        sums5 = Round(sums5, factors, high);
        sums6 = Round(sums6, factors, high);
    }

    /// <summary>16 sums' values without the zero point. What is below the range packing and the bytes' maximum find; above it, a float may be too large for an integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Round(Vector512<int> sums, Vector512<float> factors, Vector512<float> high) =>
        Avx512F.ConvertToVector512Int32(Avx512F.Min(Avx512F.Multiply(Avx512F.ConvertToVector512Single(sums), factors), high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Round(ref int sums, nint at, Vector512<float> factors, Vector512<float> high) =>
        Round(Vector512.LoadUnsafe(ref sums, (nuint)at), factors, high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Requantization.Target Floats(RequantizationTarget target) =>
        new(target.ZeroPoint, BitConverter.Int32BitsToSingle(target.Low), BitConverter.Int32BitsToSingle(target.High));
}
