using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>What a file's own quantisation may look like, and what of it stays in float.</summary>
public sealed class QuantizedFileTests
{
    private const float OutputScale = 0.05f;

    private static readonly NodeProto[] Layer =
    [
        OnnxModels.Node("QuantizeLinear", "x xs xz", "xq"),
        OnnxModels.Node("DequantizeLinear", "xq xs xz", "xd"),
        OnnxModels.Node("DequantizeLinear", "w ws wz", "wd"),
        OnnxModels.Node("Gemm", "xd wd b", "h", OnnxModels.Attribute("transB", 1L)),
        OnnxModels.Node("QuantizeLinear", "h ys yz", "yq"),
        OnnxModels.Node("DequantizeLinear", "yq ys yz", "y"),
    ];

    private static readonly TensorProto[] Parameters =
    [
        OnnxModels.Floats("xs", [], 0.01f), UInt8("xz", [], 120), OnnxModels.Floats("ys", [], OutputScale), UInt8("yz", [], 128), OnnxModels.Floats("ws", [], 0.02f),
        OnnxModels.Floats("b", [4], 0.3f, -0.2f, 0, 1),
    ];

    [Fact]
    public void Unsigned_weights_are_taken_off_their_zero_point_when_int8_holds_what_is_left() =>
        AssertKernels(["FullyConnectedUInt8"], [], UInt8("w", [4, 8], [.. Enumerable.Range(0, 32).Select(index => (byte)(index * 8))]), UInt8("wz", [], 128));

    [Fact]
    public void Weights_of_minus_128_are_used_as_they_are() =>
        AssertKernels(["FullyConnectedUInt8"], [], Int8("w", [4, 8], [.. Enumerable.Range(0, 32).Select(index => (sbyte)(index % 2 == 0 ? -128 : 127))]), Int8("wz", [], 0));

    [Fact]
    public void Weights_that_int8_does_not_hold_stay_in_float_and_the_layer_is_named() =>
        AssertKernels(
            ["DequantizeUInt8", "FullyConnectedFloat32", "QuantizeUInt8"], ["Gemm_h"], UInt8("w", [4, 8], [.. Enumerable.Range(0, 32).Select(index => (byte)(index * 8))]), UInt8("wz", [], 3));

    [Fact]
    public void Float_weights_with_a_quantisation_of_their_own_become_the_integers_it_makes()
    {
        float[] weights = [.. Enumerable.Range(0, 32).Select(index => (index - 14) * 0.013f)];
        NodeProto[] nodes = [OnnxModels.Node("QuantizeLinear", "wf ws wz", "w"), .. Layer];

        LoweredModel model = AssertKernels(["FullyConnectedUInt8"], [], nodes, OnnxModels.Floats("wf", [4, 8], weights), Int8("wz", [], 0));

        PlanConstant packed = model.Plan.Constants.Single(constant => constant.Type == ElementType.Int8);
        sbyte[] levels = [.. model.Weights.AsSpan(packed.Offset, packed.Length).ToArray().Select(value => unchecked((sbyte)value)).Where(value => value != 0).Order()];
        Assert.Equal(weights.Select(weight => (sbyte)MathF.Round(weight / 0.02f)).Where(value => value != 0).Order(), levels);
    }

    [Fact]
    public void A_layer_whose_result_the_file_leaves_in_float_is_in_float()
    {
        NodeProto[] nodes = [.. Layer.Take(3), OnnxModels.Node("Gemm", "xd wd b", "y", OnnxModels.Attribute("transB", 1L))];

        AssertKernels(["DequantizeUInt8", "FullyConnectedFloat32"], ["Gemm_y"], nodes, Int8("w", [4, 8], new sbyte[32]), Int8("wz", [], 0));
    }

