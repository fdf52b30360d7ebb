using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// A single pixel, as fully connected layers have for one example: each weight is used once, so that nothing done to weights is shared.
/// The lower 7 bits of activations by int8 weights leave pairs of products in int16, which needs no step but widening; the eighth bits
/// are a second product, of the few activations that have one.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>The most quads of a single pixel whose eighth bits are noted.</summary>
    private const int PixelQuads = 1024;

    /// <summary>Quads whose eighth bits' products, −256…256 a pair, int16 holds.</summary>
    private const int HighQuads = 127;

    /// <summary>Blocks of channels that share the activations that are read.</summary>
    private const int PixelBlocks = 4;

    private static bool IsPixel(in Arguments arguments) =>
        arguments.Geometry is { Batches: 1, OutputHeight: 1, OutputWidth: 1 }
        && arguments.RunOffsets.Length == 1 && arguments.Groups == 1 && arguments.QuadsPerRun <= PixelQuads;

    [MethodImpl(KernelOptions.Hot)]
    private static void RunAvx512Pixel<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int quads = arguments.QuadsPerRun, blocks = arguments.Blocks;
        nint blockBytes = (nint)quads * QuadWeights;
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), arguments.RunOffsets[0]);
        Span<int> noted = stackalloc int[quads];
        Span<int> sums = stackalloc int[PanelChannels];
        ReadOnlySpan<int> high = noted.Slice(0, FindHigh(ref input, noted));
        for (int block = 0; block < blocks; block += PanelBlocks)
        {
            int count = Math.Min(PanelBlocks, blocks - block), at = 0;
            ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), block * blockBytes);
            ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), block * BlockChannels);
            ref int panel = ref MemoryMarshal.GetReference(sums);
            for (; at <= count - PixelBlocks; at += PixelBlocks)
            {
                MultiplyFour(ref input, quads, high, ref Unsafe.Add(ref weights, at * blockBytes), blockBytes, ref Unsafe.Add(ref bias, at * BlockChannels), ref Unsafe.Add(ref panel, at * BlockChannels));
            }

            for (; at < count; at++)
            {
                MultiplyOne(ref input, quads, high, ref Unsafe.Add(ref weights, at * blockBytes), ref Unsafe.Add(ref bias, at * BlockChannels), ref Unsafe.Add(ref panel, at * BlockChannels));
            }

            RequantizePixel<TRequantizer>(
                ref panel,
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), block * BlockChannels),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), block * BlockChannels),
                Math.Min(count * BlockChannels, arguments.OutputChannels - (block * BlockChannels)),
                arguments.Target);
        }
    }

    /// <summary>Notes where quads begin that have an activation of 128 or more, and returns how many there are.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static int FindHigh(ref byte input, Span<int> noted)
    {
        ref int first = ref MemoryMarshal.GetReference(noted);
        nint count = 0;
        for (nint quad = 0; quad < noted.Length; quad++)
        {
            // Written always, kept where the count goes on: no branch depends on the activations.
            Unsafe.Add(ref first, count) = (int)quad;
            count += (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref input, quad * 4)) & 0x80808080) != 0 ? 1 : 0;
        }

        return (int)count;
    }

    /// <summary>Four blocks of 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyFour(ref byte input, nint quads, ReadOnlySpan<int> high, ref sbyte weights, nint blockBytes, ref int bias, ref int sums)
    {
        ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes), weights2 = ref Unsafe.Add(ref weights, 2 * blockBytes), weights3 = ref Unsafe.Add(ref weights, 3 * blockBytes);
        Vector512<int> sum0 = Vector512.LoadUnsafe(ref bias), sum1 = Vector512.LoadUnsafe(ref bias, 16);
        Vector512<int> sum2 = Vector512.LoadUnsafe(ref bias, 32), sum3 = Vector512.LoadUnsafe(ref bias, 48);
        for (nint quad = 0; quad < quads; quad++)
        {
            Vector512<byte> activations = LowBits(ref input, quad);
            sum0 += Widen(Pairs(activations, ref weights, quad), 1);
            sum1 += Widen(Pairs(activations, ref weights1, quad), 1);
            sum2 += Widen(Pairs(activations, ref weights2, quad), 1);
            sum3 += Widen(Pairs(activations, ref weights3, quad), 1);
        }

        for (int first = 0; first < high.Length; first += HighQuads)
        {
            Vector512<short> pairs0 = default, pairs1 = default, pairs2 = default, pairs3 = default;
            foreach (int quad in high.Slice(first, Math.Min(HighQuads, high.Length - first)))
            {
                Vector512<byte> activations = HighBits(ref input, quad);
                pairs0 += Pairs(activations, ref weights, quad);
                pairs1 += Pairs(activations, ref weights1, quad);
                pairs2 += Pairs(activations, ref weights2, quad);
                pairs3 += Pairs(activations, ref weights3, quad);
            }

            sum0 += Widen(pairs0, 128);
            sum1 += Widen(pairs1, 128);
            sum2 += Widen(pairs2, 128);
            sum3 += Widen(pairs3, 128);
        }

        sum0.StoreUnsafe(ref sums);
        sum1.StoreUnsafe(ref sums, 16);
        sum2.StoreUnsafe(ref sums, 32);
        sum3.StoreUnsafe(ref sums, 48);
    }

    /// <summary>One block of 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyOne(ref byte input, nint quads, ReadOnlySpan<int> high, ref sbyte weights, ref int bias, ref int sums)
    {
        Vector512<int> sum = Vector512.LoadUnsafe(ref bias);
        for (nint quad = 0; quad < quads; quad++)
        {
            sum += Widen(Pairs(LowBits(ref input, quad), ref weights, quad), 1);
        }

        for (int first = 0; first < high.Length; first += HighQuads)
        {
            Vector512<short> pairs = default;
            foreach (int quad in high.Slice(first, Math.Min(HighQuads, high.Length - first)))
            {
                pairs += Pairs(HighBits(ref input, quad), ref weights, quad);
            }

            sum += Widen(pairs, 128);
        }

        sum.StoreUnsafe(ref sums);
    }

    /// <summary>Quantises the channels of a pixel.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void RequantizePixel<TRequantizer>(ref int sums, ref int multipliers, ref byte output, int channels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        nint shifts = TRequantizer.HasShifts ? target.ShiftDistance : 0;
        for (nint at = 0; at < channels; at += BlockChannels)
        {
            Vector512<int> quantised = TRequantizer.Avx512Integers(
                Vector512.LoadUnsafe(ref sums, (nuint)at), Vector512.LoadUnsafe(ref multipliers, (nuint)at), Vector512.LoadUnsafe(ref multipliers, (nuint)(shifts + at)), target);
            Vector128<byte> bytes = Avx512F.ConvertToVector128Byte(quantised.AsUInt32());
            if (at + BlockChannels <= channels)
            {
                bytes.StoreUnsafe(ref output, (nuint)at);
            }
            else
            {
                StoreFirst(bytes, ref Unsafe.Add(ref output, at), channels - (int)at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> LowBits(ref byte input, nint quad) =>
        Avx512F.And(Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref input, quad * 4))), Vector512.Create(0x7F7F7F7F)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> HighBits(ref byte input, nint quad) =>
        Vector512.Create((Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref input, quad * 4)) >> 7) & 0x01010101).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<byte> activations, ref sbyte weights, nint quad) =>
        Avx512BW.MultiplyAddAdjacent(activations, Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector512<short> pairs, short factor) => Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Create(factor));
}
