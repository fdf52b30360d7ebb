using System;
using System.IO;
using System.Linq;
using Xunit;

namespace ModelCompiler.Cli.Tests;

/// <summary>TensorFlow models on the command line: where they begin and end, and folders.</summary>
public sealed class TensorFlowTests
{
    private static readonly string[] Cut = ["--inputs=normalised", "--input-shape=normalised:1,64,64,3"];

    [Fact]
    public void A_graph_is_cut_where_the_network_begins_and_quantised_as_any_other()
    {
        (int exitCode, string output, string error) = Samples.Run(
            [
                "run", Samples.Shapes("shapes.pb"), Samples.Shapes("calibration/0?_*.jpg"), .. Cut, "--outputs=final_result", "--precision=Int8",
                "--calibration=" + Samples.Shapes("calibration/*.jpg"), "--labels=" + Samples.Shapes("labels.txt"), "--mean=128", "--scale=0.0078125", "--top=1",
            ]);

        Assert.True(exitCode == 0, error);
        Assert.Matches("Int8, .* int8 agrees with float on 9[3-6] of 96 calibration files", output);
        foreach (string file in Directory.GetFiles(Samples.Shapes("calibration"), "0?_*.jpg"))
        {
            string label = Path.GetFileNameWithoutExtension(file)[3..];
            Assert.Matches($@"{Path.GetFileName(file)} +{label} +[01]\.", output);
        }
    }

    [Fact]
    public void Another_node_can_be_the_output()
    {
        using var folder = new TemporaryFolder();

        (int exitCode, _, string error) = Samples.Run(["compile", Samples.Shapes("shapes.pb"), .. Cut, "--outputs", "average;logits", "--output", folder.FullPath]);

        Assert.True(exitCode == 0, error);
        string plan = File.ReadAllText(folder["Shapes.modelplan"]);
        Assert.Equal(["average", "logits"], plan.Split('\n').Where(line => line.StartsWith("output ", StringComparison.Ordinal)).Select(line => line.Split('"')[1]));
    }

    [Theory]
    [InlineData("Inputs=\"normalized\" is not valid: the graph has no node of that name; it begins with 'contents', 'truth'", "--inputs=normalized")]
    [InlineData("Outputs=\"softmax\" is not valid: the graph has no node of that name; it ends with 'final_result'", "--inputs=normalised", "--outputs=softmax")]
    [InlineData("InputShape=\"input:1,64,64,3\" is not valid: the model has no such input; it has 'normalised'", "--inputs=normalised", "--input-shape=input:1,64,64,3")]
    [InlineData("Inputs=\"Mul;Mul\" is not valid: name each node once, separated by semicolons", "--inputs=Mul;Mul")]
    public void Names_that_are_not_in_the_graph_are_refused_with_those_that_are(string expected, params string[] arguments)
    {
        (int exitCode, _, string error) = Samples.Run(["compile", Samples.Shapes("shapes.pb"), .. arguments]);

        Assert.Equal(1, exitCode);
        Assert.Contains("error MC2001: " + expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_a_signature_are_taken_and_offered()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["saved_model.pb"], Samples.SavedModel());

        Assert.Equal(0, Samples.Run("compile", folder.FullPath, "--class=Shapes", "--inputs=picture", "--outputs=scores", "--output", folder.FullPath).ExitCode);
        Assert.Contains("; it begins with 'picture', 'contents', 'truth'", Samples.Run("compile", folder.FullPath, "--class=Shapes", "--inputs=image").Error, StringComparison.Ordinal);
        Assert.Contains("; it ends with 'scores', 'final_result'", Samples.Run("compile", folder.FullPath, "--class=Shapes", "--outputs=labels").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_and_the_file_in_it_are_the_same_model()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["keyword-spotting"]);
        File.WriteAllBytes(folder["keyword-spotting/saved_model.pb"], Samples.SavedModel());

        Assert.Equal(0, Samples.Run("compile", folder["keyword-spotting"], "--output", folder["a"]).ExitCode);
        Assert.Equal(0, Samples.Run("compile", folder["keyword-spotting/saved_model.pb"], "--output", folder["b"]).ExitCode);
        Assert.Equal(File.ReadAllBytes(folder["a/KeywordSpotting.modelplan"]), File.ReadAllBytes(folder["b/KeywordSpotting.modelplan"]));
    }

    [Fact]
    public void A_folder_without_a_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("error MC1001: ", Samples.Run("compile", folder.FullPath, "--class=Model").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--inputs=image", "Inputs=\"image\"")]
    [InlineData("--outputs=logits", "Outputs=\"logits\"")]
    public void Models_of_other_formats_are_not_cut(string argument, string named)
    {
        (int exitCode, _, string error) = Samples.Run("compile", Samples.Digits("digits.onnx"), argument);

        Assert.Equal(1, exitCode);
        Assert.Contains($"error MC2001: {named} is not valid: only TensorFlow's graphs are cut by the names of nodes", error, StringComparison.Ordinal);
    }
}
