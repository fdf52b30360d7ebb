using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Float32 layers whose weights are stored in fewer bits. They are expanded a panel at a time into a scratch buffer that stays in the cache, and
/// <see cref="Conv2DFloat32"/> does the rest: the results are the bits of the float32 layer with the weights that the stored ones stand for.
/// </summary>
internal static partial class StoredWeightLayer
{
    private const int BlockChannels = Conv2DFloat32.BlockChannels;

    /// <summary>Blocks of output channels in a panel, as many as <see cref="Conv2DFloat32"/> takes at a time.</summary>
    private const int PanelBlocks = 8;

    /// <summary>How weights are stored.</summary>
    /// <typeparam name="T">What one is stored as.</typeparam>
    internal interface IFormat<T>
        where T : unmanaged
    {
        /// <summary>Expands weights of 16 output channels, <c>[terms][16]</c>, and what belongs to these channels.</summary>
        static abstract void Expand(ReadOnlySpan<T> weights, ReadOnlySpan<float> scales, Span<float> output);

        /// <summary>Expands 8 weights, with AVX2.</summary>
        static abstract Vector256<float> Expand256(ref T weights, nint at, Vector256<float> scales);

        /// <summary>Expands 16 weights, with AVX-512.</summary>
        static abstract Vector512<float> Expand512(ref T weights, nint at, Vector512<float> scales);
    }

