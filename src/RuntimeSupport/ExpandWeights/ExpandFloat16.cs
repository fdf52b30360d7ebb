using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// From weights stored as float16 to float32, exactly, subnormal numbers, infinities and NaN too. .NET has no conversion instruction: exponent and
/// fraction are moved to their places in a float32, which is 2¹¹² too small then, and multiplied by that; what was infinite gets its exponent back.
/// </summary>
public static partial class ExpandFloat16
{
    /// <summary>2¹¹²: the difference of the two exponents' biases.</summary>
    private const float Rebias = 5192296858534827628530496329220096f;

    /// <summary>Bits of the smallest float16 that is no finite number, moved to their places in a float32.</summary>
    private const int NotFinite = 0x7C00 << 13;

    private const int InfiniteExponent = 0x7F800000;

    /// <summary><c>output[i] = input[i]</c>.</summary>
    /// <param name="input">Bits of float16 numbers.</param>
    /// <param name="output">At least as many numbers.</param>
    /// <exception cref="ArgumentException">The output is shorter than the input.</exception>
    public static void Run(ReadOnlySpan<ushort> input, Span<float> output)
    {
        KernelGuard.Holds(output.Length, input.Length, nameof(output));
        if (Avx2.IsSupported)
        {
            RunAvx2(input, output);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output);
        }
        else
        {
            RunScalar(input, output);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar(ReadOnlySpan<ushort> input, Span<float> output)
    {
        for (int at = 0; at < input.Length; at++)
        {
            int magnitude = (input[at] & 0x7FFF) << 13;
            int bits = BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(magnitude) * Rebias);
            bits |= magnitude >= NotFinite ? InfiniteExponent : 0;
            output[at] = BitConverter.Int32BitsToSingle(bits | (input[at] >= 0x8000 ? int.MinValue : 0));
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<ushort> input, Span<float> output)
    {
        int at = 0;
        for (; at <= input.Length - 8; at += 8)
        {
            Vector128<ushort> halves = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(input), (nuint)at);
            Expand(Vector128.WidenLower(halves).AsInt32()).StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)at);
            Expand(Vector128.WidenUpper(halves).AsInt32()).StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)at + 4);
        }

        RunScalar(input[at..], output[at..]);
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<ushort> input, Span<float> output)
    {
        int at = 0;
        for (; at <= input.Length - 8; at += 8)
        {
            Expand256(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(input), (nuint)at)).StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)at);
        }

        RunScalar(input[at..], output[at..]);
    }

    /// <summary>Expands 8 numbers with AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Expand256(Vector128<ushort> input)
    {
        Vector256<int> halves = Avx2.ConvertToVector256Int32(input);
        Vector256<int> magnitudes = Avx2.ShiftLeftLogical(Avx2.And(halves, Vector256.Create(0x7FFF)), 13);
        Vector256<int> signs = Avx2.ShiftLeftLogical(Avx2.And(halves, Vector256.Create(0x8000)), 16);
        Vector256<int> infinite = Avx2.And(Avx2.CompareGreaterThan(magnitudes, Vector256.Create(NotFinite - 1)), Vector256.Create(InfiniteExponent));
        Vector256<int> bits = Avx.Multiply(magnitudes.AsSingle(), Vector256.Create(Rebias)).AsInt32();
        return Avx2.Or(Avx2.Or(bits, infinite), signs).AsSingle();
    }

    /// <summary>Expands 16 numbers with AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Expand512(Vector256<ushort> input)
    {
        Vector512<int> halves = Avx512F.ConvertToVector512Int32(input);
        Vector512<int> magnitudes = Avx512F.ShiftLeftLogical(Avx512F.And(halves, Vector512.Create(0x7FFF)), 13);
        Vector512<int> signs = Avx512F.ShiftLeftLogical(Avx512F.And(halves, Vector512.Create(0x8000)), 16);
        Vector512<int> infinite = Avx512F.And(Vector512.GreaterThan(magnitudes, Vector512.Create(NotFinite - 1)), Vector512.Create(InfiniteExponent));
        Vector512<int> bits = Avx512F.Multiply(magnitudes.AsSingle(), Vector512.Create(Rebias)).AsInt32();
        return Avx512F.Or(Avx512F.Or(bits, infinite), signs).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Expand(Vector128<int> halves)
    {
        Vector128<int> magnitudes = Vector128.ShiftLeft(halves & Vector128.Create(0x7FFF), 13);
        Vector128<int> signs = Vector128.ShiftLeft(halves & Vector128.Create(0x8000), 16);
        Vector128<int> infinite = Vector128.GreaterThan(magnitudes, Vector128.Create(NotFinite - 1)) & Vector128.Create(InfiniteExponent);
        Vector128<int> bits = (magnitudes.AsSingle() * Vector128.Create(Rebias)).AsInt32();
        return (bits | infinite | signs).AsSingle();
    }
}
