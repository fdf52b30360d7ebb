using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>The most quads of a window that is read where it lies.</summary>
    internal const int DirectQuads = 64;

    /// <summary>The most quads of a run that is read where it lies; a longer one is packed many quads at a time.</summary>
    private const int DirectRunQuads = 24;

    /// <summary>What an instruction set contributes to <see cref="RunDirect{TRow, TRequantizer}"/>.</summary>
    internal interface IDirectRow
    {
        /// <summary>Pixels computed together; a row of the output has that many at least.</summary>
        static abstract int Pixels { get; }

        /// <summary>The most quads × blocks for which reading activations again for each block, or few of them, beats packing them once.</summary>
        static abstract int LargestWork { get; }

        /// <summary>Convolves and quantises a row of output pixels, a block of channels or what there is of it.</summary>
        /// <param name="arguments">The whole convolution.</param>
        /// <param name="offsets">Where each quad of inputs begins, from the window's begin.</param>
        /// <param name="weights">The block's weights.</param>
        /// <param name="bias">Start of its sums.</param>
        /// <param name="multipliers">Its multipliers.</param>
        /// <param name="input">The window of the row's first pixel.</param>
        /// <param name="output">The block's channels in the row's first pixel.</param>
        /// <param name="channels">Channels from the block's first to the group's last, at least 1.</param>
        static abstract void Run<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer;
    }

    /// <summary>
    /// Whether packing the activations would cost more than it saves, as in first layers: there are few inputs, in short runs, and few
    /// channels to share what is packed. A narrow row would be computed more than once for the most part.
    /// </summary>
    internal static bool IsDirect<TRow>(in Arguments arguments)
        where TRow : struct, IDirectRow =>
        arguments.Geometry.OutputWidth >= 2 * TRow.Pixels
        && arguments.RunOffsets.Length <= DirectQuads
        && arguments.QuadsPerRun <= Math.Min(DirectRunQuads, DirectQuads / arguments.RunOffsets.Length)
        && arguments.Blocks <= TRow.LargestWork / (arguments.RunOffsets.Length * arguments.QuadsPerRun);

    /// <summary>
    /// Reads activations where they lie and keeps sums in registers until they are quantised. Rows of the output are cut into tiles of
    /// pixels; the last tile is moved back to end with the row, and computes some pixels again.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunDirect<TRow, TRequantizer>(in Arguments arguments)
        where TRow : struct, IDirectRow
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        Span<int> offsets = (stackalloc int[DirectQuads]).Slice(0, arguments.RunOffsets.Length * arguments.QuadsPerRun);
        FindQuads(arguments, offsets);
        for (int group = 0; group < arguments.Groups; group++)
        {
            for (int batch = 0; batch < geometry.Batches; batch++)
            {
                for (int row = 0; row < geometry.OutputHeight; row++)
                {
                    nint input = ((nint)batch * geometry.InputBatchStride) + ((nint)row * geometry.InputRowStep);
                    nint output = ((nint)batch * geometry.OutputBatchStride) + ((nint)row * geometry.OutputRowStride);
                    RunDirectRow<TRow, TRequantizer>(
                        arguments, offsets, group,
                        ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), input + (group * arguments.InputChannels)),
                        ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), output + (group * arguments.OutputChannels)));
                }
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunDirectRow<TRow, TRequantizer>(in Arguments arguments, ReadOnlySpan<int> offsets, int group, ref byte input, ref byte output)
        where TRow : struct, IDirectRow
        where TRequantizer : struct, IRequantizer
    {
        for (int block = 0; block < arguments.Blocks; block++)
        {
            nint index = (group * arguments.Blocks) + block;
            TRow.Run<TRequantizer>(
                arguments,
                offsets,
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), index * offsets.Length * QuadWeights),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), index * BlockChannels),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), index * BlockChannels),
                ref input,
                ref Unsafe.Add(ref output, block * BlockChannels),
                arguments.OutputChannels - (block * BlockChannels));
        }
    }

    /// <summary>Where each quad of a window begins, in the order of the weights.</summary>
    private static void FindQuads(in Arguments arguments, Span<int> offsets)
    {
        int quad = 0;
        foreach (int run in arguments.RunOffsets)
        {
            for (int within = 0; within < arguments.QuadsPerRun; within++)
            {
                offsets[quad++] = run + (within * 4);
            }
        }
    }

    /// <summary>
    /// Copies the first 1…15 bytes of each 16, a pixel's channels, to the output. Partial blocks are stored whole first, and
    /// copied by this method, because a call or a branch among the sums would have them leave their registers.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void CopyPixels(ReadOnlySpan<byte> pixels, ref byte output, nint outputStep, int channels)
    {
        for (int at = 0; at < pixels.Length; at += BlockChannels)
        {
            StoreFirst(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(pixels), (nuint)at), ref output, channels);
            output = ref Unsafe.Add(ref output, outputStep);
        }
    }

    /// <summary>The same for pixels that are anywhere.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void CopyPixels(ReadOnlySpan<byte> pixels, ref byte output, ReadOnlySpan<int> offsets, int channels)
    {
        ref byte from = ref MemoryMarshal.GetReference(pixels);
        for (int pixel = 0; pixel < offsets.Length; pixel++)
        {
            StoreFirst(Vector128.LoadUnsafe(ref from, (nuint)(pixel * BlockChannels)), ref Unsafe.Add(ref output, offsets[pixel]), channels);
        }
    }

    /// <summary>Stores the first 1…15 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFirst(Vector128<byte> bytes, ref byte output, int count)
    {
        ulong rest = bytes.AsUInt64().GetElement(0);
        if ((count & 8) != 0)
        {
            Unsafe.WriteUnaligned(ref output, rest);
            output = ref Unsafe.Add(ref output, 8);
            rest = bytes.AsUInt64().GetElement(1);
        }

        if ((count & 4) != 0)
        {
            Unsafe.WriteUnaligned(ref output, unchecked((uint)rest));
            output = ref Unsafe.Add(ref output, 4);
            rest >>= 32;
        }

        if ((count & 2) != 0)
        {
            Unsafe.WriteUnaligned(ref output, unchecked((ushort)rest));
            output = ref Unsafe.Add(ref output, 2);
            rest >>= 16;
        }

        if ((count & 1) != 0)
        {
            output = unchecked((byte)rest);
        }
    }
}
