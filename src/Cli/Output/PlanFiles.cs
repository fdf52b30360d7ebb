using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using ModelCompiler.Compiler.Reports;
using ModelCompiler.Plans;

namespace ModelCompiler.Cli.Output;

/// <summary>
/// Writes what the C# generator reads: <c>X.modelplan</c>, and either <c>X.modelweights</c> (base64 in lines, for weights as literals) or
/// <c>X.weights.bin</c> (to be embedded). Files appear complete or not at all; the plan last, as it stands for the whole.
/// </summary>
internal static class PlanFiles
{
    private const int LineLength = 100;

    /// <summary>Writes the files and removes the other form of the weights.</summary>
    /// <param name="directory">Where to; made if need be.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="weights">The constants.</param>
    public static void Write(string directory, ModelPlan plan, byte[] weights)
    {
        Directory.CreateDirectory(directory);
        string file = Path.Combine(directory, plan.ClassName);
        if (plan.WeightStorage == WeightStorage.Literals)
        {
            WriteWhole(file + ".modelweights", Encoding.ASCII.GetBytes(Base64Lines(weights)));
            File.Delete(file + ".weights.bin");
        }
        else
        {
            WriteWhole(file + ".weights.bin", weights);
            File.Delete(file + ".modelweights");
        }

        WriteWhole(file + ".modelplan", Encoding.UTF8.GetBytes(PlanWriter.Write(plan)));
    }

    /// <summary>Writes <c>X.inputs</c>, a path a line: the files that a build must watch beside those that it has named itself. Where there are none, there is no file.</summary>
    /// <param name="directory">Where to; made if need be.</param>
    /// <param name="name">The class.</param>
    /// <param name="files">The files.</param>
    public static void WriteInputs(string directory, string name, IReadOnlyCollection<string> files)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, name + ".inputs");
        if (files.Count == 0)
        {
            File.Delete(path);
        }
        else
        {
            WriteWhole(path, Encoding.UTF8.GetBytes(string.Concat(files.Select(file => file + "\n"))));
        }
    }

    /// <summary>Writes a report as <c>.report.json</c> and <c>.report.html</c>.</summary>
    /// <param name="directory">Where to; made if need be.</param>
    /// <param name="name">The class.</param>
    /// <param name="details">The report.</param>
    public static void WriteReport(string directory, string name, ModelReport details)
    {
        Directory.CreateDirectory(directory);
        string file = Path.Combine(directory, name);
        WriteWhole(file + ".report.json", Encoding.UTF8.GetBytes(ReportWriter.ToJson(details)));
        WriteWhole(file + ".report.html", Encoding.UTF8.GetBytes(ReportWriter.ToHtml(details)));
    }

    /// <summary>Base64 in lines of 100 characters.</summary>
    /// <param name="bytes">What to write.</param>
    public static string Base64Lines(byte[] bytes)
    {
        string text = Convert.ToBase64String(bytes);
        var lines = new StringBuilder(text.Length + (text.Length / LineLength) + 1);
        for (int start = 0; start < text.Length; start += LineLength)
        {
            lines.Append(text, start, Math.Min(LineLength, text.Length - start)).Append('\n');
        }

        return lines.ToString();
    }

    /// <summary>Writes a file such that nobody sees half of it, even when the process is killed or another writes the same.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">Its content.</param>
    public static void WriteWhole(string path, byte[] bytes)
    {
        string partial = $"{path}.{Environment.ProcessId}.partial";
        try
        {
            File.WriteAllBytes(partial, bytes);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
