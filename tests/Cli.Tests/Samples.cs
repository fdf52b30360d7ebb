using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace ModelCompiler.Cli.Tests;

/// <summary>The command line, and models to try it with.</summary>
internal static class Samples
{
    /// <summary>A file of the sample DigitClassifier.</summary>
    public static string Digits(string file) => Path.Combine(AppContext.BaseDirectory, "DigitClassifier", file);

    /// <summary>A file of the sample ImageLabeler.</summary>
    public static string Shapes(string file) => Path.Combine(AppContext.BaseDirectory, "ImageLabeler", file);

    /// <summary>Runs <c>modelc</c>.</summary>
    public static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = new CommandLine(output, error).Run(arguments);
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The network of ImageLabeler as a SavedModel, whose signature calls the network's ends <c>picture</c> and <c>scores</c>.</summary>
    public static byte[] SavedModel()
    {
        byte[] shape = [.. new[] { -1, 64, 64, 3 }.SelectMany(extent => Message(2, Number(1, extent)))];
        byte[] signature = [.. Entry(1, "picture", [.. Text(1, "normalised:0"), .. Number(2, 1), .. Message(3, shape)]), .. Entry(2, "scores", Text(1, "final_result:0"))];
        byte[] graph = [.. Message(1, Text(4, "serve")), .. Message(2, File.ReadAllBytes(Shapes("shapes.pb"))), .. Entry(5, "serving_default", signature)];
        return [.. Number(1, 1), .. Message(2, graph)];
    }

    private static byte[] Entry(int field, string key, byte[] value) => Message(field, [.. Text(1, key), .. Message(2, value)]);

    private static byte[] Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int field, byte[] content) => [.. Variable((field << 3) | 2), .. Variable(content.Length), .. content];

    private static byte[] Number(int field, long number) => [.. Variable(field << 3), .. Variable(number)];

    private static IEnumerable<byte> Variable(long number)
    {
        ulong rest = unchecked((ulong)number);
        for (; rest > 127; rest >>= 7)
        {
            yield return (byte)(rest | 128);
        }

        yield return (byte)rest;
    }
}
