using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Compiler.Tests.Quantization;
using Xunit;

namespace ModelCompiler.Peers;

public sealed class QuantizedModelTests
{
    [Theory]
    [MemberData(nameof(Cases))]
    public void Quantised_models_give_what_ONNX_Runtime_gives(int seed, QuantizedFormat format, bool isSigned, bool isPerChannel)
    {
        var network = new QuantizedNetwork(seed, format, isSigned, isPerChannel);
        QuantizedValue image = network.Image(1, 3, 12, 12);
        QuantizedValue stem = network.Convolution(image, 16, 3);
        QuantizedValue deep = network.Convolution(network.Convolution(stem, 16, 3, groups: 16), 16, 1, relu: false);
        QuantizedValue sum = network.Add(stem, deep, relu: true);
        QuantizedValue joined = network.Concat(network.MaxPool(sum), network.Convolution(network.Sigmoid(sum), 8, 3, stride: 2));
        QuantizedValue mixed = network.LeakyRelu(network.Convolution(joined, 32, 3, relu: false));
        QuantizedValue output = network.Gemm(network.Flatten(network.AveragePool(mixed)), 40);
        ModelProto model = network.Finish(output);

        float[] expected = OnnxRuntime(model, network.Input, image.Shape);
        float[] actual = Compiled(model, network.Input);

        int close = expected.Zip(actual).Count(pair => Math.Abs(pair.First - pair.Second) <= 1.001 * output.Scale);
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(close >= 0.995 * expected.Length, $"seed {seed}: {close} of {expected.Length} elements are within one step");
    }

    public static TheoryData<int, QuantizedFormat, bool, bool> Cases()
    {
        var cases = new TheoryData<int, QuantizedFormat, bool, bool>();
        for (int seed = 1; seed <= 12; seed++)
        {
            cases.Add(seed, (QuantizedFormat)(seed % 2), seed / 2 % 2 == 0, seed / 4 % 2 == 0);
        }

        return cases;
    }

    private static float[] Compiled(ModelProto proto, float[] input)
    {
        (Graph graph, _) = Quantizer.Run(PassList.Run(OnnxModels.Accept(proto), Precision.Float32));
        LoweredModel model = ModelLowering.Lower(graph, new CompileOptions { ModelPath = "network.onnx", ClassName = "Network" });
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<float>("x", input);
        executor.Infer();
        return executor.Fetch<float>("y");
    }

    private static float[] OnnxRuntime(ModelProto model, float[] input, int[] shape)
    {
        using var session = new InferenceSession(model.ToByteArray());
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(input, shape))]);
        return [.. results.Single().AsEnumerable<float>()];
    }
}