    [Fact]
    public void A_result_that_is_given_out_before_it_is_rounded_is_not_rounded()
    {
        NodeProto[] nodes = [.. Layer, OnnxModels.Node("Identity", "h", "z")];
        ModelProto model = OnnxModels.Model(OnnxModels.Graph(nodes, "y z", [.. Parameters, Int8("w", [4, 8], Levels()), Int8("wz", [], 0)], OnnxModels.Input("x", OnnxTypes.Float, 1, 8)));

        (LoweredModel lowered, _) = QuantizedModelTests.Lower(model);

        Assert.Contains(lowered.Plan.Steps, step => step.Kernel == "FullyConnectedFloat32");
        Assert.Equal(0, lowered.Plan.Outputs[1].Scale);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Eight_bit_inputs_and_outputs_are_read_and_written_as_they_are(bool isSigned)
    {
        TensorProto xz = isSigned ? Int8("xz", [], -8) : UInt8("xz", [], 120);
        TensorProto yz = isSigned ? Int8("yz", [], 0) : UInt8("yz", [], 128);
        TensorProto[] constants = [xz, yz, .. Parameters.Where(tensor => tensor.Name is not ("xz" or "yz")), Int8("w", [4, 8], Levels()), Int8("wz", [], 0)];
        GraphProto graph = OnnxModels.Graph(Layer[1..5], "yq", constants, OnnxModels.Input("xq", isSigned ? OnnxTypes.Int8 : OnnxTypes.UInt8, 1, 8));
        Graph imported = OnnxModels.Accept(OnnxModels.Model(graph));
        byte[] input = [.. Enumerable.Range(0, 8).Select(index => (byte)(index * 31))];

        (Graph quantized, ImmutableArray<string> floats) = Quantizer.Run(PassList.Run(imported, Precision.Float32));
        LoweredModel model = ModelLowering.Lower(quantized, Running.Options);
        var executor = new PlanExecutor(model.Plan, model.Weights);
        Array data = isSigned ? Array.ConvertAll(input, value => unchecked((sbyte)value)) : input;
        int[] actual;
        if (isSigned)
        {
            executor.Feed<sbyte>("xq", (sbyte[])data);
            executor.Infer();
            actual = [.. executor.Fetch<sbyte>("yq").Select(value => (int)value)];
        }
        else
        {
            executor.Feed<byte>("xq", input);
            executor.Infer();
            actual = [.. executor.Fetch<byte>("yq").Select(value => (int)value)];
        }

        Assert.Empty(floats);
        Assert.Equal(["LookupUInt8", "FullyConnectedUInt8", "LookupUInt8"], model.Plan.Steps.Select(step => step.Kernel));
        Assert.All(Running.Evaluate(imported, Tensor.Of([1, 8], data)).ToInt64().Zip(actual), pair => Assert.InRange(pair.Second - pair.First, -1, 1));
    }

    [Fact]
    public void A_float_input_that_is_quantised_at_once_is_also_taken_as_raw_bytes()
    {
        (LoweredModel model, _) = QuantizedModelTests.Lower(Model(Layer, Int8("w", [4, 8], Levels()), Int8("wz", [], 0)));

        PlanPort port = Assert.Single(model.Plan.Inputs);
        Assert.Contains(port.Conversions, conversion => conversion.Kind == ConversionKind.Quantized);
        Assert.Equal((0.01f, 120), (port.Scale, port.ZeroPoint));
        Assert.Contains(model.Plan.Outputs[0].Conversions, conversion => conversion.Kind == ConversionKind.Quantized);
    }

    [Fact]
    public void Movements_of_integers_share_the_scale()
    {
        NodeProto[] nodes =
        [
            OnnxModels.Node("QuantizeLinear", "x xs xz", "xq"),
            OnnxModels.Node("Reshape", "xq shape", "moved"),
            OnnxModels.Node("MaxPool", "moved", "pooled", OnnxModels.Integers("kernel_shape", 2, 2)),
            OnnxModels.Node("Transpose", "pooled", "turned", OnnxModels.Integers("perm", 0, 1, 3, 2)),
            OnnxModels.Node("Concat", "turned turned", "joined", OnnxModels.Attribute("axis", 1L)),
            OnnxModels.Node("DequantizeLinear", "joined xs xz", "y"),
        ];
        Graph imported = OnnxModels.Accept(Model(nodes, OnnxModels.Longs("shape", 1, 1, 2, 4)));

        Graph optimized = PassList.Run(imported, Precision.Float32);
        (LoweredModel model, _) = QuantizedModelTests.Lower(Model(nodes, OnnxModels.Longs("shape", 1, 1, 2, 4)));

        Assert.Single(optimized.Nodes, node => node.Op is Requantize);
        Assert.DoesNotContain(model.Plan.Steps, step => step.Kernel is "QuantizeUInt8" or "DequantizeUInt8" or "LookupUInt8" or PlanStep.ElementwiseKernel);
        Tensor input = Networks.Noise(new Random(4), [1, 8]);
        Running.Close(Running.Evaluate(imported, input).Values<float>(), Run(model, input), 1e-6, "movements");
    }

    [Fact]
    public void Integers_that_are_cast_from_other_numbers_are_not_taken_for_quantised_ones()
    {
        NodeProto[] nodes =
        [
            OnnxModels.Node("Cast", "x", "cast", OnnxModels.Attribute("to", OnnxTypes.UInt8)),
            OnnxModels.Node("DequantizeLinear", "cast xs xz", "y"),
        ];
        Graph imported = OnnxModels.Accept(Model(nodes));
        Tensor input = Tensor.Of([1, 8], [1.9f, 2.5f, 200, 7, 0, 0, 3.99f, 255]);

        (LoweredModel model, _) = QuantizedModelTests.Lower(Model(nodes));

        Running.Close(Running.Evaluate(imported, input).Values<float>(), Run(model, input), 1e-6, "cast");
    }

    [Fact]
    public void Sixteen_bit_activations_are_computed_in_float()
    {
        TensorProto zero = new() { Name = "hz", DataType = OnnxTypes.UInt16 };
        zero.Int32Data.Add(30000);
        NodeProto[] nodes = [OnnxModels.Node("QuantizeLinear", "x hs hz", "q"), OnnxModels.Node("DequantizeLinear", "q hs hz", "y")];
        Tensor input = Networks.Noise(new Random(4), [1, 8]);

        (LoweredModel model, _) = QuantizedModelTests.Lower(Model(nodes, OnnxModels.Floats("hs", [], 1e-4f), zero));

        Running.Close(input.Values<float>(), Run(model, input), 1e-4, "16 bits");
    }

    [Fact]
    public void An_int32_bias_is_used_exactly_and_one_that_could_overflow_is_not_used()
    {
        var grid = new QuantizationParameters(0.5f, 3);
        Tensor weights = Stored([2, 2], [1, -128, 127, 0], 0.25f);

        QuantizedWeights exact = QuantizedWeights.OfFile(weights, Stored32([2], [(1 << 25) + 1, -7], 0.125f), grid, grid)!;

        Assert.Equal([(1 << 25) + 1 - (3 * -127), -7 - (3 * 127)], exact.Bias);
        Assert.Equal([1, -128, 127, 0], exact.Weights);
        Assert.Equal([0.25f, 0.25f], exact.Multipliers);
        Assert.Null(QuantizedWeights.OfFile(weights, Stored32([2], [int.MaxValue - 10, 0], 0.125f), grid, grid));
        Assert.Null(QuantizedWeights.OfFile(Tensor.Of([2, 2], 1f, 2f, 3f, 4f), null, grid, grid));
    }

    [Fact]
    public void Int8_without_examples_is_what_the_file_says_and_layers_in_float_are_reported() => OnnxModels.InFolder(folder =>
    {
        string path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, Model(Layer, UInt8("w", [4, 8], [.. Enumerable.Range(0, 32).Select(index => (byte)(index * 8))]), UInt8("wz", [], 3)).ToByteArray());

        CompileResult result = CompilerDriver.Compile(new CompileOptions { ModelPath = path, ClassName = "Model", Precision = Precision.Int8 });

        Assert.NotNull(result.Plan);
        Assert.Contains("MC3011", result.Diagnostics.Select(diagnostic => diagnostic.Kind.Code));
        return true;
    });

