using System;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>Which of a kernel's paths this machine can run.</summary>
internal static class InstructionSets
{
    /// <summary>The supported ones of some paths; the others are printed, so that a log shows what was not tested.</summary>
    public static TheoryData<string> Supported(params string[] paths)
    {
        var data = new TheoryData<string>();
        foreach (string path in paths)
        {
            if (IsSupported(path))
            {
                data.Add(path);
            }
            else
            {
                Console.WriteLine($"Not tested here: {path}.");
            }
        }

        return data;
    }

    private static bool IsSupported(string path) => path switch
    {
        "Vector128" or "Portable" => true,
        "FusedVector128" => Fma.IsSupported,
        "Avx" => Avx.IsSupported,
        "Avx2" or "EmulatedVnni" => Avx2.IsSupported && Fma.IsSupported,
        "Avx512" => Avx512BW.IsSupported,
        "Avx512Vbmi" => Avx512Vbmi.IsSupported,
        "AvxVnni" => AvxVnni.IsSupported,
        "AdvSimd" => AdvSimd.Arm64.IsSupported,
        "ArmDp" => Dp.IsSupported,
        _ => throw new ArgumentException($"No such path: {path}.", nameof(path)),
    };
}
