using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;
using ModelCompiler.Benchmarks.Contenders;

namespace ModelCompiler.Benchmarks.Reporting;

/// <summary>Where and with what was measured.</summary>
/// <param name="Processor">The processor's name.</param>
/// <param name="InstructionSets">Those that decide which kernels run.</param>
/// <param name="Cores">Cores that the system has.</param>
/// <param name="System">Architecture and kind of operating system.</param>
/// <param name="Runtime">The version of .NET.</param>
/// <param name="OnnxRuntime">The version of ONNX Runtime.</param>
/// <param name="TensorFlowLite">The version of TensorFlow Lite, when it is there.</param>
internal sealed record Machine(string Processor, string InstructionSets, int Cores, string System, string Runtime, string OnnxRuntime, string? TensorFlowLite)
{
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>This one.</summary>
    public static Machine Current => new(
        ProcessorName(),
        Sets(),
        Environment.ProcessorCount,
        $"{RuntimeInformation.OSArchitecture} {(OperatingSystem.IsWindows() ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : "Linux")}",
        RuntimeInformation.FrameworkDescription,
        OrtEnv.Instance().GetVersionString(),
        TensorFlowLiteLibrary.Version);

    // On Arm the file has no names.
    private static string ProcessorName() =>
        (File.Exists(ProcessorFile) ? File.ReadLines(ProcessorFile).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string Sets() => string.Join(", ", new (string Name, bool Has)[]
    {
        ("AVX2", Avx2.IsSupported), ("AVX-512", Avx512BW.IsSupported), ("AVX-VNNI", AvxVnni.IsSupported), ("AdvSimd", AdvSimd.IsSupported), ("Dp", Dp.IsSupported),
    }.Where(set => set.Has).Select(set => set.Name));
}
