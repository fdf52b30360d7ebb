using System;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace ModelCompiler.MSBuildTasks.Tests;

/// <summary>Real builds with a fake compiler. A build takes seconds, so each test asks all it wants to know of one project.</summary>
public sealed class BuildTests
{
    /// <summary>The target that compiles models, without the C# compiler behind it.</summary>
    private const string Models = "-t:ModelCompilerCompile";

    [Fact]
    public void A_build_compiles_each_model_once_and_clean_removes_what_it_made()
    {
        using var project = new TestProject("""
            <ModelFile Include="models/*.onnx" />
            <ModelFile Update="models/digits.onnx" Precision="Int8" Calibration="calibration/**/*.png; more/one.npy" Labels="labels.txt" Mean="33.3" Scale="0.0127"
                       Access="Public" Namespace="Shop.Models" InputShape="data:1,28,28;other:1,10" Scores="Softmax" Rounding="TfLite" State="h_out=h;c_out=c" ReverseChannels="true" Winograd="false" LiteralLimit="4096" Threads="4"
                       Calibrator="Auto" CalibrationCache="more/digits.calibration" ChannelSplitting="true" LayerReconstruction="true" LearnedRounding="true" Int16Sums="false" BiasCorrection="false" BranchScales="false" CrossLayerEqualization="false" ActivationEqualization="false"
                       Evaluation="evaluation/**/*.png" MaximumArenaBytes="65536" MaximumWeightBytes="1000000" MaximumMacs="5000000" MinimumAgreement="99 %" MaximumError="0.05" />
            <ModelFile Update="models/face_detector-2.onnx" Evaluation="nowhere/*.png" />
            """);
        project.Write("models/digits.onnx", "Digits: Int8, 23.4 KB weights");
        project.Write("models/face_detector-2.onnx", "large");
        project.Write("calibration/deep/b (2);x.png", "");
        project.Write("calibration/a.png", "");
        project.Write("more/one.npy", "");
        project.Write("more/digits.calibration", "");
        project.Write("labels.txt", "");
        project.Write("evaluation/cat/a.png", "");

        BuildOutcome first = project.Build("-restore", "-t:Build");

        Assert.True(first.ExitCode == 0, first.Output);
        Assert.Equal(
            [
                "compile", Full("models/digits.onnx"), "--output=" + Full("obj/Debug/net10.0/ModelCompiler/Digits"), "--class=Digits", "--namespace=Shop.Models",
                "--access=Public", "--mean=33.3", "--scale=0.0127", "--reverse-channels-value=true", "--input-shape=data:1,28,28;other:1,10", "--rounding=TfLite", "--scores=Softmax", "--state=h_out=h;c_out=c", "--winograd=false", "--literal-limit=4096", "--threads=4",
                "--maximum-arena-bytes=65536", "--maximum-weight-bytes=1000000", "--maximum-macs=5000000",
                "--labels=" + Full("labels.txt"), "--precision=Int8", "--calibrator=Auto", "--cross-layer-equalization=false", "--activation-equalization=false", "--branch-scales=false", "--channel-splitting=true", "--int16-sums=false", "--layer-reconstruction=true", "--learned-rounding=true", "--bias-correction=false", "--minimum-agreement=99 %", "--maximum-error=0.05",
                "--calibration-cache=" + Full("more/digits.calibration"),
                "--calibration=" + Full("calibration/a.png"), "--calibration=" + Full("calibration/deep/b (2);x.png"), "--calibration=" + Full("more/one.npy"),
                "--evaluation=" + Full("evaluation/cat/a.png"),
            ],
            first.Started.Single(arguments => arguments.Contains("--class=Digits")));
        Assert.Equal(
            ["compile", Full("models/face_detector-2.onnx"), "--output=" + Full("obj/Debug/net10.0/ModelCompiler/FaceDetector2"), "--class=FaceDetector2", "--namespace=App", "--evaluation=" + Full("nowhere/*.png")],
            first.Started.Single(arguments => arguments.Contains("--class=FaceDetector2")));
        Assert.Equal(2, first.Started.Count);
        Assert.Contains("Digits: Int8, 23.4 KB weights", first.Output, StringComparison.Ordinal);
        AssertItems(first.Output);
        Assert.Equal(["App.FaceDetector2.weights"], ResourceNames(Full("bin/Debug/net10.0/App.dll")));

        BuildOutcome second = project.Build("-t:Build");

        Assert.True(second.ExitCode == 0, second.Output);
        Assert.Empty(second.Started);
        AssertItems(second.Output);

        BuildOutcome clean = project.Build("-t:Clean");

        Assert.True(clean.ExitCode == 0, clean.Output);
        Assert.False(project.Exists("obj/Debug/net10.0/ModelCompiler"));

        string Full(string path) => Path.Combine(project.Folder, path);
    }

