using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Compiling;
using ModelCompiler.Conformance.Reporting;
using Xunit;

namespace ModelCompiler.Conformance;

public sealed class RunnerTests : IDisposable
{
    private readonly TestFolder folder = new();

    [Fact]
    public void Right_outputs_pass_wrong_ones_fail_and_unknown_operators_are_skipped()
    {
        folder.Add("absolute", "Abs", [-1, 2, -3], [1, 2, 3]);
        folder.Add("open", "Neg", [1, 2], [-1, -2], isShapeOpen: true);
        folder.Add("short", "Abs", [-1, 2], [1]);
        folder.Add("unheard", "Unheard", [1], [1]);
        folder.Add("wrong", "Abs", [-1, 2, -3], [1, 2, 4]);

        ImmutableArray<Verdict> verdicts = Run();

        Assert.Equal(
            [
                ("absolute", Outcome.Passed), ("open", Outcome.Passed), ("short", Outcome.Failed), ("unheard", Outcome.Skipped), ("wrong", Outcome.Failed),
            ],
            verdicts.Select(verdict => (verdict.Case, verdict.Outcome)));
        Assert.Equal("output 'y' is Float32[1×2], not Float32[1×1]", verdicts[2].Reason);
        Assert.Equal("operator Unheard", verdicts[3].Kind);
        Assert.Equal("output 'y': 1 of 3 elements differ, the first at 2: expected 4, got 3", verdicts[4].Reason);
        Assert.Equal("2 passed, 2 failed, 1 skipped", Report.CountLine(verdicts));
    }

    [Fact]
    public void Damaged_files_fail_and_the_other_tests_go_on()
    {
        folder.Add("absolute", "Abs", [-1, 2, -3], [1, 2, 3]);
        folder.Add("data", "Abs", [1], [1]);
        folder.Add("model", "Abs", [1], [1]);
        File.WriteAllBytes(Path.Combine(folder.Path, "data", "test_data_set_0", "output_0.pb"), [0xFF]);
        File.WriteAllBytes(Path.Combine(folder.Path, "model", "model.onnx"), [0xFF]);

        Assert.Equal([Outcome.Passed, Outcome.Failed, Outcome.Failed], Run().Select(verdict => verdict.Outcome));
    }

    [Fact]
    public void Int8_is_calibrated_on_the_tests_own_inputs_and_compared_loosely()
    {
        float[] input = [.. Enumerable.Range(0, 64).Select(index => MathF.Sin(index))];
        folder.Add("close", "Tanh", input, [.. input.Select(MathF.Tanh)]);
        folder.Add("far", "Tanh", input, [.. input.Select(value => MathF.Tanh(value) + 0.5f)]);

        ImmutableArray<Verdict> verdicts = new ConformanceRunner(Precision.Int8, rounding: null, fixInputs: false).Run(OnnxSuite.Find(folder.Path));

        Assert.Equal([Outcome.Passed, Outcome.Failed], verdicts.Select(verdict => verdict.Outcome));
    }

    [Fact]
    public void The_command_line_gives_the_counts_last_and_one_when_a_test_failed()
    {
        folder.Add("absolute", "Abs", [-1, 2, -3], [1, 2, 3]);
        folder.Add("wrong", "Abs", [-1], [2]);

        Assert.Equal((1, "1 passed, 1 failed, 0 skipped"), RunTool("onnx", folder.Path));
        Assert.Equal((0, "1 passed, 0 failed, 0 skipped"), RunTool("onnx", folder.Path, "--filter", "abs"));
        Assert.Equal(2, RunTool("onnx", folder.Path, "--filter", "nothing").ExitCode);
        Assert.Equal(2, RunTool("onnx", folder.Path, "--precision", "int4").ExitCode);
        Assert.Equal(2, RunTool("onnx", Path.Combine(folder.Path, "nowhere")).ExitCode);
    }

    public void Dispose() => folder.Dispose();

    private static (int ExitCode, string LastLine) RunTool(params string[] arguments)
    {
        using var output = new StringWriter();
        int code = Program.Run(arguments, output, TextWriter.Null);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(""));
    }

    private ImmutableArray<Verdict> Run() => new ConformanceRunner(Precision.Float32, rounding: null, fixInputs: false).Run(OnnxSuite.Find(folder.Path));
}
