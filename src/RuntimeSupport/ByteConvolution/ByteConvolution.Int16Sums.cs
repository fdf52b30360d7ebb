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

    /// <summary>The fewest quads of a window that sums in int16 are worth it for: with fewer, most of the time is requantisation.</summary>
    private const int FewestInt16Quads = 8;

    /// <summary>The fewest quads of each of several runs: shorter ones are read where they lie.</summary>
    private const int FewestInt16RunQuads = 12;

    /// <summary>Whether products are summed in int16: the weights allow it, and it takes less time.</summary>
    private static bool SumsInt16(in Arguments arguments) =>
        arguments.Int16Sums && IsFasterInInt16(arguments.RunOffsets.Length, arguments.RunLength, arguments.OutputChannels);

    /// <summary>Whether layers gain by weights that are small enough.</summary>
    /// <param name="runs">Runs of a window.</param>
    /// <param name="runLength">Activations of a run.</param>
    /// <param name="outputChannels">Output channels of a group.</param>
    public static bool IsFasterInInt16(int runs, int runLength, int outputChannels)
    {
        int quadsPerRun = (runLength + 3) / 4;
        return (long)runs * quadsPerRun is >= FewestInt16Quads and <= LongestWindow && (runs == 1 || (quadsPerRun >= FewestInt16RunQuads && outputChannels > BlockChannels));
    }
}
