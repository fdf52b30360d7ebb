using System;
using System.IO;

namespace ModelCompiler.Benchmarks;

/// <summary>Where things are when the program runs from its build folder.</summary>
internal static class Repository
{
    /// <summary>The repository's folder.</summary>
    /// <exception cref="BenchmarkException">The program was taken out of the repository.</exception>
    public static string Root
    {
        get
        {
            string? folder = AppContext.BaseDirectory;
            while (folder is not null && !File.Exists(Path.Combine(folder, "benchmarks", "Benchmarks.csproj")))
            {
                folder = Path.GetDirectoryName(folder);
            }

            return folder ?? throw new BenchmarkException("The repository is not around the program.");
        }
    }

    /// <summary>The sample's folder.</summary>
    public static string DigitClassifier => Path.Combine(Root, "samples", "DigitClassifier");

    /// <summary>Public models and pictures, beside the repository.</summary>
    public static string Shared => Path.GetFullPath(Path.Combine(Root, "..", "shared", "data"));

    /// <summary>What is made or fetched here and never committed.</summary>
    public static string Artifacts => Path.Combine(Root, "artifacts");
}
