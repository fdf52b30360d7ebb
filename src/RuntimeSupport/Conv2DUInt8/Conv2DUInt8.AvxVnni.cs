#if NET10_0_OR_GREATER
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DUInt8
{
    internal static void RunAvxVnni(in Arguments arguments) => RunTiled<DotTile<AvxVnniDot>>(arguments);

    /// <summary>The processor's own instruction.</summary>
    internal readonly struct AvxVnniDot : IDot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> activations, Vector256<sbyte> weights) =>
            AvxVnni.MultiplyWideningAndAdd(sums, activations, weights);
    }
}
#endif