    [Fact]
    public void Calibration_gives_scales_to_what_the_file_leaves_in_float()
    {
        NodeProto[] nodes = [.. Layer, OnnxModels.Node("MatMul", "y second", "z")];
        ModelProto proto = OnnxModels.Model(OnnxModels.Graph(
            nodes, "z", [.. Parameters, Int8("w", [4, 8], Levels()), Int8("wz", [], 0), OnnxModels.Floats("second", [4, 3], Networks.Noise(new Random(6), [4, 3]).Values<float>())], OnnxModels.Input("x", OnnxTypes.Float, 1, 8)));
        Graph graph = PassList.Run(OnnxModels.Accept(proto), Precision.Int8);
        var observer = new RangeObserver(ModelLowering.Lower(Quantizer.Run(graph).Graph, Running.Options));
        Tensor input = Networks.Noise(new Random(5), [1, 8]);
        observer.Observe(new Sample(null, input.Values<float>()), "noise");

        LoweredModel model = ModelLowering.Lower(Quantizer.Run(graph, observer.Ranges).Graph, Running.Options);

        Assert.Equal(["FullyConnectedUInt8", "FullyConnectedUInt8"], model.Plan.Steps.Select(step => step.Kernel));
        Assert.Equal((0.01f, 120), (model.Plan.Inputs[0].Scale, model.Plan.Inputs[0].ZeroPoint));
        Running.Close(Running.Evaluate(graph, input).Values<float>(), Run(model, input, "z"), 0.05, "mixed");
    }

