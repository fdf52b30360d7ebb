using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>Beyond so many quads, dot products of 256 bits outrun products of 512 bits.</summary>
    private const int MostQuadsByProducts = 24;

    /// <summary>Up to so many quads in several runs, rows of one whole block are outrun by dot products too.</summary>
    private const int MostQuadsOfDotRows = 4;

    /// <summary>Adds to each 32-bit lane the four products of its bytes, unsigned × signed, without saturation.</summary>
    internal interface IDot
    {
        static abstract Vector256<int> Add(Vector256<int> sums, Vector256<byte> activations, Vector256<sbyte> weights);
    }

    /// <summary>Convolves by dot products of four bytes. Generic, so that tests run the same choices where the instruction is missing.</summary>
    internal static void RunDot<TDot, TRequantizer>(in Arguments arguments)
        where TDot : struct, IDot
        where TRequantizer : struct, IRequantizer
    {
        if (!IsMatrix(arguments) && IsDirect<DotRow<TDot>>(arguments))
        {
            RunDirect<DotRow<TDot>, TRequantizer>(arguments);
        }
        else if (arguments.RunOffsets.Length * arguments.QuadsPerRun <= LongestWindow)
        {
            RunQuantizedPanels<DotQuantizedTile<TDot>, TRequantizer>(arguments);
        }
        else
        {
            RunTiled<DotTile<TDot>, TRequantizer>(arguments);
        }
    }

    /// <summary>
    /// Whether dot products outrun <see cref="RunAvx512"/>, which multiplies twice as many bytes at a time but needs three instructions for a dot product's one.
    /// They do in long windows, where the sums stay in registers; short ones are decided by quantising, sums in int16 and single pixels by the width of registers.
    /// Measured by <c>benchmarks --steps</c> on Zen 5.
    /// </summary>
    internal static bool IsFasterByDot<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;
        if (IsPixel(arguments))
        {
            return false;
        }

        if (!HasAvx512Products<TRequantizer>(arguments))
        {
            return quads > MostQuadsByProducts;
        }

        if (SumsDirectInt16(arguments) || SumsPointwiseInt16(arguments) || SumsPackedInt16(arguments))
        {
            return false;
        }

        bool isRow = IsShort(arguments) && (IsRow(arguments) || IsTurnedRow(arguments, out _));
        return isRow
            ? arguments.RunOffsets.Length > 1 && quads <= MostQuadsOfDotRows && arguments.OutputChannels == BlockChannels
            : quads > MostQuadsByProducts;
    }

#if NET10_0_OR_GREATER
    internal static void RunAvxVnni<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer => RunDot<AvxVnniDot, TRequantizer>(arguments);

    /// <summary>The processor's own instruction. Its names are written out, because .NET 8 would call the using directives unnecessary.</summary>
    internal readonly struct AvxVnniDot : IDot
    {
        [global::System.Runtime.CompilerServices.MethodImpl(global::System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> activations, Vector256<sbyte> weights) =>
            global::System.Runtime.Intrinsics.X86.AvxVnni.MultiplyWideningAndAdd(sums, activations, weights);
    }
#endif
}
