using System;
using System.IO;

namespace ModelCompiler.Benchmarks;

/// <summary>Measures compiled models.</summary>
public static class Program
{
    private const string Usage = """
        dotnet run -c Release --project benchmarks                 time of one prediction of the sample's digit model
        dotnet run -c Release --project benchmarks -- --accuracy   what precisions, calibrators and techniques do to the answers of models; writes docs/accuracy.md
        dotnet run -c Release --project benchmarks -- --accuracy --quick   the same on fewer examples; writes nothing
        """;

    /// <summary>The command line.</summary>
    /// <param name="arguments">Nothing, or <c>--accuracy</c>, perhaps with <c>--quick</c>.</param>
    /// <returns>0; 1 when something is missing; 2 when the command line makes no sense.</returns>
    public static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case []:
                    Console.WriteLine(Usage);
                    Console.WriteLine();
                    PredictionTime.Print();
                    return 0;
                case ["--accuracy"]:
                    AccuracyReport.Write();
                    return 0;
                case ["--accuracy", "--quick"]:
                    AccuracyReport.PrintQuick();
                    return 0;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
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
