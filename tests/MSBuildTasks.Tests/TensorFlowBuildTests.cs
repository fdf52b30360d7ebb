using System;
using System.IO;
using System.Linq;
using Xunit;

namespace ModelCompiler.MSBuildTasks.Tests;

/// <summary>Builds of TensorFlow models with a fake compiler: graphs that are cut, folders that are models.</summary>
public sealed class TensorFlowBuildTests
{
    private const string Models = "-t:ModelCompilerCompile";

    [Fact]
    public void Where_a_graph_begins_and_ends_is_handed_on_and_a_change_of_it_starts_the_compiler()
    {
        const string Items = """<ModelFile Include="retrained_graph.pb" Inputs="Mul;keep prob" Outputs="final_result; logits" InputShape="Mul:1,299,299,3" Visible="false" />""";
        using var project = new TestProject(Items);
        project.Write("retrained_graph.pb", "");

        string[] started = Assert.Single(project.Build("-restore", Models).Started);

        Assert.Equal(
            [
                "compile", Path.Combine(project.Folder, "retrained_graph.pb"), "--output=" + Path.Combine(project.Folder, "obj/Debug/net10.0/ModelCompiler/RetrainedGraph"), "--class=RetrainedGraph",
                "--namespace=App", "--input-shape=Mul:1,299,299,3", "--inputs=Mul;keep prob", "--outputs=final_result; logits",
            ],
            started);
        Assert.Empty(project.Build(Models).Started);
        project.WriteProject(Items.Replace("; logits", "", StringComparison.Ordinal));
        Assert.Contains("--outputs=final_result", Assert.Single(project.Build(Models).Started));
    }

    [Fact]
    public void A_wrong_name_is_an_error_at_the_model_with_the_names_that_are_there()
    {
        using var project = new TestProject("""<ModelFile Include="flowers" Inputs="image" />""");
        string model = Path.Combine(project.Folder, "flowers");
        const string Message = "error MC2001: Inputs=\"image\" is not valid: the graph has no node of that name; it begins with 'input', 'keep'";
        project.Write("flowers/saved_model.pb", $"{model} : {Message}");

        BuildOutcome outcome = project.Build("-restore", Models);

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains($"{model} : {Message} [", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MSB6006", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models/flower-labels")]
    [InlineData("models/flower-labels/")]
    [InlineData("models/flower-labels/saved_model.pb")]
    public void A_folder_is_a_model_and_every_file_in_it_counts(string include)
    {
        using var project = new TestProject($"""<ModelFile Include="{include}" />""");
        string folder = Path.Combine(project.Folder, "models/flower-labels");
        project.Write("models/flower-labels/saved_model.pb", "");
        project.Write("models/flower-labels/variables/variables.index", "");
        project.Write("models/flower-labels/variables/variables.data-00000-of-00001", "");

        string[] first = Assert.Single(project.Build("-restore", Models).Started);
        Assert.Equal(["compile", folder], first.Take(2));
        Assert.Contains("--class=FlowerLabels", first);
        AssertBuilds(project, 0, "nothing has changed");

        project.Write("models/flower-labels/variables/variables.data-00000-of-00001", "trained on");
        AssertBuilds(project, 1, "the variables have changed");
        AssertBuilds(project, 0, "the changed variables have been compiled");

        project.Write("models/flower-labels/assets/vocabulary.txt", "");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "assets/vocabulary.txt"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        AssertBuilds(project, 1, "a file has come, however old");

        File.Delete(Path.Combine(folder, "assets/vocabulary.txt"));
        AssertBuilds(project, 1, "a file has gone");
        AssertBuilds(project, 0, "nothing has changed since");
    }

    [Fact]
    public void An_editor_watches_the_files_of_a_folder()
    {
        using var project = new TestProject("""<ModelFile Include="flowers" />""");
        project.Write("flowers/saved_model.pb", "");
        project.Write("flowers/variables/variables.index", "");

        BuildOutcome outcome = project.Build("-t:_ModelCompilerCollectUpToDateCheck", "-getItem:UpToDateCheckInput");

        Assert.Contains("flowers/variables/variables.index", outcome.Output.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("flowers/saved_model.pb", outcome.Output.Replace('\\', '/'), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_folders_of_one_name_are_two_classes_of_one_name()
    {
        using var project = new TestProject("""<ModelFile Include="a/flowers;b/flowers" />""");
        project.Write("a/flowers/saved_model.pb", "");
        project.Write("b/flowers/saved_model.pb", "");

        Assert.Contains("error MC4001: the class name 'Flowers' is taken by '", project.Build("-restore", Models).Output, StringComparison.Ordinal);
    }

    private static void AssertBuilds(TestProject project, int count, string why)
    {
        BuildOutcome outcome = project.Build(Models);
        Assert.True(outcome.ExitCode == 0, outcome.Output);
        Assert.True(outcome.Started.Count == count, $"{why}, but the compiler was started {outcome.Started.Count} times");
    }
}
