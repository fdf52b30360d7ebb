using System;
using System.Collections.Generic;
using System.Globalization;
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
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Peers;

/// <summary>One node of classic machine learning, run by ONNX Runtime and as the plan that is compiled.</summary>
internal static class ClassicPeer
{
    /// <summary>A node of the classic operator set.</summary>
    public static NodeProto Classic(string name, string inputs, string outputs, params AttributeProto[] attributes)
    {
        NodeProto node = Node(name, inputs, outputs, attributes);
        node.Domain = "ai.onnx.ml";
        return node;
    }

    public static AttributeProto Floats(string name, params float[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Floats };
        attribute.Floats.AddRange(values);
        return attribute;
    }

    public static AttributeProto Texts(string name, params string[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Strings };
        attribute.Strings.AddRange(values.Select(ByteString.CopyFromUtf8));
        return attribute;
    }

    public static TensorProto Doubles(params double[] values)
    {
        var tensor = new TensorProto { Name = "numbers", DataType = OnnxTypes.Double };
        tensor.Dims.Add(values.Length);
        tensor.DoubleData.AddRange(values);
        return tensor;
    }

    /// <summary>A model of nodes over one input <c>x</c>.</summary>
    public static ModelProto Model(int version, Array x, int[] shape, string outputs, params NodeProto[] nodes)
    {
        int type = x switch { float[] => OnnxTypes.Float, double[] => OnnxTypes.Double, long[] => OnnxTypes.Int64, _ => OnnxTypes.Int32 };
        ModelProto model = Compiler.Tests.Import.OnnxModels.Model(Graph(nodes, outputs, null, Input("x", type, [.. shape.Cast<object>()])), 17);
        model.IrVersion = 8;
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = version });
        return model;
    }

    /// <summary>Compares all outputs: whole numbers and texts equal, real numbers to a tolerance.</summary>
    public static void Compare(string what, ModelProto model, Array x, int[] shape, double tolerance = 1e-5)
    {
        Graph graph = Accept(model);
        Dictionary<string, Array> actual = Execute(graph, x);
        using var session = new InferenceSession(model.ToByteArray());
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> expected = session.Run([Feed(x, shape)]);
        foreach (DisposableNamedOnnxValue output in expected)
        {
            GraphOutput ours = graph.Outputs.Single(candidate => candidate.Name == output.Name);
            string place = $"{what}, {output.Name}";
            switch (output.Value)
            {
                case Tensor<string> texts:
                    Assert.True(texts.ToArray().SequenceEqual(((long[])actual[output.Name]).Select(index => ours.Labels!.Texts[(int)index])), place);
                    break;
                case Tensor<long> numbers:
                    Assert.True(numbers.ToArray().SequenceEqual((long[])actual[output.Name]), $"{place}: {Text(actual[output.Name])}, expected {Text(numbers.ToArray())}");
                    break;
                case Tensor<float> numbers:
                    Close(place, Array.ConvertAll(numbers.ToArray(), number => (double)number), Array.ConvertAll((float[])actual[output.Name], number => (double)number), tolerance);
                    break;
                case Tensor<double> numbers:
                    Close(place, numbers.ToArray(), (double[])actual[output.Name], tolerance);
                    break;
                default:
                    Assert.Fail($"{place} is of {output.ElementType}");
                    break;
            }
        }
    }

    public static Dictionary<string, Array> Execute(Graph imported, Array x)
    {
        Graph graph = PassList.Run(imported, Precision.Float32);
        LoweredModel lowered = ModelLowering.Lower(graph, new CompileOptions { ModelPath = "model.onnx", ClassName = "Model" });
        var executor = new PlanExecutor(lowered.Plan, lowered.Weights);
        switch (x)
        {
            case float[] values:
                executor.Feed<float>("x", values);
                break;
            case double[] values:
                executor.Feed<double>("x", values);
                break;
            case long[] values:
                executor.Feed<long>("x", values);
                break;
            default:
                executor.Feed<int>("x", (int[])x);
                break;
        }

        executor.Infer();
        return lowered.Plan.Outputs.ToDictionary(port => port.Name, port => port.Type switch
        {
            ElementType.Float32 => executor.Fetch<float>(port.Name),
            ElementType.Float64 => executor.Fetch<double>(port.Name),
            ElementType.Int32 => executor.Fetch<int>(port.Name),
            _ => (Array)executor.Fetch<long>(port.Name),
        });
    }

    private static NamedOnnxValue Feed(Array x, int[] shape) => x switch
    {
        float[] values => NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(values, shape)),
        double[] values => NamedOnnxValue.CreateFromTensor("x", new DenseTensor<double>(values, shape)),
        long[] values => NamedOnnxValue.CreateFromTensor("x", new DenseTensor<long>(values, shape)),
        _ => NamedOnnxValue.CreateFromTensor("x", new DenseTensor<int>((int[])x, shape)),
    };

    private static void Close(string place, double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int index = 0; index < expected.Length; index++)
        {
            bool isClose = expected[index].Equals(actual[index]) || Math.Abs(expected[index] - actual[index]) <= tolerance * Math.Max(0.1, Math.Abs(expected[index]));
            Assert.True(isClose, $"{place}: {Text(actual)}, expected {Text(expected)}");
        }
    }

    private static string Text(Array values) => string.Join(' ', values.Cast<IFormattable>().Select(value => value.ToString(value is long ? "D" : "G9", CultureInfo.InvariantCulture)));
}