    /// <summary>int8 and a scale an output channel.</summary>
    internal readonly struct Int8 : IFormat<sbyte>
    {
        public static void Expand(ReadOnlySpan<sbyte> weights, ReadOnlySpan<float> scales, Span<float> output) =>
            ExpandInt8.Dispatch(weights, scales, output, weights.Length / BlockChannels, BlockChannels);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Expand256(ref sbyte weights, nint at, Vector256<float> scales)
        {
            Vector128<sbyte> bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(ref Unsafe.As<sbyte, byte>(ref Unsafe.Add(ref weights, at)))).AsSByte();
            return Avx.Multiply(Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(bytes)), scales);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Expand512(ref sbyte weights, nint at, Vector512<float> scales) => Avx512F.Multiply(
            Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref weights, (nuint)at))), scales);
    }

    /// <summary>float16.</summary>
    internal readonly struct Float16 : IFormat<ushort>
    {
        public static void Expand(ReadOnlySpan<ushort> weights, ReadOnlySpan<float> scales, Span<float> output) => ExpandFloat16.Run(weights, output);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Expand256(ref ushort weights, nint at, Vector256<float> scales) => ExpandFloat16.Expand256(Vector128.LoadUnsafe(ref weights, (nuint)at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Expand512(ref ushort weights, nint at, Vector512<float> scales) => ExpandFloat16.Expand512(Vector256.LoadUnsafe(ref weights, (nuint)at));
    }

    /// <summary>What may be written of a scratch buffer, behind which other tensors may lie.</summary>
    internal static Span<float> Writable(Span<float> scratch, int length)
    {
        ConvolutionExtents.Positive(length, "scratchLength");
        KernelGuard.Holds(scratch.Length, length, nameof(scratch));
        return scratch[..length];
    }

    /// <summary>Convolves.</summary>
    /// <param name="layer">All but the weights.</param>
    /// <param name="weights">As <see cref="Conv2DFloat32"/> has them.</param>
    /// <param name="scales">One an output channel, padded like the bias; empty where the format has none.</param>
    /// <param name="scratch">Room for the weights of 16 output channels, better of 128; for a single row of inputs any multiple of 128 will do.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    internal static void Run<T, TFormat>(in Conv2DFloat32.Arguments layer, ReadOnlySpan<T> weights, ReadOnlySpan<float> scales, Span<float> scratch)
        where T : unmanaged
        where TFormat : struct, IFormat<T>
    {
        Conv2DFloat32.CheckAround(layer);
        long terms = (long)layer.RunOffsets.Length * layer.RunLength;
        KernelGuard.Holds(weights.Length, (long)layer.Groups * layer.Blocks * BlockChannels * terms, nameof(weights));
        bool isRow = IsRow(layer);
        KernelGuard.Holds(scratch.Length, isRow ? PanelBlocks * BlockChannels : terms * BlockChannels, nameof(scratch));
        int most = isRow ? PanelBlocks : (int)Math.Min(PanelBlocks, scratch.Length / (terms * BlockChannels));
        for (int group = 0; group < layer.Groups; group++)
        {
            for (int block = 0; block < layer.Blocks; block += most)
            {
                int blocks = Math.Min(most, layer.Blocks - block);
                int first = ((group * layer.Blocks) + block) * BlockChannels;
                ReadOnlySpan<T> panel = weights.Slice((int)(first * terms), (int)(blocks * terms) * BlockChannels);
                ReadOnlySpan<float> panelScales = scales.IsEmpty ? scales : scales.Slice(first, blocks * BlockChannels);
                Conv2DFloat32.Arguments part = Panel(layer, group, block, blocks);
                if (isRow && TryRunRow<T, TFormat>(part, panel, panelScales))
                {
                    continue;
                }

                if (isRow)
                {
                    RunRow<T, TFormat>(part, panel, panelScales, scratch);
                }
                else
                {
                    Expand<T, TFormat>(panel, panelScales, scratch, blocks, 0, (int)terms);
                    Conv2DFloat32.Dispatch(WithWeights(part, scratch));
                }
            }
        }
    }

    // One pixel, one run: what a fully connected layer of one row is.
    private static bool IsRow(in Conv2DFloat32.Arguments layer) =>
        layer.RunOffsets.Length == 1 && layer.Geometry is { Batches: 1, OutputHeight: 1, OutputWidth: 1 };

    private static Conv2DFloat32.Arguments Panel(in Conv2DFloat32.Arguments layer, int group, int block, int blocks)
    {
        int channel = block * BlockChannels;
        return new Conv2DFloat32.Arguments(
            layer.Input[(group * layer.InputChannels)..],
            default,
            layer.Bias.Slice((((group * layer.Blocks) + block) * BlockChannels), blocks * BlockChannels),
            layer.Output[((group * layer.OutputChannels) + channel)..],
            layer.RunOffsets,
            layer.Geometry,
            layer.RunLength,
            1,
            layer.InputChannels,
            Math.Min(blocks * BlockChannels, layer.OutputChannels - channel),
            layer.Minimum,
            layer.Maximum);
    }

    private static Conv2DFloat32.Arguments WithWeights(in Conv2DFloat32.Arguments part, ReadOnlySpan<float> weights) => new(
        part.Input, weights, part.Bias, part.Output, part.RunOffsets, part.Geometry, part.RunLength, 1, part.InputChannels, part.OutputChannels, part.Minimum, part.Maximum);

    /// <summary>
    /// The same on any processor: the weights of a row, a few terms at a time, never leave the first cache. The chain so far is where the next chunk of
    /// its stretch begins.
    /// </summary>
    internal static void RunRow<T, TFormat>(in Conv2DFloat32.Arguments part, ReadOnlySpan<T> weights, ReadOnlySpan<float> scales, Span<float> scratch)
        where T : unmanaged
        where TFormat : struct, IFormat<T>
    {
        Span<float> sums = stackalloc float[PanelBlocks * BlockChannels];
        Span<float> chain = stackalloc float[PanelBlocks * BlockChannels];
        sums.Fill(ProductSum.Nothing);
        part.Bias.CopyTo(chain);
        ReadOnlySpan<int> origin = [0];
        int terms = part.RunLength;
        int chunk = scratch.Length / (part.Blocks * BlockChannels);
        for (int first = 0, count; first < terms; first += count)
        {
            int within = first % ProductSum.Stretch;
            count = Math.Min(Math.Min(chunk, ProductSum.Stretch - within), terms - first);
            Expand<T, TFormat>(weights, scales, scratch, part.Blocks, first, count);
            Conv2DFloat32.Dispatch(new Conv2DFloat32.Arguments(
                part.Input[(part.RunOffsets[0] + first)..],
                scratch,
                chain,
                chain,
                origin,
                part.Geometry,
                count,
                1,
                count,
                part.OutputChannels,
                float.NegativeInfinity,
                float.PositiveInfinity));
            if (within + count == ProductSum.Stretch || first + count == terms)
            {
                AddStretch(chain, sums);
            }
        }

        WriteRow(part, sums);
    }

    private static void AddStretch(Span<float> chain, Span<float> sums)
    {
        for (int channel = 0; channel < sums.Length; channel++)
        {
            sums[channel] += chain[channel];
        }

        chain.Clear();
    }

    private static void Expand<T, TFormat>(ReadOnlySpan<T> panel, ReadOnlySpan<float> scales, Span<float> scratch, int blocks, int first, int count)
        where T : unmanaged
        where TFormat : struct, IFormat<T>
    {
        int terms = panel.Length / (blocks * BlockChannels);
        for (int block = 0; block < blocks; block++)
        {
            TFormat.Expand(
                panel.Slice(((block * terms) + first) * BlockChannels, count * BlockChannels),
                scales.IsEmpty ? scales : scales.Slice(block * BlockChannels, BlockChannels),
                scratch.Slice(block * count * BlockChannels, count * BlockChannels));
        }
    }
}
