namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Layers whose weights are small enough that four products – two of a quad and two of the next – hold in an int16 whatever the activations are: bytes are multiplied as bytes,
/// twice as many an instruction as in int16, and nearly twice as many products are summed an addition. Without dot-product instructions this is what int8 is fastest with.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>
    /// The most that the positive, and the most that the negative of the four weights of an int16 sum may be together: 255 · 128 &lt; 2¹⁵. The four are bytes 2p and 2p + 1 of a
    /// channel's lanes of quads 2q and 2q + 1, of a block's quads counted over all runs.
    /// </summary>
    public const int Int16SumLimit = 128;

    /// <summary>The fewest quads of a window that tiles sum in int16: with fewer, most of the time is requantisation.</summary>
    private const int FewestInt16Quads = 4;

    /// <summary>The fewest where the last block of channels is not full: it is stored twice.</summary>
    private const int FewestInt16PartialQuads = 8;

    /// <summary>The fewest quads of each of several runs that are packed.</summary>
    private const int FewestInt16RunQuads = 12;

    /// <summary>The fewest quads of several runs that are read where they lie.</summary>
    private const int FewestInt16DirectQuads = 16;

    /// <summary>Whether layers gain by weights that are small enough, on some processor.</summary>
    /// <param name="runs">Runs of a window.</param>
    /// <param name="runLength">Activations of a run.</param>
    /// <param name="outputChannels">Output channels of a group.</param>
    /// <param name="outputWidth">Pixels of a row of the output.</param>
    public static bool IsFasterInInt16(int runs, int runLength, int outputChannels, int outputWidth) =>
        IsInt16Row(runs, (runLength + 3) / 4, outputChannels, outputWidth)
        || IsInt16Tile(runs, (runLength + 3) / 4, outputChannels)
        || IsInt16Pointwise(runs, (runLength + 3) / 4, outputChannels, outputWidth);

    /// <summary>Whether products of packed activations are summed in int16: the weights allow it, and it takes less time.</summary>
    private static bool SumsPackedInt16(in Arguments arguments) =>
        arguments.Int16Sums && IsInt16Tile(arguments.RunOffsets.Length, arguments.QuadsPerRun, arguments.OutputChannels);

    /// <summary>Whether products are summed in int16, of activations that are read where they lie.</summary>
    private static bool SumsDirectInt16(in Arguments arguments) =>
        arguments.Int16Sums && IsInt16Row(arguments.RunOffsets.Length, arguments.QuadsPerRun, arguments.OutputChannels, arguments.Geometry.OutputWidth);

    private static bool IsInt16Tile(int runs, int quadsPerRun, int outputChannels) =>
        (long)runs * quadsPerRun is >= FewestInt16Quads and <= LongestWindow
        && (outputChannels % BlockChannels == 0 || (long)runs * quadsPerRun >= FewestInt16PartialQuads)
        && (runs == 1 || (quadsPerRun >= FewestInt16RunQuads && outputChannels > BlockChannels));

    // The last tile of a row is moved back: at most an eighth of the pixels is computed twice.
    private static bool IsInt16Row(int runs, int quadsPerRun, int outputChannels, int outputWidth) =>
        runs > 1
        && (long)runs * quadsPerRun is >= FewestInt16DirectQuads and <= DirectQuads
        && outputChannels >= BlockChannels
        && outputWidth >= 2 * TileHeight
        && (outputWidth + TileHeight - 1) / TileHeight * TileHeight * 8L <= outputWidth * 9L;
}
