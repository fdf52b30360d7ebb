using System;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Evaluation;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Tests.Import;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Evaluation;

public sealed class EvaluationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("evaluation").FullName;

    private static CompileOptions Digits { get; } = new() { ModelPath = Repository.Sample("digits.onnx"), ClassName = "Digits", Mean = [33.318421f], Scale = [0.012728f] };

    private static string[] Pictures { get; } = [.. Directory.GetFiles(Repository.Sample("test")).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Int8)]
    [InlineData(Precision.DynamicInt8)]
    public void Pictures_in_folders_of_their_class_give_the_accuracy(Precision precision)
    {
        string[] files = [.. Pictures.Select(picture => Put(picture, DigitOf(picture)))];
        string[] calibration = Directory.GetFiles(Repository.Sample("calibration"));

        CompileResult result = Compiled(Digits with { Precision = precision, Calibration = [.. calibration], Evaluation = [.. files.Reverse()] });

        LabelledEvaluation evaluation = result.Report!.Evaluation!;
        Assert.Equal(20, evaluation.Examples);
        Assert.InRange(evaluation.Correct, 19, 20);
        Assert.InRange(evaluation.CorrectInFloat, 19, 20);
        Assert.Equal(20, evaluation.Confusion.Sum(count => count.Count));
        Assert.Equal(evaluation.Correct, evaluation.Confusion.Where(count => count.Actual == count.Predicted).Sum(count => count.Count));
        Assert.Contains(result.Plan!.Remarks, remark => remark.StartsWith("On 20 labelled files it gives the right class for ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_names_classes_by_label_or_number_and_files_relative_to_itself()
    {
        string labels = Write("labels.txt", "zero, none\none\nTwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
        string[] names = ["\"zero, none\"", "1", "two", "three", "four", "five", "six", "7", "eight", "nine"];
        string[] put = [.. Pictures.Select(picture => Put(picture, "pictures, all"))];
        string[] lines = [.. Pictures.Zip(put, (picture, path) => $"\"{Path.GetRelativePath(folder, path)}\",{names[DigitOf(picture)[0] - '0']}")];
        string list = Write("list.csv", "path,label\n\n" + string.Join("\r\n", lines) + "\n");

        CompileResult result = Compiled(Digits with { LabelsPath = labels, Evaluation = [list] });

        LabelledEvaluation evaluation = result.Report!.Evaluation!;
        Assert.InRange(evaluation.Correct, 19, 20);
        Assert.Equal("Two", evaluation.Classes[2]);
        Assert.Equal(put.Order(StringComparer.Ordinal), result.DataFiles);
    }

    [Fact]
    public void A_wrong_label_shows_in_the_confusion()
    {
        string picture = Put(Pictures[0], "7");
        string other = Put(Pictures[1], DigitOf(Pictures[1]));

        LabelledEvaluation evaluation = Compiled(Digits with { Evaluation = [picture, other] }).Report!.Evaluation!;

        Assert.Equal((2, 1), (evaluation.Examples, evaluation.Correct));
        Assert.Contains(new ConfusionCount(7, DigitOf(Pictures[0])[0] - '0', 1), evaluation.Confusion);
        Assert.Equal(0.5, evaluation.Accuracy);
    }

    [Fact]
    public void Unknown_classes_bad_lists_and_missing_files_are_refused_at_once()
    {
        string unknown = Put(Pictures[0], "ten"), again = Put(Pictures[1], "ten"), high = Put(Pictures[2], "10");
        string empty = Write("empty.csv", "path,label\n"), malformed = Write("malformed.csv", "a.png\n"), missing = Path.Combine(folder, "none.csv");
        string lost = Write("lost.csv", "nowhere.png,3\n");

        CompileResult result = CompilerDriver.Compile(Digits with { Evaluation = [unknown, again, high, empty, malformed, missing, lost] });

        Assert.Null(result.Plan);
        Assert.Equal(
            new[] { ("MC3025", unknown), ("MC3025", high), ("MC3026", empty), ("MC3026", malformed), ("MC3026", missing), ("MC3002", Path.Combine(folder, "nowhere.png")) }.Order(),
            result.Diagnostics.Select(diagnostic => (diagnostic.Kind.Code, diagnostic.File)).Order());
        Assert.Contains(result.Diagnostics, diagnostic => diagnostic.Message.Contains("'ten' of 2 evaluation files", StringComparison.Ordinal));
    }

    [Fact]
    public void A_label_of_two_classes_names_neither()
    {
        string labels = Write("labels.txt", "a\nb\nc\na\nd\ne\nf\ng\nh\ni\n");

        CompileResult result = CompilerDriver.Compile(Digits with { LabelsPath = labels, Evaluation = [Put(Pictures[0], "a")] });

        Assert.Contains("is the label of classes 0 and 3", Assert.Single(result.Diagnostics.ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_unreadable_pictures_are_named()
    {
        string damaged = Put(Pictures[0], "0"), small = Put(Pictures[1], "1");
        File.WriteAllBytes(damaged, [1, 2, 3]);
        File.WriteAllBytes(small, []);

        CompileResult result = CompilerDriver.Compile(Digits with { Evaluation = [damaged, small, Put(Pictures[2], "2")] });

        Assert.Equal([damaged, small], result.Diagnostics.Select(diagnostic => diagnostic.File).Order(StringComparer.Ordinal));
        Assert.All(result.Diagnostics, diagnostic => Assert.Equal("MC3002", diagnostic.Kind.Code));
    }

    [Fact]
    public void Examples_that_cannot_be_fed_are_refused_for_what_they_were_given_for()
    {
        string path = Write("sum.onnx", OnnxModels.Model(OnnxModels.Graph(
            [OnnxModels.Node("Add", "a b", "y")], "y", null, OnnxModels.Input("a", OnnxTypes.Float, 1, 4), OnnxModels.Input("b", OnnxTypes.Float, 1, 4))));
        string rows = Write("rows.onnx", OnnxModels.Model([3, 4], [OnnxModels.Node("Relu", "x", "y")]));
        string example = Path.Combine(folder, "example.bin");

        Assert.Equal(
            ["MC3024", "MC3024"],
            CompilerDriver.Compile(new CompileOptions { ModelPath = path, ClassName = "Sum", Precision = Precision.WeightInt8, Calibration = [example], Evaluation = [example] })
                .Diagnostics.Select(diagnostic => diagnostic.Kind.Code));
        Assert.Contains(
            "no classifier",
            Assert.Single(CompilerDriver.Compile(new CompileOptions { ModelPath = rows, ClassName = "Rows", Evaluation = [example] }).Diagnostics.ToArray()).Message,
            StringComparison.Ordinal);
        Assert.NotNull(CompilerDriver.Compile(new CompileOptions { ModelPath = path, ClassName = "Sum", Calibration = [example] }).Plan);
    }

    [Fact]
    public void Examples_of_a_precision_that_needs_none_are_compared_with_float()
    {
        string[] calibration = Directory.GetFiles(Repository.Sample("calibration"));
        foreach (Precision precision in new[] { Precision.DynamicInt8, Precision.WeightInt8, Precision.Float16Weights, Precision.Rounded256 })
        {
            CompileReport report = Compiled(Digits with { Precision = precision, Calibration = [.. calibration] }).Report!;

            Assert.InRange(report.Agreement!.Value, 0.99, 1);
            Assert.InRange(report.OutputError!.Value, 1e-7, 0.05);
            Assert.Equal(calibration.Length, report.CalibrationSamples);
            Assert.Equal(precision == Precision.Rounded256, report.DeflatedWeightBytes is { } deflated && deflated < report.WeightBytes * 0.7);
            Assert.Null(Compiled(Digits with { Precision = precision }).Report!.Agreement);
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string DigitOf(string picture) => Path.GetFileNameWithoutExtension(picture)[^1].ToString(CultureInfo.InvariantCulture);

    private static CompileResult Compiled(CompileOptions options)
    {
        CompileResult result = CompilerDriver.Compile(options);
        Assert.True(result.Plan is not null, string.Join(Environment.NewLine, result.Diagnostics));
        return result;
    }

    private string Put(string picture, string name)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, name)).FullName, Path.GetFileName(picture));
        File.Copy(picture, path);
        return path;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Write(string name, ModelProto model)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, Google.Protobuf.MessageExtensions.ToByteArray(model));
        return path;
    }
}