    [Theory]
    [InlineData("Softmax", "SoftmaxUInt8")]
    [InlineData("HardSwish", "LookupUInt8")]
    [InlineData("GlobalMaxPool", "CopyStrided8 MaxPool2DUInt8")]
    [InlineData("GlobalAveragePool", "CopyStrided8 AveragePool2DUInt8")]
    [InlineData("Transpose", "")]
    [InlineData("Concat half", "LookupUInt8 LookupUInt8 LookupUInt8", 1)]
    [InlineData("Sub half", "LookupUInt8 AddUInt8")]
    [InlineData("Pad pads", "Fill8 CopyStrided8")]
    [InlineData("Slice starts ends", "CopyStrided8")]
    [InlineData("ConvTranspose spread", "Fill8 CopyStrided8 FillBorder8 CopyStrided8 Conv2DUInt8 CopyStrided8", 0, 2)]
    [InlineData("ReduceSum", "DequantizeUInt8 ReduceFloat32 QuantizeUInt8")]
    public void Operators_between_a_dequantisation_and_a_quantisation_have_their_int8_form(string operatorAndInputs, string kernels, int axis = 0, int stride = 0)
    {
        string[] words = operatorAndInputs.Split(' ');
        NodeProto node = OnnxModels.Node(words[0], string.Join(' ', ["xd", .. words[1..].Select(word => word == "half" ? "hd" : word)]), "r");
        node.Attribute.AddRange(axis > 0 ? [OnnxModels.Attribute("axis", axis)] : []);
        node.Attribute.AddRange(stride > 0 ? [OnnxModels.Integers("strides", stride, stride)] : []);
        NodeProto[] nodes =
        [
            OnnxModels.Node("QuantizeLinear", "x xs xz", "xq"),
            OnnxModels.Node("DequantizeLinear", "xq xs xz", "xd"),
            OnnxModels.Node("Sigmoid", "xd", "hf"),
            OnnxModels.Node("QuantizeLinear", "hf hs xz", "hq"),
            OnnxModels.Node("DequantizeLinear", "hq hs xz", "hd"),
            OnnxModels.Node("DequantizeLinear", "w ws wz", "spread"),
            node,
            OnnxModels.Node("QuantizeLinear", "r rs yz", "yq"),
            OnnxModels.Node("DequantizeLinear", "yq rs yz", "y"),
        ];
        bool isMovement = words[0] is "Transpose" or "Slice" or "Pad" or "GlobalMaxPool";
        float scale = isMovement ? 0.01f : OutputScale;
        TensorProto[] constants =
        [
            .. Parameters.Where(tensor => !isMovement || tensor.Name != "yz"), .. isMovement ? [UInt8("yz", [], 120)] : Array.Empty<TensorProto>(), Int8("w", [4, 2, 2, 2], Levels()), Int8("wz", [], 0),
            OnnxModels.Floats("hs", [], 0.007f), OnnxModels.Floats("rs", [], scale), OnnxModels.Longs("pads", 0, 0, 1, 1, 0, 0, 1, 0), OnnxModels.Longs("starts", 0, 1), OnnxModels.Longs("ends", 1, 3),
        ];
        ModelProto proto = OnnxModels.Model([1, 4, 4, 4], nodes, constants);
        Tensor input = Networks.Noise(new Random(3), [1, 4, 4, 4]);

        (LoweredModel model, _) = QuantizedModelTests.Lower(proto);

        Assert.Equal(kernels.Split(' ', StringSplitOptions.RemoveEmptyEntries), model.Plan.Steps.Select(step => step.Kernel));
        float[] expected = Running.Evaluate(OnnxModels.Accept(proto), input).Values<float>();
        Assert.All(expected.Zip(Run(model, input)), pair => Assert.InRange(pair.Second - pair.First, -1.001f * scale, 1.001f * scale));
    }

