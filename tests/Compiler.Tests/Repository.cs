using System;
using System.IO;
using System.Linq;
using Xunit;

namespace ModelCompiler.Compiler.Tests;

/// <summary>Where things are, seen from a test.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The sample's folder.</summary>
    public static string Sample(params string[] parts) => Path.Combine([Root, "samples", "DigitClassifier", .. parts]);

    /// <summary>A file of the public models beside the repository; it need not exist.</summary>
    public static string Shared(params string[] parts) => Path.Combine([Root, "..", "shared", "data", .. parts]);

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "ModelCompiler.sln")) ? folder : FindRoot(Directory.GetParent(folder)!.FullName);
}

/// <summary>A test that needs the public models, and is skipped where they are not.</summary>
public sealed class SharedDataFactAttribute : FactAttribute
{
    /// <summary>Skips the test unless the models are there.</summary>
    public SharedDataFactAttribute()
    {
        if (!Directory.Exists(Repository.Shared()))
        {
            Skip = Reason;
        }
    }

    /// <summary>What a skipped test says.</summary>
    internal const string Reason = "the public models are not beside the repository, in ../shared/data";
}

/// <summary>Tests that need the public models, and are skipped where they are not.</summary>
public sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the tests unless the models are there.</summary>
    public SharedDataTheoryAttribute()
    {
        if (!Directory.Exists(Repository.Shared()))
        {
            Skip = SharedDataFactAttribute.Reason;
        }
    }
}
