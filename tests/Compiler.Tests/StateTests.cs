using System;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests;

public sealed class StateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("state").FullName;

    [Fact]
    public void An_output_is_the_input_of_the_next_prediction()
    {
        PlanExecutor executor = Executor(Accumulator(), new StateLink("next", "sum"));
        Assert.Equal([1f, 2], Run(executor, 1, 2));
        Assert.Equal([11f, 22], Run(executor, 10, 20));
        executor.ResetState();
        Assert.Equal([5f, 6], Run(executor, 5, 6));
    }

    [Fact]
    public void Neither_is_a_parameter_any_more()
    {
        ModelPlan plan = Compiled(Accumulator(), new StateLink("next", "sum")).Plan!;
        Assert.Equal(["x"], plan.Inputs.Select(port => port.Name));
        Assert.Equal(["y"], plan.Outputs.Select(port => port.Name));
        Assert.Equal(["sum"], plan.ResetSteps.Select(step => step.Name));
    }

    [Fact]
    public void States_that_change_places_and_an_output_that_is_the_old_state_are_kept_apart()
    {
        ModelProto model = Model(Graph(
            [Node("Identity", "a", "y"), Node("Identity", "b", "a2"), Node("Add", "a x", "b2")], "y a2 b2", null, Pair("x"), Pair("a"), Pair("b")));
        PlanExecutor executor = Executor(model, new StateLink("a2", "a"), new StateLink("b2", "b"));
        float[] a = [0, 0], b = [0, 0];
        for (int count = 1; count < 6; count++)
        {
            Assert.Equal(a, Run(executor, count, 2 * count));
            (a, b) = (b, [a[0] + count, a[1] + (2 * count)]);
        }
    }

    [Fact]
    public void A_state_that_is_only_read_in_another_layout_is_kept()
    {
        ModelProto model = Model(Graph(
            [Node("Transpose", "s", "t"), Node("Add", "t x", "y"), Node("Transpose", "y", "s2")], "y s2", null, Input("x", OnnxTypes.Float, 2, 3), Input("s", OnnxTypes.Float, 3, 2)));
        PlanExecutor executor = Executor(model, new StateLink("s2", "s"));
        Assert.Equal([1f, 2, 3, 4, 5, 6], Run(executor, 1, 2, 3, 4, 5, 6));
        Assert.Equal([2f, 4, 6, 8, 10, 12], Run(executor, 1, 2, 3, 4, 5, 6));
        executor.ResetState();
        Assert.Equal([1f, 2, 3, 4, 5, 6], Run(executor, 1, 2, 3, 4, 5, 6));
    }

    [Theory]
    [InlineData("next", "nothing", "its inputs x, sum")]
    [InlineData("nothing", "sum", "its outputs are y, next")]
    [InlineData("next", "x2", "x, sum")]
    public void Names_that_the_model_has_not_are_refused(string made, string read, string expected) =>
        Assert.Contains(expected, Refused(Accumulator(), new StateLink(made, read)).Message, StringComparison.Ordinal);

    [Fact]
    public void Shapes_that_differ_are_refused()
    {
        ModelProto model = Model(Graph([Node("Add", "x s", "y"), Node("Identity", "y", "s2")], "y s2", null, Pair("x"), Input("s", OnnxTypes.Float, 1)));
        Assert.Contains("the output is Float32 2 and the input Float32 1", Refused(model, new StateLink("s2", "s")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_without_any_other_output_is_refused()
    {
        ModelProto model = Model(Graph([Node("Add", "x sum", "y")], "y", null, Pair("x"), Pair("sum")));
        Assert.Contains("no output is left", Refused(model, new StateLink("y", "sum")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_with_two_sources_is_refused()
    {
        var result = CompilerDriver.Compile(Options(Accumulator(), new StateLink("next", "sum"), new StateLink("y", "sum")));
        Assert.All(result.Diagnostics, diagnostic => Assert.Equal(DiagnosticKinds.StateInvalid, diagnostic.Kind));
    }

    [Fact]
    public void In_int8_the_state_stays_in_float()
    {
        var random = new Random(1);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        ModelProto model = Model(Graph(
            [Node("MatMul", "x w", "p"), Node("Add", "p s", "q"), Node("Tanh", "q", "s2"), Node("MatMul", "s2 v", "y")],
            "y s2",
            [Floats("w", [8, 8], Numbers(64)), Floats("v", [8, 8], Numbers(64))],
            Input("x", OnnxTypes.Float, 1, 8),
            Input("s", OnnxTypes.Float, 1, 8)));
        float[][] stream = [.. Enumerable.Range(0, 8).Select(_ => Numbers(8))];
        string[] files = [.. stream.Select((x, index) =>
        {
            string file = Path.Combine(folder, $"{index}.bin");
            File.WriteAllBytes(file, [.. x.SelectMany(BitConverter.GetBytes)]);
            return file;
        })];

        CompileOptions options = Options(model, new StateLink("s2", "s"));
        CompileResult plain = CompilerDriver.Compile(options);
        CompileResult quantized = CompilerDriver.Compile(options with { Precision = Precision.Int8, Calibration = [.. files] });
        Assert.DoesNotContain(quantized.Diagnostics, diagnostic => diagnostic.Kind.Severity == Severity.Error);
        Assert.Contains(quantized.Plan!.Steps, step => step.Kernel == "FullyConnectedUInt8");
        Assert.InRange(quantized.Report!.OutputError!.Value, 0, 0.1);
        PlanExecutor expected = new(plain.Plan!, plain.Weights), actual = new(quantized.Plan, quantized.Weights);
        foreach (float[] x in stream)
        {
            foreach ((float wanted, float had) in Run(expected, x).Zip(Run(actual, x)))
            {
                Assert.InRange(had, wanted - 0.1f, wanted + 0.1f);
            }
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static ModelProto Accumulator() => Model(Graph([Node("Add", "x sum", "y"), Node("Identity", "y", "next")], "y next", null, Pair("x"), Pair("sum")));

    private static ValueInfoProto Pair(string name) => Input(name, OnnxTypes.Float, 2);

    private static float[] Run(PlanExecutor executor, params float[] x)
    {
        executor.Feed<float>("x", x);
        executor.Infer();
        return executor.Fetch<float>("y");
    }

    private CompileOptions Options(ModelProto model, params StateLink[] state)
    {
        string path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        return new CompileOptions { ModelPath = path, ClassName = "Model", State = [.. state] };
    }

    private CompileResult Compiled(ModelProto model, params StateLink[] state)
    {
        CompileResult result = CompilerDriver.Compile(Options(model, state));
        Assert.Empty(result.Diagnostics);
        return result;
    }

    private PlanExecutor Executor(ModelProto model, params StateLink[] state)
    {
        CompileResult result = Compiled(model, state);
        return new PlanExecutor(result.Plan!, result.Weights);
    }

    private Diagnostic Refused(ModelProto model, params StateLink[] state)
    {
        Diagnostic problem = Assert.Single(CompilerDriver.Compile(Options(model, state)).Diagnostics);
        Assert.Equal(DiagnosticKinds.StateInvalid, problem.Kind);
        return problem;
    }
}
