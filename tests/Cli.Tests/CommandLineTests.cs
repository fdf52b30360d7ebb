using System;
using System.IO;
using System.Linq;
using Xunit;

namespace ModelCompiler.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("modelc : error MC4002: Required argument missing for command: 'compile'. See modelc --help", "compile")]
    [InlineData("modelc : error MC4002: Unrecognized command or argument '--colour'. See modelc --help", "compile", "x.onnx", "--colour")]
    [InlineData("modelc : error MC4002: Option '--qdq' is required. See modelc --help", "export", "x.onnx")]
    [InlineData("modelc : error MC4002: --qdq needs the name of a file to write. See modelc --help", "export", "x.onnx", "--qdq", "")]
    [InlineData("x.onnx : error MC3042: Precision=\"WeightInt8\" decides how a program stores weights, which has no part in the graph that is exported: the file would be that of Float32; export Float32, Int8, Int8Only, Rounded256, Auto", "export", "x.onnx", "--precision", "WeightInt8", "--qdq", "y.onnx")]
    [InlineData("missing.onnx : error MC1001: the model file does not exist; check the Include of the ModelFile item", "compile", "missing.onnx")]
    [InlineData("x.onnx : error MC2001: Precision=\"Int9\" is not valid: use Float32, Int8, Int8Only, DynamicInt8, WeightInt8, Float16Weights, Rounded256 or Auto", "compile", "x.onnx", "--precision", "Int9")]
    [InlineData("x.onnx : error MC2001: Precision=\"1\" is not valid: use Float32, Int8, Int8Only, DynamicInt8, WeightInt8, Float16Weights, Rounded256 or Auto", "compile", "x.onnx", "--precision", "1")]
    [InlineData("x.onnx : error MC2001: Calibrator=\"Percentile99\" is not valid: use MinMax, MovingAverage, Percentile99.999, Percentile99.99, Percentile99.9, Entropy, MeanSquaredError or Auto", "compile", "x.onnx", "--calibrator", "Percentile99")]
    [InlineData("x.onnx : error MC2001: LearnedRounding=\"yes\" is not valid: use true or false", "compile", "x.onnx", "--learned-rounding=yes")]
    [InlineData("x.onnx : error MC2001: State=\"h\" is not valid: use an output's name, = and an input's name, such as h_out=h_in;c_out=c_in", "compile", "x.onnx", "--state", "h")]
    [InlineData("x.onnx : error MC2001: Scores=\"Best\" is not valid: use Raw, Softmax or Exponential", "compile", "x.onnx", "--scores", "Best")]
    [InlineData("x.onnx : error MC2001: Access=\"Private\" is not valid: use Internal or Public", "compile", "x.onnx", "--access=Private")]
    [InlineData("x.onnx : error MC2001: ReverseChannels=\"maybe\" is not valid: use true or false", "compile", "x.onnx", "--reverse-channels-value=maybe")]
    [InlineData("x.onnx : error MC2001: LiteralLimit=\"-1\" is not valid: use a whole number from 0 to 2147483647", "compile", "x.onnx", "--literal-limit=-1")]
    [InlineData("x.onnx : error MC2001: MaximumArenaBytes=\"64 KB\" is not valid: use a whole number of at least 1", "compile", "x.onnx", "--maximum-arena-bytes=64 KB")]
    [InlineData("x.onnx : error MC2001: Threads=\"0\" is not valid: use a whole number from 1 to 1024", "compile", "x.onnx", "--threads=0")]
    [InlineData("x.onnx : error MC2001: MaximumMacs=\"0\" is not valid: use a whole number of at least 1", "compile", "x.onnx", "--maximum-macs=0")]
    [InlineData("x.onnx : error MC2001: MinimumAgreement=\"99\" is not valid: use a share from 0 to 1, such as 0.99, or a percentage, such as 99 %", "compile", "x.onnx", "--minimum-agreement=99")]
    [InlineData("x.onnx : error MC2001: MinimumAgreement=\"101 %\" is not valid: use a share from 0 to 1, such as 0.99, or a percentage, such as 99 %", "compile", "x.onnx", "--minimum-agreement=101 %")]
    [InlineData("x.onnx : error MC2001: MaximumError=\"NaN\" is not valid: use a share from 0 to 1, such as 0.99, or a percentage, such as 99 %", "compile", "x.onnx", "--maximum-error=NaN")]
    [InlineData("x.onnx : error MC2001: MaximumError=\"-0.1\" is not valid: use a share from 0 to 1, such as 0.99, or a percentage, such as 99 %", "compile", "x.onnx", "--maximum-error=-0.1")]
    [InlineData("x.onnx : error MC2001: Evaluation=\"nowhere/**/*.png\" is not valid: no file matches", "compile", "x.onnx", "--evaluation", "nowhere/**/*.png")]
    [InlineData("x.onnx : error MC2001: Mean=\"1,,2\" is not valid: use one number, or one a channel separated by commas, such as 0.5 or 123.7,116.3,103.5", "compile", "x.onnx", "--mean", "1,,2")]
    [InlineData("x.onnx : error MC2001: Scale=\"NaN\" is not valid: use one number, or one a channel separated by commas, such as 0.5 or 123.7,116.3,103.5", "compile", "x.onnx", "--scale", "NaN")]
    [InlineData("x.onnx : error MC2001: ClassName=\"2 d\" is not valid: use a C# identifier", "compile", "x.onnx", "--class", "2 d")]
    [InlineData("x.onnx : error MC2001: Namespace=\"a..b\" is not valid: use C# identifiers separated by dots", "compile", "x.onnx", "--namespace", "a..b")]
    [InlineData("x.onnx : error MC2001: Calibration=\"nowhere/*.png\" is not valid: no file matches", "compile", "x.onnx", "--calibration", "nowhere/*.png")]
    [InlineData("x.onnx : error MC2001: Calibration=\"\" is not valid: no file matches", "compile", "x.onnx", "--calibration", "")]
    [InlineData("x.onnx : error MC2001: InputShape=\"data\" is not valid: use each input's name once, with a colon and its dimensions, such as data:1,3,224,224;other:1,10", "compile", "x.onnx", "--input-shape", "data")]
    [InlineData("x.onnx : error MC2001: InputShape=\"data:1,0\" is not valid: use each input's name once, with a colon and its dimensions, such as data:1,3,224,224;other:1,10", "compile", "x.onnx", "--input-shape", "data:1,0")]
    [InlineData("x.onnx : error MC2001: InputValue=\"axes:one\" is not valid: use each input's name once, with a colon and its numbers, such as axes:1,2;scale:0.5", "compile", "x.onnx", "--input-value", "axes:one")]
    public void Wrong_input_is_one_line_that_an_editor_understands(string expected, params string[] arguments)
    {
        (int exitCode, string output, string error) = Run(arguments);

        Assert.Equal(1, exitCode);
        Assert.Equal(expected, error.TrimEnd());
        Assert.Equal("", output);
    }

    [Fact]
    public void All_wrong_values_are_reported_at_once() =>
        Assert.Equal(3, Run("compile", "x.onnx", "--precision=a", "--mean=b", "--class=+").Error.TrimEnd().Split('\n').Length);

    [Fact]
    public void A_response_file_that_is_missing_is_an_error() =>
        Assert.StartsWith("modelc : error MC4002: The response file 'nowhere.rsp' cannot be read", Run("compile", "@nowhere.rsp").Error, StringComparison.Ordinal);

    [Fact]
    public void A_model_is_exported_as_ONNX_that_this_compiler_reads_again()
    {
        using var folder = new TemporaryFolder();
        string file = folder["digits.onnx"];

        (int exitCode, string output, _) = Run("export", Digits("digits.onnx"), "--qdq", file);

        Assert.Equal(0, exitCode);
        Assert.StartsWith("Digits: Float32, ", output, StringComparison.Ordinal);
        Assert.Equal(Run("inspect", Digits("digits.onnx")).Output.Split('\n')[1..3], Run("inspect", file).Output.Split('\n')[1..3]);
    }

    [Fact]
    public void Help_names_the_commands() => Assert.Contains("compile <MODEL>", Run().Output, StringComparison.Ordinal);

    [Fact]
    public void Operators_prints_the_page_of_the_documentation() =>
        Assert.Contains("| Conv | 1–", Run("operators").Output, StringComparison.Ordinal);

    [Fact]
    public void An_output_folder_that_cannot_be_is_an_error()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("file", "");

        (int exitCode, _, string error) = Run("compile", Digits("digits.onnx"), "--output", file);

        Assert.Equal(1, exitCode);
        Assert.StartsWith("modelc : error MC4004: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Int8_by_response_file_gives_plan_weights_and_a_summary_and_the_same_again()
    {
        using var folder = new TemporaryFolder();
        string responseFile = folder.Write("digits.rsp", $"""
            # As the build writes it.
            {Digits("digits.onnx")}
            --precision=int8
            --calibration={Digits("calibration/*.png")}
            --labels={Digits("labels.txt")}
            --mean=33.3
            --scale=0.0127
            """);

        (int exitCode, string output, string error) = Run("compile", "@" + responseFile, "--output", folder["first folder"]);

        Assert.True(exitCode == 0, error);
        Assert.Matches("^Digits: Int8, [0-9.]+ KB weights, [0-9.]+ KB arena, [0-9.]+ MMAC, int8 agrees with float on (9[5-9]|100) of 100 calibration files$", output.TrimEnd().Split('\n')[^1]);
        Assert.Equal(0, Run("compile", "@" + responseFile, "--output=" + folder["second"]).ExitCode);
        foreach (string file in (string[])["Digits.modelplan", "Digits.modelweights"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder["first folder"], file)), File.ReadAllBytes(Path.Combine(folder["second"], file)));
        }
    }

    [Fact]
    public void What_one_build_decides_on_its_examples_another_builds_without_them()
    {
        using var folder = new TemporaryFolder();
        string[] settings = ["compile", Digits("digits.onnx"), "--precision=Int8", "--calibrator=entropy", "--bias-correction=False", "--calibration-cache", folder["digits.calibration"]];

        (int withExamples, string made, string error) = Run([.. settings, "--output", folder["a"], "--calibration", Digits("calibration/*0.png")]);
        Assert.True(withExamples == 0, made + error);
        (int without, string remade, error) = Run([.. settings, "--output", folder["b"]]);

        Assert.True(without == 0, error);
        Assert.Equal(made.TrimEnd().Split('\n')[^1], remade.TrimEnd().Split('\n')[^1]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["a"], "Digits.modelplan")), File.ReadAllBytes(Path.Combine(folder["b"], "Digits.modelplan")));
        Assert.Contains("MC3020", Run([.. settings, "--output", folder["c"], "--mean=3"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Design_time_needs_no_calibration()
    {
        using var folder = new TemporaryFolder();

        (int exitCode, string output, string error) = Run("compile", Digits("digits.onnx"), "--output", folder.FullPath, "--precision", "Int8", "--design-time");

        Assert.True(exitCode == 0, error);
        Assert.StartsWith("Digits: Float32, ", output, StringComparison.Ordinal);
        Assert.Equal(["Digits.modelplan", "Digits.modelweights"], folder.Files);
    }

    [Fact]
    public void Csharp_files_are_written_on_request_and_large_weights_are_to_be_embedded()
    {
        using var folder = new TemporaryFolder();

        (int exitCode, string output, string error) = Run("compile", Digits("digits.onnx"), "--output", folder.FullPath, "--class", "DigitModel", "--namespace", "Shop", "--csharp", "--literal-limit", "0");

        Assert.True(exitCode == 0, error);
        Assert.Contains("Embed DigitModel.weights.bin as the resource 'Shop.DigitModel.weights'", output, StringComparison.Ordinal);
        Assert.Contains("DigitModel.weights.bin", folder.Files);
        Assert.Contains(folder.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal)), file => File.ReadAllText(folder[file]).Contains("class DigitModel", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_shows_the_best_classes_of_each_input_and_the_time_of_one_prediction()
    {
        string[] model = ["run", Digits("digits.onnx"), "--mean=33.3", "--scale=0.0127", "--labels", Digits("labels.txt")];

        (int exitCode, string output, string error) = Run([.. model, Digits("test/0?_*.png"), "--top", "2", "--time", "--verbose"]);

        Assert.True(exitCode == 0, error);
        Assert.Matches(@"(?s)06_6\.png +6 +[01]\.\d{4} +\n +\d +[01]\.\d{4} +\n.*07_7\.png +7 +", output);
        Assert.Matches(@"\d+\.\d µs a prediction \(median; least \d+\.\d µs; \d+ runs after warming up; one thread\)", output);
        Assert.Matches(@"step +kernel +µs +share +note", output);
        Assert.Contains("cannot be used", Run([.. model, Digits("labels.txt")]).Error, StringComparison.Ordinal);
    }

    private static string Digits(string file) => Samples.Digits(file);

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments) => Samples.Run(arguments);
}
