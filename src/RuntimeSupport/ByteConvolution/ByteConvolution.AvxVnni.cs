using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
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
