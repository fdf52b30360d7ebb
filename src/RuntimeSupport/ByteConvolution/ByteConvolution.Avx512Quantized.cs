using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Layers whose windows are multiplied in one pass: their sums are quantised before they leave the registers. Seven rows are always computed; those that
/// are too many go where the last one goes, and before it.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>The most quads of a window of which 7 rows are packed as a whole.</summary>
    private const int LongestWindow = 5 * ChunkQuads;

    /// <summary>
    /// Convolves; a window has up to <see cref="LongestWindow"/> quads, and <see cref="IRequantizer.HasAvx512Products"/> holds. The loops are compiled for both forms of weights at once.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512Panels<TRequantizer>(in Arguments arguments, bool widens)
        where TRequantizer : struct, IRequantizer
    {
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;

        // The 64 bytes keep rows from falling on the same cache sets.
        int rowBytes = (quads * Avx512Tile.QuadBytes) + (IsContiguous(arguments) ? 0 : CacheLine.Bytes);
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        int rows = Math.Min(Math.Min(Math.Max(Avx512Tile.Rows / TileHeight * ChunkQuads / quads, 1), Avx512Tile.Rows / TileHeight), (pixels + TileHeight - 1) / TileHeight) * TileHeight;
        Span<sbyte> widened = widens
            ? CacheLine.Align(stackalloc sbyte[(Math.Min(arguments.Blocks, PanelBlocks) * quads * WidenedWeights.Bytes) + CacheLine.Bytes])
            : default;
        Span<byte> packed = CacheLine.Align(stackalloc byte[(rows * rowBytes) + CacheLine.Bytes]);
        Span<int> prepared = CacheLine.Align(stackalloc int[(Math.Min(arguments.Blocks, PanelBlocks) * ByteLanes.PreparedNumbers) + (CacheLine.Bytes / sizeof(int))]);
        for (int group = 0; group < arguments.Groups; group++)
        {
            for (int block = 0; block < arguments.Blocks; block += PanelBlocks)
            {
                int blocks = Math.Min(PanelBlocks, arguments.Blocks - block);
                scoped ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), (nint)((group * arguments.Blocks) + block) * quads * QuadWeights);
                if (widens)
                {
                    WidenedWeights.Widen(ref weights, (nint)blocks * quads, ref MemoryMarshal.GetReference(widened));
                    weights = ref MemoryMarshal.GetReference(widened);
                }

                Prepare<TRequantizer>(arguments, (group * arguments.Blocks) + block, blocks, prepared);
                RunAvx512Panel<TRequantizer>(arguments, group, block, blocks, ref weights, widens, packed, rowBytes, rows, prepared);
            }
        }
    }

    /// <summary>Computes what requantisation reads of some blocks.</summary>
    private static void Prepare<TRequantizer>(in Arguments arguments, int block, int blocks, Span<int> prepared)
        where TRequantizer : struct, IRequantizer
    {
        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), block * BlockChannels);
        for (int index = 0; index < blocks; index++)
        {
            TRequantizer.Avx512Prepare(ref Unsafe.Add(ref multipliers, index * BlockChannels), arguments.Target, ref prepared[index * ByteLanes.PreparedNumbers]);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunAvx512Panel<TRequantizer>(
        in Arguments arguments, int group, int block, int blocks, ref sbyte weights, bool isWidened, Span<byte> packed, int rowBytes, int tileRows, Span<int> prepared)
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;
        int pixels = geometry.Batches * geometry.OutputHeight * geometry.OutputWidth;
        int channels = Math.Min(blocks * BlockChannels, arguments.OutputChannels - (block * BlockChannels));
        int firstChannel = ((group * arguments.Blocks) + block) * BlockChannels;
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), group * arguments.InputChannels);
        ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), (group * arguments.OutputChannels) + (block * BlockChannels));
        ref byte activations = ref MemoryMarshal.GetReference(packed);
        Span<int> offsets = stackalloc int[MaximumRows];
        var source = new PixelCursor(geometry);
        var target = new PixelCursor(geometry);
        for (int pixel = 0; pixel < pixels; pixel += tileRows)
        {
            int rows = Math.Min(tileRows, pixels - pixel);
            PackRows<Avx512Tile>(arguments, ref input, ref source, 0, quads, ref activations, rowBytes, rows);
            FindOutputs(arguments, ref target, offsets, rows);
            ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), firstChannel);
            ref int requantization = ref MemoryMarshal.GetReference(prepared);
            if (isWidened)
            {
                Avx512QuantizedTile<WidenedWeights>.Quantize<TRequantizer>(
                    ref activations, rowBytes, ref weights, quads, ref bias, ref requantization, ref output, offsets.Slice(0, rows), channels, arguments.Target);
            }
            else
            {
                Avx512QuantizedTile<ByteWeights>.Quantize<TRequantizer>(
                    ref activations, rowBytes, ref weights, quads, ref bias, ref requantization, ref output, offsets.Slice(0, rows), channels, arguments.Target);
            }
        }
    }
}
