using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Export;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Tests;
using ModelCompiler.Plans;
using StbImageSharp;
using Xunit;

namespace ModelCompiler.Peers;

/// <summary>What is exported, run by ONNX Runtime, is what is compiled.</summary>
public sealed class ExportedModelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("exported").FullName;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Exported_networks_give_the_same_in_ONNX_Runtime(int seed)
    {
        Graph graph = Networks.Random(seed);
        Compare(Compile(Save(graph), Precision.Float32, []), graph, seed, (expected, actual, _) =>
            Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5 + (1e-4 * Math.Abs(pair.First)), $"seed {seed}: {pair}")));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Exported_int8_networks_give_the_same_within_a_step_in_ONNX_Runtime(int seed)
    {
        Graph graph = Networks.Random(seed);
        string[] samples = [.. Enumerable.Range(0, 6).Select(index => Save($"{index}.bin", Noise(graph, (seed * 100) + index)))];
        Compare(Compile(Save(graph), Precision.Int8, samples), graph, seed, (expected, actual, step) =>
        {
            int close = expected.Zip(actual).Count(pair => Math.Abs(pair.First - pair.Second) <= 1.001 * step);
            Assert.True(close >= 0.995 * expected.Length, $"seed {seed}: {close} of {expected.Length} elements are within one step of {step}");
        });
    }

    [SharedDataTheory]
    [InlineData("onnx-models/winml/mnist.onnx", "onnx-models/winml/mnist_28.png", 1, 0, 1)]
    [InlineData("onnx-models/winml/SqueezeNet_fp16.onnx", "onnx-models/winml/kitten_224.png", 3, 0, 1)]
    public void Exported_int8_models_give_the_same_class_and_the_same_within_a_step(string model, string picture, int channels, float mean, float scale)
    {
        byte[] pixels = ImageResult.FromMemory(File.ReadAllBytes(Repository.Shared(picture)), (ColorComponents)channels).Data;
        float[] image = new float[pixels.Length];
        for (int index = 0; index < pixels.Length; index++)
        {
            image[(index % channels * (pixels.Length / channels)) + (index / channels)] = (pixels[index] - mean) * scale;
        }

        CompileResult result = Compile(Repository.Shared(model), Precision.Int8, [Save("picture.bin", image)]);
        (float[] expected, float[] actual, float step) = Run(result, image, GraphOptimizationLevel.ORT_ENABLE_ALL);

        Assert.Equal(Array.IndexOf(actual, actual.Max()), Array.IndexOf(expected, expected.Max()));
        int close = expected.Zip(actual).Count(pair => Math.Abs(pair.First - pair.Second) <= 1.001 * step);
        Assert.True(close >= 0.995 * expected.Length, $"{close} of {expected.Length} elements are within one step of {step}");
    }

    [Fact]
    public void What_has_no_form_in_ONNX_is_refused_all_at_once()
    {
        var builder = new GraphBuilder();
        string bits = builder.AddInput("bits", new TensorType(ElementType.Float32, [4, 1]));
        var toBits = new CallExpression(ElementwiseFunction.ToBits, new EquatableArray<Expression>([new InputExpression(0, ElementType.Float32)]), ElementType.Int32);
        string one = builder.Add("first", new Elementwise(toBits), bits);
        string other = builder.AddNode("second", new Unique(true), [builder.Add("wide", new Elementwise(new ConvertExpression(new InputExpression(0, ElementType.Int32), ElementType.Int64)), one)], ["firsts", "groups", "counts", "count"])[0];
        Graph graph = builder.ToGraph([new GraphOutput("one", one), new GraphOutput("other", other)]);

        var refused = Assert.Throws<DiagnosticException>(() => OnnxExporter.Export(graph, "network", "network.onnx"));

        Assert.Equal(["first", "second"], refused.Diagnostics.Select(diagnostic => diagnostic.Node));
        Assert.All(refused.Diagnostics, diagnostic => Assert.Equal("MC3040", diagnostic.Kind.Code));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];

    private static void Compare(CompileResult result, Graph graph, int seed, Action<float[], float[], float> check)
    {
        (float[] expected, float[] actual, float step) = Run(result, Noise(graph, seed), GraphOptimizationLevel.ORT_DISABLE_ALL);
        Assert.Equal(actual.Length, expected.Length);
        check(expected, actual, step);
    }

    // Of ONNX Runtime, of ours, and the step of the output's grid. Fused, ONNX Runtime's quantised layers round in places of their own.
    private static (float[] Expected, float[] Actual, float Step) Run(CompileResult result, float[] input, GraphOptimizationLevel fusion)
    {
        Graph graph = result.Graph!;
        using var options = new SessionOptions { GraphOptimizationLevel = fusion };
        using var session = new InferenceSession(OnnxExporter.Export(graph, "network", "network.onnx"), options);
        string name = graph.Inputs[0];
        int[] shape = [.. graph.ShapeOf(name)];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run([NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(input, shape))]);
        var executor = new PlanExecutor(result.Plan!, result.Weights);
        executor.Feed<float>(name, input);
        executor.Infer();
        return ([.. outputs[0].AsEnumerable<float>()], executor.Fetch<float>(graph.Outputs[0].Name), Step(graph, graph.Outputs[0].Value));
    }

    private static float Step(Graph graph, string value) =>
        graph.Values[value].Quantization?.Scale ?? (graph.Producer(value) is { } node ? Step(graph, node.Inputs[0]) : 0);

    private static CompileResult Compile(string model, Precision precision, string[] samples)
    {
        CompileResult result = CompilerDriver.Compile(new CompileOptions { ModelPath = model, ClassName = "Network", Precision = precision, Calibration = [.. samples] });
        Assert.True(result.Plan is not null, string.Join(Environment.NewLine, result.Diagnostics));
        return result;
    }

    private static float[] Noise(Graph graph, int seed) => Networks.Noise(new Random(seed), graph.ShapeOf(graph.Inputs[0])).Values<float>();

    private string Save(Graph graph)
    {
        string path = Path.Combine(folder, "network.onnx");
        File.WriteAllBytes(path, OnnxExporter.Export(graph, "network", path));
        return path;
    }

    private string Save(string name, float[] values)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, MemoryMarshal.AsBytes<float>(values).ToArray());
        return path;
    }
}
