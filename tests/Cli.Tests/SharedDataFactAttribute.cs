using System;
using System.IO;
using Xunit;

namespace ModelCompiler.Cli.Tests;

/// <summary>A test that needs the public models, and is skipped where they are not.</summary>
public sealed class SharedDataFactAttribute : FactAttribute
{
    /// <summary>Skips the test unless the models are there.</summary>
    public SharedDataFactAttribute()
    {
        if (!Directory.Exists(Path()))
        {
            Skip = "the public models are not beside the repository, in ../shared/data";
        }
    }

    /// <summary>A file of the public models beside the repository; it need not exist.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root(AppContext.BaseDirectory), "..", "shared", "data", .. parts]);

    private static string Root(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, "ModelCompiler.sln")) ? folder : Root(Directory.GetParent(folder)!.FullName);
}
