using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    /// <summary>Blocks of output channels that share packed activations.</summary>
    private const int PanelBlocks = 8;

    /// <summary>Distance between the accumulators of two rows of a tile.</summary>
    internal const int PanelChannels = PanelBlocks * BlockChannels;

    /// <summary>Inputs packed at a time: a tile of packed activations stays in the first-level cache.</summary>
    private const int ChunkInputs = 512;

    /// <summary>What an instruction set contributes to <see cref="RunTiled{TTile}"/>. A row is an output pixel.</summary>
    internal interface ITile
    {
        /// <summary>Rows of a full tile.</summary>
        static abstract int Rows { get; }

        /// <summary>
        /// Adds the products of rows × blocks × inputs to <c>start</c>, whose rows are <c>startStride</c> apart; rows of the sums
        /// are <see cref="PanelChannels"/> apart.
        /// </summary>
        static abstract void Multiply(
            ref float activations, nint rowStride, ref float weights, nint blockStride, nint inputs,
            ref float start, nint startStride, ref float sums, int rows, int blocks);

        /// <summary>Clamps a row's sums, a multiple of 16, into the output.</summary>
        static abstract void Clamp(ref float sums, ref float output, int channels, float minimum, float maximum);
    }

    /// <summary>
    /// The loops around the tiles. Output pixels are one flat sequence, cut into tiles of rows; the activations of a tile are gathered
    /// once for a panel of up to 8 blocks of channels.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunTiled<TTile>(in Arguments arguments)
        where TTile : struct, ITile
    {
        int inputs = arguments.RunOffsets.Length * arguments.RunLength;

        // The 16 elements keep rows from falling on the same cache sets.
        int rowStride = Math.Min(inputs, ChunkInputs) + 16;
        bool direct = arguments.RunOffsets.Length == 1 && ConvolutionExtents.IsUniform(arguments.Geometry);
        Span<float> packed = stackalloc float[direct ? 0 : TTile.Rows * rowStride];
        Span<float> sums = stackalloc float[TTile.Rows * PanelChannels];
        for (int group = 0; group < arguments.Groups; group++)
        {
            for (int block = 0; block < arguments.Blocks; block += PanelBlocks)
            {
                RunPanel<TTile>(arguments, group, block, packed, rowStride, sums);
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunPanel<TTile>(in Arguments arguments, int group, int block, Span<float> packed, int rowStride, Span<float> sums)
        where TTile : struct, ITile
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int inputs = arguments.RunOffsets.Length * arguments.RunLength;
        int blocks = Math.Min(PanelBlocks, arguments.Blocks - block);
        int firstBlock = (group * arguments.Blocks) + block;
        nint blockStride = (nint)inputs * BlockChannels;
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), firstBlock * blockStride);
        ref float bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), firstBlock * BlockChannels);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), group * arguments.InputChannels);
        var source = new PixelCursor(geometry);
        var target = new PixelCursor(geometry);
        int pixels = geometry.Batches * geometry.OutputHeight * geometry.OutputWidth;
        for (int pixel = 0; pixel < pixels; pixel += TTile.Rows)
        {
            int rows = Math.Min(TTile.Rows, pixels - pixel);
            if (packed.IsEmpty)
            {
                ref float window = ref Unsafe.Add(ref input, ((nint)pixel * geometry.InputPixelStep) + arguments.RunOffsets[0]);
                TTile.Multiply(
                    ref window, geometry.InputPixelStep, ref weights, blockStride, inputs,
                    ref bias, 0, ref MemoryMarshal.GetReference(sums), rows, blocks);
            }
            else
            {
                MultiplyPacked<TTile>(arguments, ref input, ref source, ref weights, ref bias, packed, rowStride, sums, rows, blocks);
            }

            Write<TTile>(arguments, group, block, blocks, ref target, sums, rows);
        }
    }

    /// <summary>Gathers and multiplies a tile, a chunk of inputs at a time.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyPacked<TTile>(
        in Arguments arguments,
        ref float input,
        ref PixelCursor source,
        ref float weights,
        ref float bias,
        Span<float> packed,
        int rowStride,
        Span<float> sums,
        int rows,
        int blocks)
        where TTile : struct, ITile
    {
        int inputs = arguments.RunOffsets.Length * arguments.RunLength;
        PixelCursor next = source;
        for (int first = 0; first < inputs; first += ChunkInputs)
        {
            int count = Math.Min(ChunkInputs, inputs - first);
            next = source;
            for (int row = 0; row < rows; row++)
            {
                PackRow(arguments, ref Unsafe.Add(ref input, next.Input), first, packed.Slice(row * rowStride, count));
                next.MoveNext();
            }

            // The first chunk begins at the bias, the others where the one before ended.
            ref float start = ref first == 0 ? ref bias : ref MemoryMarshal.GetReference(sums);
            TTile.Multiply(
                ref MemoryMarshal.GetReference(packed), rowStride, ref Unsafe.Add(ref weights, (nint)first * BlockChannels), (nint)inputs * BlockChannels, count,
                ref start, first == 0 ? 0 : PanelChannels, ref MemoryMarshal.GetReference(sums), rows, blocks);
        }

        source = next;
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void PackRow(in Arguments arguments, ref float window, int first, Span<float> destination)
    {
        int run = first / arguments.RunLength;
        int within = first - (run * arguments.RunLength);
        while (destination.Length > 0)
        {
            int length = Math.Min(destination.Length, arguments.RunLength - within);
            ref float source = ref Unsafe.Add(ref window, arguments.RunOffsets[run] + within);
            MemoryMarshal.CreateReadOnlySpan(ref source, length).CopyTo(destination);
            destination = destination.Slice(length);
            within = 0;
            run++;
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Write<TTile>(in Arguments arguments, int group, int block, int blocks, ref PixelCursor target, Span<float> sums, int rows)
        where TTile : struct, ITile
    {
        int channels = Math.Min(blocks * BlockChannels, arguments.OutputChannels - (block * BlockChannels));
        int full = channels - (channels % BlockChannels);
        for (int row = 0; row < rows; row++)
        {
            int at = target.Output + (group * arguments.OutputChannels) + (block * BlockChannels);
            Span<float> rowSums = sums.Slice(row * PanelChannels, channels);
            TTile.Clamp(
                ref MemoryMarshal.GetReference(rowSums), ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), at),
                full, arguments.Minimum, arguments.Maximum);
            for (int channel = full; channel < channels; channel++)
            {
                arguments.Output[at + channel] = FloatRange.Clamp(rowSums[channel], arguments.Minimum, arguments.Maximum);
            }

            target.MoveNext();
        }
    }
}
