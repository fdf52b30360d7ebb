using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Layers whose windows are multiplied in one pass by tiles of one block of channels: their sums are quantised before they leave the registers. Whole tiles are always computed; rows
/// that are too many go where the last one goes, and before it.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>Bytes of packed activations that all channels share: they stay in the first-level cache.</summary>
    private const int PanelRowBytes = 24 * 1024;

    /// <summary>Bytes of weights that many tiles share: they stay in the second-level cache.</summary>
    private const int PanelWeightBytes = 256 * 1024;

    /// <summary>Up to so many rows, the last ones are multiplied one by one by <see cref="RowBlocks"/> blocks of channels.</summary>
    private const int SingleRows = 2;

    /// <summary>Blocks of channels that a single row is multiplied by together.</summary>
    private const int RowBlocks = 4;

    /// <summary>What an instruction set contributes to <see cref="RunQuantizedPanels{TTile, TRequantizer}"/>.</summary>
    internal interface IQuantizedTile : IPacking
    {
        /// <summary>Rows of a tile, <see cref="MaximumRows"/> at most.</summary>
        static abstract int Rows { get; }

        /// <summary>Whether a packed quad is the input's own four bytes, so that a single run need not be packed at all.</summary>
        static abstract bool ReadsInput { get; }

        /// <summary>What <see cref="Quantize"/> reads for the multipliers of 16 channels: they themselves, unless something is computed of them beforehand.</summary>
        static virtual ref int Prepare<TRequantizer>(ref int multipliers, RequantizationTarget target, ref int prepared)
            where TRequantizer : struct, IRequantizer => ref multipliers;

        /// <summary>Convolves and quantises a tile of rows by 16 channels; <c>offsets</c> says where each row's results go. The first row is stored last.</summary>
        static abstract void Quantize<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer;

        /// <summary>Whether <see cref="QuantizePair"/> is faster than a block after the other.</summary>
        static virtual bool HasPairs => false;

        /// <summary>The same by 32 channels; what was prepared of the last 16 lies <see cref="ByteLanes.PreparedNumbers"/> behind that of the first.</summary>
        static virtual void QuantizePair<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer => throw new NotSupportedException();

        /// <summary>Convolves and quantises a row by 64 channels.</summary>
        static abstract void QuantizeRow<TRequantizer>(ref byte row, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer;
    }

    /// <summary>Whether the pixels' windows are rows of a matrix, each as far from the one before.</summary>
    private static bool IsMatrix(in Arguments arguments) => arguments.RunOffsets.Length == 1 && ConvolutionExtents.IsUniform(arguments.Geometry);

    /// <summary>Convolves; a window has up to <see cref="LongestWindow"/> quads.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunQuantizedPanels<TTile, TRequantizer>(in Arguments arguments)
        where TTile : struct, IQuantizedTile
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;
        int pixels = geometry.Batches * geometry.OutputHeight * geometry.OutputWidth;
        bool isDirect = TTile.ReadsInput && IsMatrix(arguments);

        // The 64 bytes keep rows from falling on the same cache sets.
        int rowBytes = (quads * TTile.QuadBytes) + (IsContiguous(arguments) ? 0 : CacheLine.Bytes);
        int tiles = Math.Min(Math.Clamp(PanelRowBytes / rowBytes / TTile.Rows, 1, MaximumRows / TTile.Rows), (pixels + TTile.Rows - 1) / TTile.Rows);
        int tileRows = tiles * TTile.Rows;
        Span<byte> packed = stackalloc byte[(isDirect ? TTile.Rows : tileRows) * rowBytes];
        int panelBlocks = Math.Max(PanelWeightBytes / (quads * QuadWeights), RowBlocks);
        for (int group = 0; group < arguments.Groups; group++)
        {
            for (int block = 0; block < arguments.Blocks; block += panelBlocks)
            {
                int blocks = Math.Min(panelBlocks, arguments.Blocks - block);
                RunQuantizedPanel<TTile, TRequantizer>(arguments, group, block, blocks, isDirect, packed, rowBytes, tileRows);
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunQuantizedPanel<TTile, TRequantizer>(
        in Arguments arguments, int group, int block, int blocks, bool isDirect, Span<byte> packed, int rowBytes, int tileRows)
        where TTile : struct, IQuantizedTile
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;
        int pixels = geometry.Batches * geometry.OutputHeight * geometry.OutputWidth;
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), group * arguments.InputChannels);
        ref byte packedRows = ref MemoryMarshal.GetReference(packed);
        Span<int> offsets = stackalloc int[MaximumRows];
        var source = new PixelCursor(geometry);
        var target = new PixelCursor(geometry);
        for (int pixel = 0; pixel < pixels; pixel += tileRows)
        {
            int rows = Math.Min(tileRows, pixels - pixel);
            FindOutputs(arguments, ref target, offsets, rows);
            int whole = 0;
            if (isDirect)
            {
                // A last tile that is not whole is packed, because what follows the input may not be read.
                whole = rows / TTile.Rows * TTile.Rows;
                ref byte window = ref Unsafe.Add(ref input, ((nint)pixel * geometry.InputPixelStep) + arguments.RunOffsets[0]);
                QuantizeRows<TTile, TRequantizer>(arguments, group, block, blocks, ref window, geometry.InputPixelStep, offsets.Slice(0, whole));
                for (int row = whole; row < rows; row++)
                {
                    TTile.Pack(ref Unsafe.Add(ref window, (nint)row * geometry.InputPixelStep), ref Unsafe.Add(ref packedRows, (row - whole) * rowBytes), quads);
                }
            }
            else
            {
                PackRows<TTile>(arguments, ref input, ref source, 0, quads, ref packedRows, rowBytes, rows);
            }

            QuantizeRows<TTile, TRequantizer>(arguments, group, block, blocks, ref packedRows, rowBytes, offsets.Slice(whole, rows - whole));
        }
    }

    /// <summary>Rows by a panel's channels; the last offset follows up to a whole tile.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void QuantizeRows<TTile, TRequantizer>(in Arguments arguments, int group, int block, int blocks, ref byte rows, nint stride, Span<int> offsets)
        where TTile : struct, IQuantizedTile
        where TRequantizer : struct, IRequantizer
    {
        nint quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;
        int channels = arguments.OutputChannels - (block * BlockChannels);
        int single = offsets.Length % TTile.Rows <= SingleRows ? offsets.Length % TTile.Rows : 0;
        int rowBlocks = single > 0 ? Math.Min(blocks, channels / BlockChannels) / RowBlocks * RowBlocks : 0;
        ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), (group * arguments.OutputChannels) + (block * BlockChannels));
        Span<int> prepared = stackalloc int[2 * ByteLanes.PreparedNumbers];
        for (int index = 0; index < blocks; index++)
        {
            nint at = (group * arguments.Blocks) + block + index;
            ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), at * quads * QuadWeights);
            ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), at * BlockChannels);
            ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), at * BlockChannels);
            ref int numbers = ref TTile.Prepare<TRequantizer>(ref multipliers, arguments.Target, ref MemoryMarshal.GetReference(prepared));
            ref byte blockOutput = ref Unsafe.Add(ref output, index * BlockChannels);
            Span<int> tiled = offsets.Slice(0, offsets.Length - (index < rowBlocks ? single : 0));
            bool isPair = TTile.HasPairs && index + 1 < blocks && channels - (index * BlockChannels) >= 2 * BlockChannels;
            if (isPair)
            {
                TTile.Prepare<TRequantizer>(ref Unsafe.Add(ref multipliers, BlockChannels), arguments.Target, ref prepared[ByteLanes.PreparedNumbers]);
                for (int row = 0; row < tiled.Length; row += TTile.Rows)
                {
                    TTile.QuantizePair<TRequantizer>(
                        ref Unsafe.Add(ref rows, row * stride), stride, ref weights, quads, ref bias, ref numbers, ref blockOutput, ref tiled[row], arguments.Target);
                }
            }
            else if (channels - (index * BlockChannels) >= BlockChannels)
            {
                for (int row = 0; row < tiled.Length; row += TTile.Rows)
                {
                    TTile.Quantize<TRequantizer>(
                        ref Unsafe.Add(ref rows, row * stride), stride, ref weights, quads, ref bias, ref numbers, ref blockOutput, ref tiled[row], arguments.Target);
                }
            }
            else
            {
                QuantizePartial<TTile, TRequantizer>(
                    ref rows, stride, ref weights, quads, ref bias, ref numbers, ref blockOutput, tiled, channels - (index * BlockChannels), arguments.Target);
            }

            if (index < rowBlocks && index % RowBlocks == 0)
            {
                for (int row = tiled.Length; row < offsets.Length; row++)
                {
                    TTile.QuantizeRow<TRequantizer>(
                        ref Unsafe.Add(ref rows, row * stride), ref weights, quads, ref bias, ref multipliers, ref Unsafe.Add(ref blockOutput, offsets[row]), arguments.Target);
                }
            }

            index += isPair ? 1 : 0;
        }
    }

    /// <summary>Rows by the last 1…15 channels: a block is stored whole first, then copied.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void QuantizePartial<TTile, TRequantizer>(
        ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, Span<int> offsets, int channels, RequantizationTarget target)
        where TTile : struct, IQuantizedTile
        where TRequantizer : struct, IRequantizer
    {
        Span<byte> whole = stackalloc byte[MaximumRows * BlockChannels];
        Span<int> places = stackalloc int[MaximumRows];
        for (int row = 0; row < places.Length; row++)
        {
            places[row] = row * BlockChannels;
        }

        for (int row = 0; row < offsets.Length; row += TTile.Rows)
        {
            TTile.Quantize<TRequantizer>(
                ref Unsafe.Add(ref rows, row * stride), stride, ref weights, quads, ref bias, ref multipliers, ref MemoryMarshal.GetReference(whole), ref MemoryMarshal.GetReference(places), target);
            CopyPixels(whole, ref output, offsets.Slice(row, Math.Min(TTile.Rows, offsets.Length - row)), channels);
        }
    }

    /// <summary>What requantisation knows of a block's 16 channels.</summary>
    private readonly ref struct Channels<TRequantizer>
        where TRequantizer : struct, IRequantizer
    {
        private readonly Vector256<int> multipliers0, multipliers1, shifts0, shifts1;
        private readonly RequantizationTarget target;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Channels(ref int multipliers, RequantizationTarget target)
        {
            multipliers0 = Unsafe.As<int, Vector256<int>>(ref multipliers);
            multipliers1 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref multipliers, 8));
            shifts0 = TRequantizer.HasShifts ? Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref multipliers, target.ShiftDistance)) : default;
            shifts1 = TRequantizer.HasShifts ? Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref multipliers, target.ShiftDistance + 8)) : default;
            this.target = target;
        }

        /// <summary>Requantises two rows of sums: the bytes of one, then those of the other.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<byte> Pair(Vector256<int> sum00, Vector256<int> sum01, Vector256<int> sum10, Vector256<int> sum11)
        {
            // The packs work on halves, each of which has eight bytes of both rows then.
            Vector256<byte> bytes = Avx2.PackUnsignedSaturate(Words(sum00, sum01), Words(sum10, sum11));
            Vector256<int> rows = Avx2.PermuteVar8x32(Unsafe.As<Vector256<byte>, Vector256<int>>(ref bytes), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7));
            return Avx2.Min(Avx2.Max(Unsafe.As<Vector256<int>, Vector256<byte>>(ref rows), Vector256.Create(TRequantizer.Minimum(target))), Vector256.Create(TRequantizer.Maximum(target)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector256<short> Words(Vector256<int> sum0, Vector256<int> sum1) => Avx2.AddSaturate(
            Avx2.PackSignedSaturate(TRequantizer.Avx2Products(sum0, multipliers0, shifts0, target), TRequantizer.Avx2Products(sum1, multipliers1, shifts1, target)),
            Vector256.Create((short)target.ZeroPoint));
    }

    /// <summary>Stores two rows of 16 bytes, the second first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(Vector256<byte> rows, ref byte output, ref int offsets)
    {
        Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 1))) = Avx2.ExtractVector128(rows, 1);
        Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, offsets)) = rows.GetLower();
    }

    /// <summary>Stores two rows of 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(Vector256<byte> rows, ref byte output, nint step)
    {
        Unsafe.As<byte, Vector128<byte>>(ref output) = rows.GetLower();
        Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, step)) = Avx2.ExtractVector128(rows, 1);
    }
}
