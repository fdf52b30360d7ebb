using System;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Output;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Cli.Tests;

public sealed class PlanFilesTests
{
    private static readonly ModelPlan Plan = new() { ClassName = "Digits", WeightBytes = 104 };

    private static readonly byte[] Weights = [.. Enumerable.Range(0, 104).Select(index => (byte)(index * 7))];

    [Fact]
    public void Literal_weights_are_base64_in_lines_of_100_characters()
    {
        using var folder = new TemporaryFolder();

        PlanFiles.Write(folder.FullPath, Plan, Weights);

        Assert.Equal(["Digits.modelplan", "Digits.modelweights"], folder.Files);
        string text = File.ReadAllText(folder["Digits.modelweights"]);
        Assert.Equal([100, 40], text.TrimEnd('\n').Split('\n').Select(line => line.Length));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.Equal(Weights, Convert.FromBase64String(text));
        Assert.Equal(Plan, PlanReader.Read(File.ReadAllText(folder["Digits.modelplan"])));
    }

    [Fact]
    public void A_change_of_form_removes_the_other()
    {
        using var folder = new TemporaryFolder();

        PlanFiles.Write(folder.FullPath, Plan, Weights);
        PlanFiles.Write(folder.FullPath, Plan with { WeightStorage = WeightStorage.Resource }, Weights);

        Assert.Equal(["Digits.modelplan", "Digits.weights.bin"], folder.Files);
        Assert.Equal(Weights, File.ReadAllBytes(folder["Digits.weights.bin"]));

        PlanFiles.Write(folder.FullPath, Plan, Weights);

        Assert.Equal(["Digits.modelplan", "Digits.modelweights"], folder.Files);
    }

    [Fact]
    public void Files_to_watch_are_listed_where_there_are_any()
    {
        using var folder = new TemporaryFolder();

        PlanFiles.WriteInputs(folder.FullPath, "Digits", ["/a b/weights.bin", "/c.png"]);
        Assert.Equal("/a b/weights.bin\n/c.png\n", File.ReadAllText(folder["Digits.inputs"]));

        PlanFiles.WriteInputs(folder.FullPath, "Digits", []);
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void A_file_that_cannot_be_written_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["Digits.modelplan"]);

        Assert.ThrowsAny<Exception>(() => PlanFiles.WriteWhole(folder["Digits.modelplan"], Weights));

        Assert.Empty(folder.Files);
    }
}