    [Fact]
    public void Only_what_the_plan_depends_on_starts_the_compiler_again()
    {
        const string Items = """<ModelFile Include="digits.onnx" Precision="Int8" Calibration="calibration/*.png" CalibrationCache="digits.calibration" Evaluation="evaluation/**" Labels="labels.txt" Mean="1" /><ModelFile Include="other.onnx" />""";
        using var project = new TestProject(Items);
        project.Write("digits.onnx", "");
        project.Write("other.onnx", "with other.data");
        project.Write("other.data", "");
        project.Write("calibration/a.png", "");
        project.Write("calibration/b.png", "");
        project.Write("labels.txt", "");
        project.Write("digits.calibration", "");
        project.Write("evaluation/cat/a.png", "");
        Assert.Equal(["Digits", "Other"], Compiled("-restore", Models));

        project.Write("Code.cs", "namespace App { public static class Changed { } }\n");
        Assert.Empty(Compiled(Models));
        project.Write("calibration/a.png", "changed");
        Assert.Equal(["Digits"], Compiled(Models));
        project.Write("evaluation/cat/a.png", "changed");
        Assert.Equal(["Digits"], Compiled(Models));
        project.Write("labels.txt", "changed");
        Assert.Equal(["Digits"], Compiled(Models));
        project.Write("digits.calibration", "changed");
        Assert.Equal(["Digits"], Compiled(Models));
        project.Write("other.data", "changed");
        Assert.Equal(["Other"], Compiled(Models));
        File.Delete(Path.Combine(project.Folder, "digits.calibration"));
        Assert.Equal(["Digits"], Compiled(Models));
        project.Write("digits.calibration", "as the compiler would write it");
        Assert.Equal(["Digits"], Compiled(Models));
        project.Write("calibration/0-added-but-old.png", "");
        File.SetLastWriteTimeUtc(Path.Combine(project.Folder, "calibration/0-added-but-old.png"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(["Digits"], Compiled(Models));
        File.Delete(Path.Combine(project.Folder, "calibration/b.png"));
        Assert.Equal(["Digits"], Compiled(Models));
        File.Delete(Path.Combine(project.Folder, "obj/Debug/net10.0/ModelCompiler/Digits/Digits.modelweights"));
        Assert.Equal(["Digits"], Compiled(Models));
        project.WriteProject(Items, "<Deterministic>true</Deterministic>");
        Assert.Empty(Compiled(Models));
        project.WriteProject(Items.Replace("Mean=\"1\"", "Mean=\"2\"", StringComparison.Ordinal));
        Assert.Equal(["Digits"], Compiled(Models));
        Assert.Equal(["Digits", "Other"], Compiled(Models, "-p:RootNamespace=Elsewhere"));
        Assert.Empty(Compiled(Models, "-p:RootNamespace=Elsewhere"));

        string[] Compiled(params string[] arguments)
        {
            BuildOutcome outcome = project.Build(arguments);
            Assert.True(outcome.ExitCode == 0, outcome.Output);
            return [.. outcome.Started.Select(started => started.Single(argument => argument.StartsWith("--class=", StringComparison.Ordinal))["--class=".Length..]).Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    public void The_projects_own_resources_and_additional_files_stay_what_they_are()
    {
        using var project = new TestProject("""<ModelFile Include="digits.onnx" /><EmbeddedResource Include="note.txt" /><AdditionalFiles Include="note.txt" />""");
        project.Write("digits.onnx", "large");
        project.Write("note.txt", "");
        project.Write("Texts.resx", """<root><resheader name="resmimetype"><value>text/microsoft-resx</value></resheader></root>""");

        BuildOutcome outcome = project.Build("-restore", "-t:Build");

        Assert.True(outcome.ExitCode == 0, outcome.Output);
        Assert.Equal(["App.Digits.weights", "App.Texts.resources", "App.note.txt"], ResourceNames(Path.Combine(project.Folder, "bin/Debug/net10.0/App.dll")).Order(StringComparer.Ordinal));
        Assert.Contains("additional: note.txt;obj/Debug/net10.0/ModelCompiler/Digits/Digits.modelplan\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_target_framework_has_files_of_its_own()
    {
        using var project = new TestProject("""<ModelFile Include="digits.onnx" />""", "<TargetFrameworks>net10.0;netstandard2.0</TargetFrameworks>");
        project.Write("digits.onnx", "");

        BuildOutcome outcome = project.Build("-restore", "-m:2");

        Assert.True(outcome.ExitCode == 0, outcome.Output);
        Assert.Equal(2, outcome.Started.Count);
        Assert.True(project.Exists("obj/Debug/net10.0/ModelCompiler/Digits/Digits.modelplan"));
        Assert.True(project.Exists("obj/Debug/netstandard2.0/ModelCompiler/Digits/Digits.modelplan"));
        Assert.Empty(project.Build("-m:2").Started);
    }

    [Fact]
    public void An_editor_gets_the_class_without_calibration()
    {
        using var project = new TestProject("""<ModelFile Include="digits.onnx" Precision="Int8" Calibration="*.png" /><ModelFile Include="bad.onnx" />""");
        project.Write("digits.onnx", "");
        project.Write("bad.onnx", "bad.onnx : error MC1004: the file is damaged");
        project.Write("a.png", "");
        string[] designTime = ["-t:CoreCompile", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true"];

        BuildOutcome first = project.Build([.. designTime, "-restore"]);

        Assert.True(first.ExitCode == 0, first.Output);
        string[] arguments = first.Started.Single(started => started.Contains("--class=Digits"));
        Assert.Contains("--design-time", arguments);
        Assert.DoesNotContain(arguments, argument => argument.StartsWith("--calibration", StringComparison.Ordinal) || argument.StartsWith("--precision", StringComparison.Ordinal));
        Assert.Contains("additional: obj/Debug/net10.0/ModelCompiler/Digits/design-time/Digits.modelplan;", first.Output, StringComparison.Ordinal);
        Assert.Contains("warning MC1004", first.Output, StringComparison.Ordinal);

        project.Write("bad.onnx", "");
        Assert.DoesNotContain(project.Build(designTime).Started, started => started.Contains("--class=Digits"));

        Assert.Equal(2, project.Build(Models).Started.Count);
        project.Write("digits.onnx", "changed");
        BuildOutcome afterBuild = project.Build(designTime);

        Assert.Empty(afterBuild.Started);
        Assert.Contains("additional: obj/Debug/net10.0/ModelCompiler/Digits/Digits.modelplan;", afterBuild.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_compiler_finds_is_reported_at_the_model_file_and_asked_again_by_the_next_build()
    {
        using var project = new TestProject("""<ModelFile Include="my digits.onnx" />""");
        string model = Path.Combine(project.Folder, "my digits.onnx");
        project.Write("my digits.onnx", $"""
            {model} : error MC1010: node 'conv (1)': operator Foo (opset 13) is not supported
            {model} : warning MC2003: odd labels
            {model} : message MC3010: 1 of 7 steps run in float32
            """);

        BuildOutcome failed = project.Build("-restore", Models);

        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains($"{model} : error MC1010: node 'conv (1)': operator Foo (opset 13) is not supported [", failed.Output, StringComparison.Ordinal);
        Assert.Contains($"{model} : warning MC2003: odd labels [", failed.Output, StringComparison.Ordinal);
        Assert.Contains("MC3010: 1 of 7 steps run in float32", failed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MSB6006", failed.Output, StringComparison.Ordinal);

        Assert.Single(project.Build(Models).Started);
        File.Delete(model);
        Assert.Contains("--class=MyDigits", Assert.Single(project.Build(Models).Started));
    }

    [Fact]
    public void Two_models_of_one_class_name_are_an_error_a_misspelt_name_a_warning_and_native_code_without_avx_a_message()
    {
        using var project = new TestProject("""<ModelFile Include="a/digits.onnx;b/Digits.onnx" Precision="Int8" Precison="Float32" Visible="false" />""", "<PublishAot>true</PublishAot>");
        project.Write("a/digits.onnx", "");
        project.Write("b/Digits.onnx", "");

        BuildOutcome outcome = project.Build(Models);

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("Digits.onnx : error MC4001: the class name 'Digits' is taken by '", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("warning MC4006: ModelFile has no metadata 'Precison', it is ignored; the names are Access, ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("'Visible'", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(outcome.Started);

        Assert.Contains("MC4003", project.Build("-t:_ModelCompilerNativeAotHint", "-p:RuntimeIdentifier=win-x64").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MC4003", project.Build("-t:_ModelCompilerNativeAotHint", "-p:RuntimeIdentifier=win-x64", "-p:IlcInstructionSet=x86-64-v3").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MC4003", project.Build("-t:_ModelCompilerNativeAotHint", "-p:RuntimeIdentifier=linux-arm64").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_way_of_the_folder_is_an_error_that_names_it()
    {
        using var project = new TestProject("""<ModelFile Include="digits.onnx" />""");
        project.Write("digits.onnx", "");
        project.Write("obj/Debug/net10.0/ModelCompiler/Digits", "");

        BuildOutcome outcome = project.Build("-restore", Models);

        Assert.Contains("Digits.rsp : error MC4004: ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MSB4018", outcome.Output, StringComparison.Ordinal);
    }

    private static void AssertItems(string output)
    {
        const string Root = "obj/Debug/net10.0/ModelCompiler/";
        Assert.Contains($"additional: {Root}Digits/Digits.modelplan;{Root}FaceDetector2/FaceDetector2.modelplan;{Root}Digits/Digits.modelweights\n", output, StringComparison.Ordinal);
        Assert.Contains($"resources: {Root}FaceDetector2/FaceDetector2.weights.bin as App.FaceDetector2.weights\n", output, StringComparison.Ordinal);
    }

    private static string[] ResourceNames(string assembly)
    {
        using var reader = new PEReader(File.OpenRead(assembly));
        MetadataReader metadata = reader.GetMetadataReader();
        return [.. metadata.ManifestResources.Select(handle => metadata.GetString(metadata.GetManifestResource(handle).Name))];
    }
}
