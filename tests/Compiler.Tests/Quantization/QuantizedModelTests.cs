using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>Files that bring their scales: QuantizeLinear and DequantizeLinear around layers, or layers of integers.</summary>
public sealed class QuantizedModelTests
{
    private static readonly string[] FloatKernels = ["QuantizeUInt8", "DequantizeUInt8", PlanStep.ElementwiseKernel];

    [Theory]
    [MemberData(nameof(Flavours))]
    public void Every_layer_is_within_one_step_of_exact_arithmetic(int seed, QuantizedFormat format, bool isSigned, bool isPerChannel)
    {
        foreach ((string kernel, Func<QuantizedNetwork, QuantizedValue, QuantizedValue> layer) in Layers())
        {
            var network = new QuantizedNetwork(seed, format, isSigned, isPerChannel) { LeastWeight = seed % 2 == 0 ? -128 : -127 };
            QuantizedValue output = layer(network, network.Image(1, 8, 6, 6));
            ModelProto model = network.Finish(output);

            (LoweredModel lowered, _) = Lower(model);
            double[] steps = Steps(lowered, network, output);

            Assert.Contains(lowered.Plan.Steps, step => step.Kernel == kernel);
            Assert.DoesNotContain(lowered.Plan.Steps, step => step.Kernel.Contains("Float32", StringComparison.Ordinal) || FloatKernels.Contains(step.Kernel));
            Assert.True(steps.Max() <= 1.001, $"seed {seed}, {kernel}: {steps.Max()} steps off");
        }
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public void A_residual_network_runs_in_int8_from_end_to_end(int seed, QuantizedFormat format, bool isSigned, bool isPerChannel)
    {
        var network = new QuantizedNetwork(seed, format, isSigned, isPerChannel);
        QuantizedValue stem = network.Convolution(network.Image(1, 3, 12, 12), 16, 3);
        QuantizedValue deep = network.Convolution(network.Convolution(stem, 16, 3, groups: 16), 16, 1, relu: false);
        QuantizedValue sum = network.Add(stem, deep, relu: true);
        QuantizedValue joined = network.Concat(network.MaxPool(sum), network.Convolution(network.Sigmoid(sum), 8, 3, stride: 2));
        QuantizedValue gated = network.Multiply(joined, network.Sigmoid(network.GlobalAveragePool(joined)));
        QuantizedValue output = network.Gemm(network.Flatten(network.AveragePool(gated)), 10);

        (LoweredModel lowered, ImmutableArray<string> floats) = Lower(network.Finish(output));
        double[] steps = Steps(lowered, network, output);

        Assert.True(floats.IsEmpty, string.Join('\n', lowered.Plan.Steps.Select(step => step.Kernel + " " + step.Name + " " + step.Note)));
        Assert.Equal(
            ["AddUInt8", "AveragePool2DUInt8", "Conv2DUInt8", "DepthwiseConv2DUInt8", "FullyConnectedUInt8", "LookupUInt8", "MaxPool2DUInt8", "MulUInt8"],
            lowered.Plan.Steps.Select(step => step.Kernel).Where(kernel => !kernel.StartsWith("Copy", StringComparison.Ordinal) && !kernel.StartsWith("Fill", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
        Assert.True(steps.Max() <= 1.001, $"seed {seed}: {steps.Max()} steps off");
    }

    public static TheoryData<int, QuantizedFormat, bool, bool> Flavours()
    {
        var flavours = new TheoryData<int, QuantizedFormat, bool, bool>();
        for (int seed = 1; seed <= 8; seed++)
        {
            flavours.Add(seed, (QuantizedFormat)(seed / 4 % 2), seed % 2 == 0, seed / 2 % 2 == 0);
        }

        return flavours;
    }

    internal static (LoweredModel Model, ImmutableArray<string> Floats) Lower(ModelProto model)
    {
        (Graph graph, ImmutableArray<string> floats) = Quantizer.Run(PassList.Run(OnnxModels.Accept(model), Precision.Float32));
        return (ModelLowering.Lower(graph, Running.Options), floats);
    }

    private static IEnumerable<(string Kernel, Func<QuantizedNetwork, QuantizedValue, QuantizedValue> Layer)> Layers() =>
    [
        ("Conv2DUInt8", (network, image) => network.Convolution(image, 20, 3)),
        ("Conv2DUInt8", (network, image) => network.Convolution(image, 12, 3, stride: 2, groups: 4, relu: false)),
        ("DepthwiseConv2DUInt8", (network, image) => network.Convolution(image, 8, 3, groups: 8)),
        ("FullyConnectedUInt8", (network, image) => network.Gemm(network.Flatten(image), 30)),
        ("AddUInt8", (network, image) => network.Add(image, network.Sigmoid(image), relu: true)),
        ("MulUInt8", (network, image) => network.Multiply(image, network.LeakyRelu(image))),
        ("LookupUInt8", (network, image) => network.Concat(image, network.Sigmoid(image))),
        ("AveragePool2DUInt8", (network, image) => network.AveragePool(image)),
        ("AveragePool2DUInt8", (network, image) => network.GlobalAveragePool(image)),
        ("MaxPool2DUInt8", (network, image) => network.MaxPool(image)),
    ];

    private static double[] Steps(LoweredModel model, QuantizedNetwork network, QuantizedValue output)
    {
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<float>("x", network.Input);
        executor.Infer();
        return [.. executor.Fetch<float>("y").Zip(output.Reals, (actual, expected) => Math.Abs(actual - expected) / output.Scale)];
    }
}
