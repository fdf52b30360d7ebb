using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// A single pixel, as fully connected layers have for one example: each weight is used once, so that nothing done to weights is shared.
/// Products of the activations' lower 7 bits are summed in pairs without leaving int16, and then widened; the eighth bits are a second product,
/// of those quads that have one. Where most have one, activations are split into 6 bits and 2 instead, whose products can wait longer to be widened.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>The most quads of a single pixel, whose order is kept on the stack.</summary>
    private const int PixelQuads = 1024;

    /// <summary>The fewest products of a single pixel: below, finding the eighth bits takes longer than it saves, and much longer to compile.</summary>
    private const int LeastPixelWork = 1024;

    /// <summary>Quads whose eighth bits are looked at after their lower ones: int16 holds 127 sums of −256…256 a pair, and the first cache their weights.</summary>
    private const int ChunkedQuads = 64;

    /// <summary>Quads whose lowest 2 bits' products, −768…768 a pair, int16 holds; even.</summary>
    private const int SplitQuads = 42;

    /// <summary>Blocks of channels that share the activations that are read.</summary>
    private const int PixelBlocks = 4;

    /// <summary>Whether there is one pixel, whose window is one run.</summary>
    private static bool IsPixel(in Arguments arguments) =>
        arguments.Geometry is { Batches: 1, OutputHeight: 1, OutputWidth: 1 }
        && arguments.RunOffsets.Length == 1 && arguments.Groups == 1 && IsPixel(arguments.RunLength, arguments.OutputChannels);

    /// <summary>Whether a run is short enough for <see cref="RunAvx512Pixel"/>, and there is enough to do for another path to be worth compiling.</summary>
    internal static bool IsPixel(int runLength, int channels) => runLength <= 4 * PixelQuads && (long)runLength * channels >= LeastPixelWork;

    /// <summary>Whether <see cref="RunAvx512SmallPixel"/> is for it: what ends most small networks.</summary>
    internal static bool IsSmallPixel(int runLength, int channels) => (long)runLength * channels < LeastPixelWork;

    /// <summary>Multiplies a run of inputs by blocks of weights, one block after the other: little to compile; the spans were checked.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512SmallPixel<TRequantizer>(
        ref byte input, ref sbyte weights, ref int bias, ref int multipliers, ref byte output, int runLength, int channels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        Vector512<int> sums = default;
        Vector128<byte> quantised = default;
        int offset = 0;
        for (int channel = 0; channel < channels; channel += BlockChannels)
        {
            Vector512<int> sum = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref bias, channel));
            for (int at = 0; at < runLength; at += 4)
            {
                Vector512<int> quad = Vector512.Create(Unsafe.As<byte, int>(ref Unsafe.Add(ref input, at)));
                Vector512<short> words = Unsafe.As<Vector512<int>, Vector512<short>>(ref quad);
                Vector512<short> even = Avx512BW.ShiftRightLogical(Avx512BW.ShiftLeftLogical(words, 8), 8), odd = Avx512BW.ShiftRightLogical(words, 8);
                sum = Avx512F.Add(sum, Avx512Tile.Dot(even, ByteWeights.Even(ref weights), odd, ByteWeights.Odd(ref weights)));
                weights = ref Unsafe.Add(ref weights, QuadWeights);
            }

            // What other layers have compiled: it writes 16 bytes, which the output need not have.
            sums = sum;
            TRequantizer.Avx512Rows(
                ref Unsafe.As<Vector512<int>, int>(ref sums), 0, ref Unsafe.Add(ref multipliers, channel), ref Unsafe.As<Vector128<byte>, byte>(ref quantised), ref offset, 1, target);
            for (int lane = 0; lane < BlockChannels && channel + lane < channels; lane++)
            {
                Unsafe.Add(ref output, channel + lane) = Unsafe.Add(ref Unsafe.As<Vector128<byte>, byte>(ref quantised), lane);
            }
        }
    }

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
        bool splits = quads % 2 == 0 && HasManyHigh(ref input, quads);
        bool hasRest = (channels - 1) % (PixelBlocks * BlockChannels) < (PixelBlocks - 1) * BlockChannels;
        Span<int> high = splits && !hasRest ? default : order.Slice(0, FindHigh(ref input, order));
        ref int panel = ref MemoryMarshal.GetReference(sums);
        for (int channel = 0; channel < channels; channel += PanelChannels)
        {
            int count = Math.Min(PanelChannels, channels - channel);
            nint at = 0;
            for (; at <= count - ((PixelBlocks - 1) * BlockChannels) - 1; at += PixelBlocks * BlockChannels)
            {
                if (splits)
                {
                    SplitFour(ref input, quads, ref weights, blockBytes, ref Unsafe.Add(ref bias, channel + at), ref Unsafe.Add(ref panel, at));
                }
                else
                {
                    MultiplyFour(ref input, quads, high, ref weights, blockBytes, ref Unsafe.Add(ref bias, channel + at), ref Unsafe.Add(ref panel, at));
                }

                weights = ref Unsafe.Add(ref weights, PixelBlocks * blockBytes);
            }

            for (; at < count; at += BlockChannels)
            {
                MultiplyOne(ref input, quads, high, ref weights, ref Unsafe.Add(ref bias, channel + at), ref Unsafe.Add(ref panel, at));
                weights = ref Unsafe.Add(ref weights, blockBytes);
            }

            RequantizePixel<TRequantizer>(ref panel, ref Unsafe.Add(ref multipliers, channel), ref Unsafe.Add(ref output, channel), count, target);
        }
    }

    /// <summary>Whether more than half of the quads have an activation of 128 at least; those behind the last 16 are taken for such that have none.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static bool HasManyHigh(ref byte input, nint quads)
    {
        int high = 0;
        for (nint quad = 0; quad <= quads - 16; quad += 16)
        {
            ulong bits = Vector512.LoadUnsafe(ref input, (nuint)(quad * 4)).ExtractMostSignificantBits();
            bits |= bits >> 1;
            high += BitOperations.PopCount((bits | (bits >> 2)) & 0x1111_1111_1111_1111);
        }

        return 2 * high > quads;
    }

    /// <summary>Finds the quads of which an activation is 128 at least; returns how many they are.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static int FindHigh(ref byte input, Span<int> order)
    {
        ref int first = ref MemoryMarshal.GetReference(order);
        nint high = 0;
        for (nint quad = 0; quad < order.Length; quad++)
        {
            // Written always, kept where the place moves on: no branch depends on the activations.
            Unsafe.Add(ref first, high) = (int)quad;
            high += (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref input, quad * 4)) & 0x80808080) == 0 ? 0 : 1;
        }

        return (int)high;
    }

    /// <summary>Four blocks of 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyFour(ref byte input, nint quads, ReadOnlySpan<int> high, ref sbyte weights, nint blockBytes, ref int bias, ref int sums)
    {
        ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes), weights2 = ref Unsafe.Add(ref weights, 2 * blockBytes), weights3 = ref Unsafe.Add(ref weights, 3 * blockBytes);
        Vector512<int> sum0 = Vector512.LoadUnsafe(ref bias), sum1 = Vector512.LoadUnsafe(ref bias, 16);
        Vector512<int> sum2 = Vector512.LoadUnsafe(ref bias, 32), sum3 = Vector512.LoadUnsafe(ref bias, 48);
        int next = 0;
        for (nint chunk = 0; chunk < quads; chunk += ChunkedQuads)
        {
            nint end = Math.Min(chunk + ChunkedQuads, quads);
            for (nint quad = chunk; quad < end; quad++)
            {
                Vector512<byte> activations = LowBits(Activations(ref input, quad), 7);
                sum0 += Widen(Pairs(activations, Weights(ref weights, quad)), 1);
                sum1 += Widen(Pairs(activations, Weights(ref weights1, quad)), 1);
                sum2 += Widen(Pairs(activations, Weights(ref weights2, quad)), 1);
                sum3 += Widen(Pairs(activations, Weights(ref weights3, quad)), 1);
            }

            Vector512<short> pairs0 = default, pairs1 = default, pairs2 = default, pairs3 = default;
            for (; next < high.Length && high[next] < end; next++)
            {
                nint quad = high[next];
                Vector512<byte> activations = EighthBits(Activations(ref input, quad));
                pairs0 += Pairs(activations, Weights(ref weights, quad));
                pairs1 += Pairs(activations, Weights(ref weights1, quad));
                pairs2 += Pairs(activations, Weights(ref weights2, quad));
                pairs3 += Pairs(activations, Weights(ref weights3, quad));
            }

            sum0 += Widen(pairs0, 1 << 7);
            sum1 += Widen(pairs1, 1 << 7);
            sum2 += Widen(pairs2, 1 << 7);
            sum3 += Widen(pairs3, 1 << 7);
        }

        sum0.StoreUnsafe(ref sums);
        sum1.StoreUnsafe(ref sums, 16);
        sum2.StoreUnsafe(ref sums, 32);
        sum3.StoreUnsafe(ref sums, 48);
    }

    /// <summary>Four blocks of 16 channels whatever the activations, two quads at a time: the products of both upper 6 bits are widened together.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void SplitFour(ref byte input, nint quads, ref sbyte weights, nint blockBytes, ref int bias, ref int sums)
    {
        ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes), weights2 = ref Unsafe.Add(ref weights, 2 * blockBytes), weights3 = ref Unsafe.Add(ref weights, 3 * blockBytes);
        Vector512<int> sum0 = Vector512.LoadUnsafe(ref bias), sum1 = Vector512.LoadUnsafe(ref bias, 16);
        Vector512<int> sum2 = Vector512.LoadUnsafe(ref bias, 32), sum3 = Vector512.LoadUnsafe(ref bias, 48);
        for (nint chunk = 0; chunk < quads; chunk += SplitQuads)
        {
            Vector512<short> pairs0 = default, pairs1 = default, pairs2 = default, pairs3 = default;
            nint end = Math.Min(chunk + SplitQuads, quads);
            for (nint quad = chunk; quad < end; quad += 2)
            {
                Vector512<byte> even = Activations(ref input, quad), odd = Activations(ref input, quad + 1);
                Vector512<byte> evenHigh = UpperBits(even), oddHigh = UpperBits(odd);
                even = LowBits(even, 2);
                odd = LowBits(odd, 2);
                AddSplit(ref sum0, ref pairs0, even, evenHigh, Weights(ref weights, quad), odd, oddHigh, Weights(ref weights, quad + 1));
                AddSplit(ref sum1, ref pairs1, even, evenHigh, Weights(ref weights1, quad), odd, oddHigh, Weights(ref weights1, quad + 1));
                AddSplit(ref sum2, ref pairs2, even, evenHigh, Weights(ref weights2, quad), odd, oddHigh, Weights(ref weights2, quad + 1));
                AddSplit(ref sum3, ref pairs3, even, evenHigh, Weights(ref weights3, quad), odd, oddHigh, Weights(ref weights3, quad + 1));
            }

            sum0 += Widen(pairs0, 1);
            sum1 += Widen(pairs1, 1);
            sum2 += Widen(pairs2, 1);
            sum3 += Widen(pairs3, 1);
        }

        sum0.StoreUnsafe(ref sums);
        sum1.StoreUnsafe(ref sums, 16);
        sum2.StoreUnsafe(ref sums, 32);
        sum3.StoreUnsafe(ref sums, 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSplit(
        ref Vector512<int> sum, ref Vector512<short> pairs, Vector512<byte> even, Vector512<byte> evenHigh, Vector512<sbyte> evenWeights,
        Vector512<byte> odd, Vector512<byte> oddHigh, Vector512<sbyte> oddWeights)
    {
        sum += Widen(Pairs(evenHigh, evenWeights) + Pairs(oddHigh, oddWeights), 1 << 2);
        pairs = pairs + Pairs(even, evenWeights) + Pairs(odd, oddWeights);
    }

    /// <summary>One block of 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyOne(ref byte input, nint quads, ReadOnlySpan<int> high, ref sbyte weights, ref int bias, ref int sums)
    {
        Vector512<int> sum = Vector512.LoadUnsafe(ref bias);
        int next = 0;
        for (nint chunk = 0; chunk < quads; chunk += ChunkedQuads)
        {
            nint end = Math.Min(chunk + ChunkedQuads, quads);
            for (nint quad = chunk; quad < end; quad++)
            {
                sum += Widen(Pairs(LowBits(Activations(ref input, quad), 7), Weights(ref weights, quad)), 1);
            }

            Vector512<short> pairs = default;
            for (; next < high.Length && high[next] < end; next++)
            {
                pairs += Pairs(EighthBits(Activations(ref input, high[next])), Weights(ref weights, high[next]));
            }

            sum += Widen(pairs, 1 << 7);
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

    /// <summary>The lower bits of each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> LowBits(Vector512<byte> activations, byte count) => Avx512F.And(activations, Vector512.Create((byte)((1 << count) - 1)));

    /// <summary>The eighth bit of each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> EighthBits(Vector512<byte> activations) =>
        Avx512F.And(Avx512BW.ShiftRightLogical(activations.AsInt16(), 7).AsByte(), Vector512<byte>.One);

    /// <summary>The upper 6 bits of each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> UpperBits(Vector512<byte> activations) =>
        Avx512F.And(Avx512BW.ShiftRightLogical(activations.AsInt16(), 2).AsByte(), Vector512.Create((byte)0x3F));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<byte> activations, Vector512<sbyte> weights) => Avx512BW.MultiplyAddAdjacent(activations, weights);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector512<short> pairs, short factor) => Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Create(factor));
}
