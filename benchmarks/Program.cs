using System;
using System.IO;
using System.Runtime.CompilerServices;
using ModelCompiler.Benchmarks.Measuring;

namespace ModelCompiler.Benchmarks;

/// <summary>Measures compiled models beside what people would use instead.</summary>
public static class Program
{
    /// <summary>The command line; see <see cref="CommandLine"/>.</summary>
    /// <param name="arguments">As given to the process.</param>
    /// <returns>0; 1 when something is missing or the command line makes no sense.</returns>
    // A cold process must load nothing that it does not measure.
    public static int Main(string[] arguments) => arguments switch
    {
        [ColdProcess.Verb, .. string[] rest] => ColdProcess.Run(rest),
        [ColdBuild.Verb, string model] => Build(model),
        _ => Run(arguments),
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Build(string model) => ColdBuild.Run(model);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Run(string[] arguments)
    {
        try
        {
            return CommandLine.Run(arguments);
        }
        catch (Exception exception) when (exception is BenchmarkException or IOException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }
}

/// <summary>A measurement cannot be made; the message says what is missing.</summary>
/// <param name="message">What is missing.</param>
internal sealed class BenchmarkException(string message) : Exception(message);
