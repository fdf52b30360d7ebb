using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Requantises 16 channels at a time, and packs values in 0…255 into bytes.</summary>
public static class ByteLanes
{
    /// <summary>The most that requantisers compute of 16 channels beforehand, in the order of their reading it: five vectors.</summary>
    public const int PreparedNumbers = 5 * 16;

    /// <summary>Requantises 16 sums with instructions that every processor has.</summary>
    /// <typeparam name="TRequantizer">How.</typeparam>
    /// <param name="sums">The first of the sums.</param>
    /// <param name="multipliers">The first of their multipliers.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>16 quantised values.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> PortableBytes<TRequantizer>(ref int sums, ref int multipliers, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer => PortableBytes(
            PortableIntegers<TRequantizer>(Vector128.LoadUnsafe(ref sums), ref multipliers, 0, target),
            PortableIntegers<TRequantizer>(Vector128.LoadUnsafe(ref sums, 4), ref multipliers, 4, target),
            PortableIntegers<TRequantizer>(Vector128.LoadUnsafe(ref sums, 8), ref multipliers, 8, target),
            PortableIntegers<TRequantizer>(Vector128.LoadUnsafe(ref sums, 12), ref multipliers, 12, target));

    /// <summary>Requantises 4 sums with instructions that every processor has.</summary>
    /// <typeparam name="TRequantizer">How.</typeparam>
    /// <param name="sums">The sums.</param>
    /// <param name="multipliers">The multiplier of channel 0.</param>
    /// <param name="channel">The first sum's channel.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>4 quantised values, 0…255.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> PortableIntegers<TRequantizer>(Vector128<int> sums, ref int multipliers, nuint channel, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer => TRequantizer.PortableIntegers(
            sums,
            Vector128.LoadUnsafe(ref multipliers, channel),
            TRequantizer.HasShifts ? Vector128.LoadUnsafe(ref multipliers, channel + (nuint)target.ShiftDistance) : default,
            target);

    /// <summary>Requantises 16 sums with AVX2.</summary>
    /// <typeparam name="TRequantizer">How.</typeparam>
    /// <param name="sums0">Sums 0…7.</param>
    /// <param name="sums1">Sums 8…15.</param>
    /// <param name="multipliers">The first of their multipliers.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>16 quantised values.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Avx2Bytes<TRequantizer>(Vector256<int> sums0, Vector256<int> sums1, ref int multipliers, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer =>
        Avx2Bytes(Avx2Integers<TRequantizer>(sums0, ref multipliers, 0, target), Avx2Integers<TRequantizer>(sums1, ref multipliers, 8, target));

    /// <summary>Requantises 8 sums with AVX2.</summary>
    /// <typeparam name="TRequantizer">How.</typeparam>
    /// <param name="sums">The sums.</param>
    /// <param name="multipliers">The multiplier of channel 0.</param>
    /// <param name="channel">The first sum's channel.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>8 quantised values, 0…255.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Integers<TRequantizer>(Vector256<int> sums, ref int multipliers, nuint channel, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer => TRequantizer.Avx2Integers(
            sums,
            Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref multipliers, channel)),
            TRequantizer.HasShifts ? Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref multipliers, channel + (nuint)target.ShiftDistance)) : default,
            target);

    /// <summary>Keeps the low bytes of 16 values in 0…255.</summary>
    /// <param name="values0">Values 0…3.</param>
    /// <param name="values1">Values 4…7.</param>
    /// <param name="values2">Values 8…11.</param>
    /// <param name="values3">Values 12…15.</param>
    /// <returns>The 16 bytes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> PortableBytes(Vector128<int> values0, Vector128<int> values1, Vector128<int> values2, Vector128<int> values3) =>
        Vector128.Narrow(Vector128.Narrow(values0, values1).AsUInt16(), Vector128.Narrow(values2, values3).AsUInt16());

    /// <summary>Keeps the low bytes of 16 values in 0…255, with AVX2.</summary>
    /// <param name="values0">Values 0…7.</param>
    /// <param name="values1">Values 8…15.</param>
    /// <returns>The 16 bytes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Avx2Bytes(Vector256<int> values0, Vector256<int> values1)
    {
        // The first pack works on 128-bit halves; the shuffle puts the quarters in order.
        Vector256<short> words = Avx2.PackSignedSaturate(values0, values1);
        Vector128<byte> quarters = Sse2.PackUnsignedSaturate(words.GetLower(), Avx2.ExtractVector128(words, 1));
        Vector128<int> bytes = Sse2.Shuffle(Unsafe.As<Vector128<byte>, Vector128<int>>(ref quarters), 0b11_01_10_00);
        return Unsafe.As<Vector128<int>, Vector128<byte>>(ref bytes);
    }

    /// <summary>Adds a zero point to four rows of 16 integers and packs them into bytes, saturating, with AVX-512.</summary>
    /// <param name="row0">The first row.</param>
    /// <param name="row1">The second row.</param>
    /// <param name="row2">The third row.</param>
    /// <param name="row3">The fourth row.</param>
    /// <param name="zeroPoint">The zero point, 0…255.</param>
    /// <returns>The rows' bytes, one row after another.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<byte> Avx512Bytes(Vector512<int> row0, Vector512<int> row1, Vector512<int> row2, Vector512<int> row3, Vector512<short> zeroPoint)
    {
        Vector512<short> words0 = Avx512BW.AddSaturate(Avx512BW.PackSignedSaturate(row0, row1), zeroPoint);
        Vector512<short> words1 = Avx512BW.AddSaturate(Avx512BW.PackSignedSaturate(row2, row3), zeroPoint);

        // The packs work on quarters, each of which has four bytes of every row now.
        Vector512<byte> bytes = Avx512BW.PackUnsignedSaturate(words0, words1);
        Vector512<int> rows = Avx512F.PermuteVar16x32(
            Unsafe.As<Vector512<byte>, Vector512<int>>(ref bytes), Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        return Unsafe.As<Vector512<int>, Vector512<byte>>(ref rows);
    }

    /// <summary>Stores four rows of 16 bytes, each where its offset says.</summary>
    /// <param name="rows">The rows, one after another.</param>
    /// <param name="output">Where offsets count from.</param>
    /// <param name="offsets">The first row's offset; the others follow.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Avx512Store(Vector512<byte> rows, ref byte output, ref int offsets)
    {
        rows.GetLower().GetLower().StoreUnsafe(ref Unsafe.Add(ref output, offsets));
        Avx512F.ExtractVector128(rows, 1).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 1)));
        Avx512F.ExtractVector128(rows, 2).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 2)));
        Avx512F.ExtractVector128(rows, 3).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 3)));
    }
}
