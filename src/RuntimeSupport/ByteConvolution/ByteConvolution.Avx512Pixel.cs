using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// A single pixel, as fully connected layers have for one example: each weight is used once, so that nothing done to weights is shared.
/// Products of the activations' lower 7 bits are summed in pairs without leaving int16, and then widened; the eighth bits are a second product,
/// of those quads that have one.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>The most quads of a single pixel, whose order is kept on the stack.</summary>
    private const int PixelQuads = 1024;

    /// <summary>The fewest products of a single pixel: below, the tiles that other layers have compiled already do as well.</summary>
    private const int LeastPixelWork = 1024;

    /// <summary>Quads whose eighth bits' products, −256…256 a pair, int16 holds.</summary>
    private const int HighQuads = 127;

    /// <summary>Blocks of channels that share the activations that are read.</summary>
    private const int PixelBlocks = 4;

    /// <summary>Whether there is one pixel, whose window is one run.</summary>
    private static bool IsPixel(in Arguments arguments) =>
        arguments.Geometry is { Batches: 1, OutputHeight: 1, OutputWidth: 1 }
        && arguments.RunOffsets.Length == 1 && arguments.Groups == 1 && IsPixel(arguments.RunLength, arguments.OutputChannels);

    /// <summary>Whether a run is short enough for <see cref="RunAvx512Pixel"/>, and there is enough to do for another path to be worth compiling.</summary>
    internal static bool IsPixel(int runLength, int channels) => runLength <= 4 * PixelQuads && (long)runLength * channels >= LeastPixelWork;

    /// <summary>Multiplies a run of inputs by blocks of weights; the spans were checked.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512Pixel<TRequantizer>(
        ref byte input, ref sbyte weights, ref int bias, ref int multipliers, ref byte output, int runLength, int channels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        int quads = (runLength + 3) / 4;
        nint blockBytes = (nint)quads * QuadWeights;
        Span<int> order = stackalloc int[quads];
        Span<int> sums = stackalloc int[PanelChannels];
        int lows = Partition(ref input, order);
        ReadOnlySpan<int> low = order.Slice(0, lows), high = order.Slice(lows);
        ref int panel = ref MemoryMarshal.GetReference(sums);
        for (int channel = 0; channel < channels; channel += PanelChannels)
        {
            int count = Math.Min(PanelChannels, channels - channel);
            nint at = 0;
            for (; at <= count - ((PixelBlocks - 1) * BlockChannels) - 1; at += PixelBlocks * BlockChannels)
            {
                MultiplyFour(ref input, low, high, ref weights, blockBytes, ref Unsafe.Add(ref bias, channel + at), ref Unsafe.Add(ref panel, at));
                weights = ref Unsafe.Add(ref weights, PixelBlocks * blockBytes);
            }

            for (; at < count; at += BlockChannels)
            {
                MultiplyOne(ref input, low, high, ref weights, ref Unsafe.Add(ref bias, channel + at), ref Unsafe.Add(ref panel, at));
                weights = ref Unsafe.Add(ref weights, blockBytes);
            }

            RequantizePixel<TRequantizer>(ref panel, ref Unsafe.Add(ref multipliers, channel), ref Unsafe.Add(ref output, channel), count, target);
        }
    }

    /// <summary>Puts the quads whose activations are all below 128 first and the others, in reverse, behind them; returns how many the first are.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static int Partition(ref byte input, Span<int> order)
    {
        ref int first = ref MemoryMarshal.GetReference(order);
        nint low = 0;
        for (nint quad = 0; quad < order.Length; quad++)
        {
            // Written to both ends, kept at the one that moves: no branch depends on the activations.
            Unsafe.Add(ref first, low) = (int)quad;
            Unsafe.Add(ref first, order.Length - 1 - (quad - low)) = (int)quad;
            low += (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref input, quad * 4)) & 0x80808080) == 0 ? 1 : 0;
        }

        return (int)low;
    }

    /// <summary>Four blocks of 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyFour(ref byte input, ReadOnlySpan<int> low, ReadOnlySpan<int> high, ref sbyte weights, nint blockBytes, ref int bias, ref int sums)
    {
        ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes), weights2 = ref Unsafe.Add(ref weights, 2 * blockBytes), weights3 = ref Unsafe.Add(ref weights, 3 * blockBytes);
        Vector512<int> sum0 = Vector512.LoadUnsafe(ref bias), sum1 = Vector512.LoadUnsafe(ref bias, 16);
        Vector512<int> sum2 = Vector512.LoadUnsafe(ref bias, 32), sum3 = Vector512.LoadUnsafe(ref bias, 48);
        foreach (int quad in low)
        {
            Vector512<byte> activations = Activations(ref input, quad);
            sum0 += Widen(Pairs(activations, Weights(ref weights, quad)), 1);
            sum1 += Widen(Pairs(activations, Weights(ref weights1, quad)), 1);
            sum2 += Widen(Pairs(activations, Weights(ref weights2, quad)), 1);
            sum3 += Widen(Pairs(activations, Weights(ref weights3, quad)), 1);
        }

        for (int first = 0; first < high.Length; first += HighQuads)
        {
            Vector512<short> pairs0 = default, pairs1 = default, pairs2 = default, pairs3 = default;
            foreach (int quad in high.Slice(first, Math.Min(HighQuads, high.Length - first)))
            {
                Vector512<byte> activations = Activations(ref input, quad), lowBits = LowBits(activations), highBits = HighBits(activations);
                Vector512<sbyte> both = Weights(ref weights, quad);
                sum0 += Widen(Pairs(lowBits, both), 1);
                pairs0 += Pairs(highBits, both);
                both = Weights(ref weights1, quad);
                sum1 += Widen(Pairs(lowBits, both), 1);
                pairs1 += Pairs(highBits, both);
                both = Weights(ref weights2, quad);
                sum2 += Widen(Pairs(lowBits, both), 1);
                pairs2 += Pairs(highBits, both);
                both = Weights(ref weights3, quad);
                sum3 += Widen(Pairs(lowBits, both), 1);
                pairs3 += Pairs(highBits, both);
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
    private static void MultiplyOne(ref byte input, ReadOnlySpan<int> low, ReadOnlySpan<int> high, ref sbyte weights, ref int bias, ref int sums)
    {
        Vector512<int> sum = Vector512.LoadUnsafe(ref bias);
        foreach (int quad in low)
        {
            sum += Widen(Pairs(Activations(ref input, quad), Weights(ref weights, quad)), 1);
        }

        for (int first = 0; first < high.Length; first += HighQuads)
        {
            Vector512<short> pairs = default;
            foreach (int quad in high.Slice(first, Math.Min(HighQuads, high.Length - first)))
            {
                Vector512<byte> activations = Activations(ref input, quad);
                Vector512<sbyte> both = Weights(ref weights, quad);
                sum += Widen(Pairs(LowBits(activations), both), 1);
                pairs += Pairs(HighBits(activations), both);
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
            Vector128<byte> bytes = Avx512F.ConvertToVector128Byte(quantised);
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
    private static Vector512<byte> Activations(ref byte input, nint quad) => Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref input, quad * 4))).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Weights(ref sbyte weights, nint quad) => Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> LowBits(Vector512<byte> activations) => Avx512F.And(activations, Vector512.Create((byte)0x7F));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> HighBits(Vector512<byte> activations) =>
        Avx512F.And(Avx512BW.ShiftRightLogical(activations.AsInt16(), 7).AsByte(), Vector512<byte>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<byte> activations, Vector512<sbyte> weights) => Avx512BW.MultiplyAddAdjacent(activations, weights);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector512<short> pairs, short factor) => Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Create(factor));
}