    [Fact]
    public void A_file_that_doubles_a_tensor_of_integers_many_times_in_circles_ends()
    {
        var nodes = new List<NodeProto> { OnnxModels.Node("Cast", "x", "n0", OnnxModels.Attribute("to", OnnxTypes.UInt8)) };
        for (int index = 0; index < 60; index++)
        {
            nodes.Add(OnnxModels.Node("Concat", $"n{index} n{index}", $"j{index}", OnnxModels.Attribute("axis", 1L)));
            nodes.Add(OnnxModels.Node("Slice", $"j{index} starts ends", $"n{index + 1}"));
        }

        nodes.Add(OnnxModels.Node("DequantizeLinear", "n60 xs xz", "y"));

        Graph graph = PassList.Run(OnnxModels.Accept(Model(nodes, OnnxModels.Longs("starts", 0, 0), OnnxModels.Longs("ends", 1, 8))), Precision.Float32);

        Assert.Equal([1, 8], graph.ShapeOf(graph.Outputs[0].Value));
    }

    private static sbyte[] Levels() => [.. Enumerable.Range(0, 32).Select(index => (sbyte)((index * 37 % 255) - 127))];

    private static LoweredModel AssertKernels(string[] kernels, string[] floats, params TensorProto[] weights) => AssertKernels(kernels, floats, Layer, weights);

    // The kernels, and that the result is that of the file's nodes one by one, within one step.
    private static LoweredModel AssertKernels(string[] kernels, string[] floats, NodeProto[] nodes, params TensorProto[] weights)
    {
        ModelProto proto = Model(nodes, weights);
        Tensor input = Networks.Noise(new Random(3), [1, 8]);

        (LoweredModel model, ImmutableArray<string> named) = QuantizedModelTests.Lower(proto);

        Assert.Equal(kernels, model.Plan.Steps.Select(step => step.Kernel));
        Assert.Equal(floats, named);
        float[] expected = Running.Evaluate(OnnxModels.Accept(proto), input).Values<float>();
        Assert.All(expected.Zip(Run(model, input)), pair => Assert.InRange(pair.Second - pair.First, -1.001f * OutputScale, 1.001f * OutputScale));
        return model;
    }

    private static ModelProto Model(IEnumerable<NodeProto> nodes, params TensorProto[] constants) => OnnxModels.Model([1, 8], nodes, [.. Parameters, .. constants]);

    private static float[] Run(LoweredModel model, Tensor input, string output = "y")
    {
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<float>("x", input.Values<float>());
        executor.Infer();
        return executor.Fetch<float>(output);
    }

    private static Tensor Stored(Shape shape, sbyte[] levels, float scale) =>
        Tensor.Of(shape, Array.ConvertAll(levels, level => level * scale)).WithIntegers(new StoredIntegers(Tensor.Of(shape, levels), [scale], 0));

    private static Tensor Stored32(Shape shape, int[] levels, float scale) =>
        Tensor.Of(shape, Array.ConvertAll(levels, level => level * scale)).WithIntegers(new StoredIntegers(Tensor.Of(shape, levels), [scale], 0));

    private static TensorProto UInt8(string name, long[] shape, params byte[] values) => Bytes(name, OnnxTypes.UInt8, shape, values);

    private static TensorProto Int8(string name, long[] shape, params sbyte[] values) => Bytes(name, OnnxTypes.Int8, shape, Array.ConvertAll(values, value => unchecked((byte)value)));

    private static TensorProto Bytes(string name, int type, long[] shape, byte[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(values) };
        tensor.Dims.AddRange(shape);
        return tensor;
    }
}
