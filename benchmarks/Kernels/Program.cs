using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>Measures kernels: <c>dotnet run -c Release --project benchmarks/Kernels -- --filter '*Convolution*'</c>; with <c>--list flat</c> their names.</summary>
public static class Program
{
    /// <summary>The command line of BenchmarkDotNet.</summary>
    /// <param name="arguments">As given to the process.</param>
    public static void Main(string[] arguments) => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments, Configuration());

    // Kernels choose their path by what the processor has, so an instruction set is chosen by hiding the wider ones from the process.
    private static ManualConfig Configuration()
    {
        Job all = Job.ShortRun;
        ManualConfig configuration = ManualConfig.Create(DefaultConfig.Instance).AddJob(all.WithId("all instruction sets").AsBaseline());
        if (Avx512F.IsSupported)
        {
            configuration.AddJob(all.WithEnvironmentVariable("DOTNET_EnableAVX512", "0").WithId("without AVX-512"));
        }

        if (Avx2.IsSupported)
        {
            configuration.AddJob(all.WithEnvironmentVariable("DOTNET_EnableAVX2", "0").WithId("without AVX2"));
        }

        if (Dp.IsSupported)
        {
            configuration.AddJob(all.WithEnvironmentVariable("DOTNET_EnableArm64Dp", "0").WithId("without dot products"));
        }

        return configuration;
    }
}
