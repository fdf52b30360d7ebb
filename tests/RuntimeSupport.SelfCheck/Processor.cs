using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport.SelfCheck;

/// <summary>What the kernels can ask of the processor.</summary>
internal static class Processor
{
    /// <summary>The architecture and its instruction sets, as this program sees them.</summary>
    public static string Description => $"{RuntimeInformation.ProcessArchitecture}: {string.Join(", ", Supported)}";

    private static IEnumerable<string> Supported =>
        new (string Name, bool IsSupported)[]
        {
            (nameof(Vector128), Vector128.IsHardwareAccelerated),
            (nameof(Sse2), Sse2.IsSupported),
            (nameof(Sse41), Sse41.IsSupported),
            (nameof(Avx), Avx.IsSupported),
            (nameof(Avx2), Avx2.IsSupported),
            (nameof(Fma), Fma.IsSupported),
            (nameof(AvxVnni), AvxVnni.IsSupported),
            (nameof(Avx512BW), Avx512BW.IsSupported),
            (nameof(Avx512Vbmi), Avx512Vbmi.IsSupported),
            (nameof(AdvSimd), AdvSimd.Arm64.IsSupported),
            (nameof(Dp), Dp.IsSupported),
        }.Where(set => set.IsSupported).Select(set => set.Name);
}
