using System;
using System.IO;

namespace ModelCompiler.Conformance;

/// <summary>Where things are when the tool runs from its build folder.</summary>
internal static class Repository
{
    /// <summary>The repository's folder.</summary>
    /// <exception cref="DirectoryNotFoundException">The tool was taken out of the repository.</exception>
    public static string Root
    {
        get
        {
            string? folder = AppContext.BaseDirectory;
            while (folder is not null && !File.Exists(Path.Combine(folder, "tests", "Conformance", "Conformance.csproj")))
            {
                folder = Path.GetDirectoryName(folder);
            }

            return folder ?? throw new DirectoryNotFoundException("The repository is not around the tool.");
        }
    }

    /// <summary>Test vectors of others, which lie beside the repository and may be absent.</summary>
    public static string SharedData => Path.Combine(Path.GetDirectoryName(Root)!, "shared", "data");
}
