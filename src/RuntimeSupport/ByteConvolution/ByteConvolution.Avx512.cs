using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>The most quads of a window whose weights are widened beforehand: those of a panel stay near the processor.</summary>
    private const int WidenedQuads = 32;

    /// <summary>The fewest quads of such a window.</summary>
    private const int LeastWidenedQuads = 4;

    /// <summary>From so many pixels on, widening weights beforehand is worth a second form of the tiles, which small models need not compile.</summary>
    private const int WidenedPixels = 640;

    /// <summary>Rows that a tile multiplies together.</summary>
    private const int TileHeight = 7;

    internal static void RunAvx512<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;
        long pixels = (long)arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        bool isShort = IsShort(arguments);
        if (IsPixel(arguments))
        {
            RunAvx512Pixel<TRequantizer>(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), arguments.RunOffsets[0]), ref MemoryMarshal.GetReference(arguments.Weights), ref MemoryMarshal.GetReference(arguments.Bias),
                ref MemoryMarshal.GetReference(arguments.Multipliers), ref MemoryMarshal.GetReference(arguments.Output), arguments.RunLength, arguments.OutputChannels, arguments.Target, wideQuads: default);
        }
        else if (!HasAvx512Products<TRequantizer>(arguments))
        {
            RunTiled<Avx512Tile, TRequantizer>(arguments);
        }
        else if (SumsDirectInt16(arguments))
        {
            RunDirect<Avx512Int16Row, TRequantizer>(arguments);
        }
        else if (SumsPointwiseInt16(arguments))
        {
            RunAvx512Pointwise<TRequantizer>(arguments);
        }
        else if (SumsPackedInt16(arguments))
        {
            RunQuantizedPanels<Avx512Int16Tile, TRequantizer>(arguments);
        }
        else if (isShort && IsRow(arguments))
        {
            RunAvx512Rows<TRequantizer>(arguments);
        }
        else if (isShort && IsTurnedRow(arguments, out int span))
        {
            RunAvx512Rows<TRequantizer>(arguments.Turned(), span);
        }
        else if (quads <= LongestWindow)
        {
            RunAvx512Panels<TRequantizer>(arguments, widens: quads is >= LeastWidenedQuads and <= WidenedQuads && pixels >= WidenedPixels);
        }
        else
        {
            RunTiled<Avx512Tile, TRequantizer>(arguments);
        }
    }

    /// <summary>Whether a window may be worth reading where it lies.</summary>
    private static bool IsShort(in Arguments arguments) =>
        arguments.RunOffsets.Length > 1 || arguments.OutputChannels <= NarrowChannels || (arguments.QuadsPerRun <= 4 && arguments.Blocks <= 2);

    /// <summary>Whether tiles may quantise their sums before these leave the registers.</summary>
    private static bool HasAvx512Products<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer =>
        TRequantizer.HasAvx512Products(ref MemoryMarshal.GetReference(arguments.Multipliers), arguments.Groups * arguments.Blocks * BlockChannels, arguments.Target);

    /// <summary>How a tile reads the int16 pairs of a block's weights for a quad.</summary>
    internal interface IWeights
    {
        /// <summary>Bytes of a block's weights for a quad.</summary>
        static abstract int Bytes { get; }

        /// <summary>The pairs k0 k2 of 16 channels.</summary>
        static abstract Vector512<short> Even(ref sbyte weights);

        /// <summary>The pairs k1 k3 of 16 channels.</summary>
        static abstract Vector512<short> Odd(ref sbyte weights);
    }

    /// <summary>64 bytes of weights. Loaded as what they are used as: each type of vectors that a program mentions takes it a millisecond to load.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Words(ref sbyte weights) => Unsafe.As<sbyte, Vector512<short>>(ref weights);

    /// <summary>Weights as they are.</summary>
    internal readonly struct ByteWeights : IWeights
    {
        public static int Bytes => QuadWeights;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Even(ref sbyte weights) => Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(Words(ref weights), 8), 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Odd(ref sbyte weights) => Avx512BW.ShiftRightArithmetic(Words(ref weights), 8);
    }

    /// <summary>Weights widened beforehand.</summary>
    internal readonly struct WidenedWeights : IWeights
    {
        public static int Bytes => 2 * QuadWeights;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Even(ref sbyte weights) => Words(ref weights);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Odd(ref sbyte weights) => Words(ref Unsafe.Add(ref weights, QuadWeights));

        /// <summary>Widens the weights of some quads.</summary>
        [MethodImpl(KernelOptions.Hot)]
        internal static void Widen(ref sbyte weights, nint quads, ref sbyte destination)
        {
            for (nint quad = 0; quad < quads; quad++)
            {
                ref sbyte bytes = ref Unsafe.Add(ref weights, quad * QuadWeights);
                ref Vector512<short> pairs = ref Unsafe.As<sbyte, Vector512<short>>(ref Unsafe.Add(ref destination, quad * 2 * QuadWeights));
                pairs = ByteWeights.Even(ref bytes);
                Unsafe.Add(ref pairs, 1) = ByteWeights.Odd(ref bytes);
            }
        }
    }

    /// <summary>
    /// Tiles of 28 pixels, 7 of which are multiplied together by 32 channels in int16 pairs: the rows of most images' layers are a multiple of 7 long.
    /// Activations are packed as <c>[k0 k2][k1 k3]</c>, because the even and the odd bytes of the weights' 32-bit lanes become int16 pairs by shifts alone.
    /// </summary>
    internal readonly partial struct Avx512Tile : ITile
    {
        /// <summary>From here on multiplying all rows, some of which are left from before and not stored, is faster than a row at a time.</summary>
        internal const int LeastRows = 3;

        public static int Rows => 4 * TileHeight;

        public static int RowsTogether => TileHeight;

        public static int QuadBytes => 8;

        public static bool ReadsInput => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads)
        {
            if (quads < 4)
            {
                PackPairs(ref source, ref destination, 0, quads);
                return;
            }

            nint quad = 0;
            for (; quad <= quads - 8; quad += 8)
            {
                Vector256<byte> bytes = Avx2.Shuffle(Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref source, quad * 4)), PairOrder256);
                Unsafe.As<byte, Vector512<short>>(ref Unsafe.Add(ref destination, quad * 8)) = Avx512BW.ConvertToVector512Int16(bytes);
            }

            for (; quad < quads; quad += 4)
            {
                // Some of the last four are packed again.
                PackFour(ref source, ref destination, Math.Min(quad, quads - 4));
            }
        }

        public static void Correct(ref sbyte weights, nint quads, ref int start)
        {
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads,
            ref int start, nint startStride, ref int accumulators, int rows, int channels)
        {
            for (int channel = 0; channel < channels; channel += 2 * BlockChannels)
            {
                for (int row = 0; row < rows; row += TileHeight)
                {
                    MultiplyRows(
                        ref Unsafe.Add(ref activations, row * rowBytes), rowBytes, ref weights, blockBytes, quads,
                        ref Unsafe.Add(ref start, (row * startStride) + channel), startStride, ref Unsafe.Add(ref accumulators, (row * PanelChannels) + channel),
                        rows - row, channels - channel);
                }

                weights = ref Unsafe.Add(ref weights, 2 * blockBytes);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            for (nint at = 0; at < blocks * BlockChannels; at += BlockChannels)
            {
                TRequantizer.Avx512Rows(ref Unsafe.Add(ref accumulators, at), PanelChannels, ref Unsafe.Add(ref multipliers, at), ref Unsafe.Add(ref output, at), ref offsets, rows, target);
            }
        }

        /// <summary>Up to 7 rows by up to 32 channels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void MultiplyRows(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads, ref int start, nint startStride, ref int sums, int rows, int channels)
        {
            if (rows < LeastRows)
            {
                bool pair = channels > BlockChannels;
                for (int row = 0; row < rows; row++)
                {
                    // An odd last block is computed twice rather than by a method of its own.
                    Tile1x2(
                        ref Unsafe.Add(ref activations, row * rowBytes), ref weights, pair ? blockBytes : 0, quads,
                        ref Unsafe.Add(ref start, row * startStride), ref Unsafe.Add(ref sums, row * PanelChannels), pair);
                }
            }
            else if (channels > BlockChannels)
            {
                Tile7x32(ref activations, rowBytes, ref weights, blockBytes, quads, ref start, startStride, ref sums);
            }
            else
            {
                Tile7x16(ref activations, rowBytes, ref weights, quads, ref start, startStride, ref sums);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void PackFour(ref byte source, ref byte destination, nint quad)
        {
            Vector128<byte> bytes = Ssse3.Shuffle(Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref source, quad * 4)), PairOrder128);
            Unsafe.As<byte, Vector256<short>>(ref Unsafe.Add(ref destination, quad * 8)) = Avx2.ConvertToVector256Int16(bytes);
        }
    }
}
