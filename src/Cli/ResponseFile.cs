using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace ModelCompiler.Cli;

/// <summary>Files of arguments, <c>@file</c> on the command line: one argument a line, taken as it is, without quoting; <c>#</c> starts a comment line.</summary>
internal static class ResponseFile
{
    /// <summary>Reads the arguments.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="arguments">The arguments, or <see langword="null"/>.</param>
    /// <param name="error">What is wrong, or <see langword="null"/>.</param>
    public static bool TryRead(string path, out IReadOnlyList<string>? arguments, out string? error)
    {
        try
        {
            arguments = [.. File.ReadAllLines(path).Where(line => line.Length > 0 && line[0] != '#')];
            error = null;
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            arguments = null;
            error = $"The response file '{path}' cannot be read: {exception.Message}";
            return false;
        }
    }
}
