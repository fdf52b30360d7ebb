using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// A single pixel, as fully connected layers have for one example: each weight is used once, so that nothing done to weights is shared.
/// Bytes are multiplied as bytes, and two products summed in an int16. Of wide quads, whose weights are too large for that, it is the products of the activations' lower 7 bits,
/// and those of the eighth bits by themselves.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>The most that two weights of one sign may be together for both products to hold in an int16 whatever the activations are: 255 · 128 &lt; 2¹⁵. They are bytes 2p and 2p + 1 of a channel's lane.</summary>
    public const int Int16PairLimit = 128;

    /// <summary>Ends the list of a layer's wide quads.</summary>
    public const int NoMoreWideQuads = int.MaxValue;

    /// <summary>The fewest products of a single pixel: below, this path takes longer to compile than it saves.</summary>
    private const int LeastPixelWork = 1024;

    /// <summary>Wide quads whose eighth bits' products, −256…256 a pair, int16 holds.</summary>
    private const int WaitingQuads = 127;

    /// <summary>Blocks of channels that share the activations that are read, and the list of wide quads.</summary>
    public const int PixelBlocks = 2;

    /// <summary>Whether there is one pixel, whose window is one run.</summary>
    private static bool IsPixel(in Arguments arguments) =>
        arguments.Geometry is { Batches: 1, OutputHeight: 1, OutputWidth: 1 }
        && arguments.RunOffsets.Length == 1 && arguments.Groups == 1 && IsPixel(arguments.RunLength, arguments.OutputChannels);

    /// <summary>Whether there is enough to do for another path to be worth compiling.</summary>
    internal static bool IsPixel(int runLength, int channels) => (long)runLength * channels >= LeastPixelWork;

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

    /// <summary>
    /// Multiplies a run of inputs by blocks of weights; the spans were checked. Wide are quads where two weights exceed <see cref="Int16PairLimit"/>; listed in ascending order is
    /// quad + the run's quads · group, where a group is <see cref="PixelBlocks"/> blocks, and <see cref="NoMoreWideQuads"/> at the end. Without a list, all are.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512Pixel<TRequantizer>(
        ref byte input, ref sbyte weights, ref int bias, ref int multipliers, ref byte output, int runLength, int channels, RequantizationTarget target, ReadOnlySpan<int> wideQuads)
        where TRequantizer : struct, IRequantizer
    {
        int quads = (runLength + 3) / 4, wide = 0;
        nint first = 0;
        for (nint channel = 0; channel < channels; channel += PixelBlocks * BlockChannels, first += quads)
        {
            // A last block without a second is multiplied twice.
            nint second = channel + BlockChannels < channels ? BlockChannels : 0;
            ref sbyte weights1 = ref Unsafe.Add(ref weights, second * 4 * quads);
            Vector512<int> sum0 = Vector512.LoadUnsafe(ref bias, (nuint)channel), sum1 = Vector512.LoadUnsafe(ref bias, (nuint)(channel + second));
            Vector512<short> pairs0 = default, pairs1 = default;
            int waiting = 0;
            for (nint quad = 0; ; quad++)
            {
                nint end = Math.Min(quads, wideQuads.IsEmpty ? quad : wideQuads[wide] - first);
                for (; quad < end; quad++)
                {
                    Vector512<byte> activations = Activations(ref input, quad);
                    sum0 += Widen(Pairs(activations, Weights(ref weights, quad)), 1);
                    sum1 += Widen(Pairs(activations, Weights(ref weights1, quad)), 1);
                }

                if (quad >= quads || waiting == WaitingQuads)
                {
                    sum0 += Widen(pairs0, 1 << 7);
                    sum1 += Widen(pairs1, 1 << 7);
                    if (quad >= quads)
                    {
                        break;
                    }

                    pairs0 = pairs1 = default;
                    waiting = 0;
                }

                Vector512<byte> all = Activations(ref input, quad), low = LowBits(all), high = EighthBits(all);
                AddWide(ref sum0, ref pairs0, low, high, Weights(ref weights, quad));
                AddWide(ref sum1, ref pairs1, low, high, Weights(ref weights1, quad));
                wide++;
                waiting++;
            }

            QuantizePixel<TRequantizer>(sum0, ref Unsafe.Add(ref multipliers, channel), ref Unsafe.Add(ref output, channel), channels - (int)channel, target);
            QuantizePixel<TRequantizer>(sum1, ref Unsafe.Add(ref multipliers, channel + second), ref Unsafe.Add(ref output, channel + second), channels - (int)(channel + second), target);
            weights = ref Unsafe.Add(ref weights1, BlockChannels * 4 * (nint)quads);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWide(ref Vector512<int> sum, ref Vector512<short> pairs, Vector512<byte> low, Vector512<byte> high, Vector512<sbyte> weights)
    {
        sum += Widen(Pairs(low, weights), 1);
        pairs += Pairs(high, weights);
    }

    /// <summary>Quantises a block of channels, of which some are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuantizePixel<TRequantizer>(Vector512<int> sums, ref int multipliers, ref byte output, int channels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        Vector512<int> shifts = TRequantizer.HasShifts ? Vector512.LoadUnsafe(ref multipliers, (nuint)target.ShiftDistance) : default;
        Vector128<byte> bytes = Avx512F.ConvertToVector128Byte(TRequantizer.Avx512Integers(sums, Vector512.LoadUnsafe(ref multipliers), shifts, target));
        if (channels >= BlockChannels)
        {
            bytes.StoreUnsafe(ref output);
        }
        else
        {
            StoreFirst(bytes, ref output, channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Activations(ref byte input, nint quad) => Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref input, quad * 4))).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Weights(ref sbyte weights, nint quad) => Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights));

    /// <summary>The lower 7 bits of each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> LowBits(Vector512<byte> activations) => Avx512F.And(activations, Vector512.Create((byte)0x7F));

    /// <summary>The eighth bit of each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> EighthBits(Vector512<byte> activations) =>
        Avx512F.And(Avx512BW.ShiftRightLogical(activations.AsInt16(), 7).AsByte(), Vector512<byte>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<byte> activations, Vector512<sbyte> weights) => Avx512BW.MultiplyAddAdjacent(activations, weights);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector512<short> pairs, short factor) => Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Create(factor));
}
