using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Tests.Import;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>How a network spells quantisation out.</summary>
public enum QuantizedFormat
{
    /// <summary>Float operators between DequantizeLinear and QuantizeLinear.</summary>
    QuantizeDequantize,

    /// <summary>Operators on integers: QLinearConv and its kin.</summary>
    Operators,
}

/// <summary>A value of a network, quantised.</summary>
/// <param name="Integers">Name of the integers.</param>
/// <param name="Shape">N×C×H×W or N×C.</param>
/// <param name="Levels">What they should be, computed in double.</param>
/// <param name="Scale">The scale.</param>
/// <param name="Zero">The zero point.</param>
internal sealed record QuantizedValue(string Integers, int[] Shape, int[] Levels, float Scale, int Zero)
{
    public double[] Reals => [.. Levels.Select(level => (level - Zero) * (double)Scale)];
}

/// <summary>
/// Builds quantised ONNX models layer by layer, on random numbers, and computes beside them in double what each layer gives: scales are chosen
/// from that, as a calibration would.
/// </summary>
internal sealed class QuantizedNetwork(int seed, QuantizedFormat format = QuantizedFormat.QuantizeDequantize, bool isSigned = false, bool isPerChannel = true)
{
    private readonly Random random = new(seed);
    private readonly List<NodeProto> nodes = [];
    private readonly List<TensorProto> constants = [];
    private readonly List<ValueInfoProto> inputs = [];
    private int names;

    /// <summary>Least weight that occurs; −128 is the file's right, though few use it.</summary>
    public int LeastWeight { get; init; } = -127;

    /// <summary>The numbers to feed as <c>x</c>.</summary>
    public float[] Input { get; private set; } = [];

    private int Least => isSigned ? -128 : 0;

    /// <summary>The float input <c>x</c>, between −1 and 1, quantised.</summary>
    public QuantizedValue Image(params int[] shape)
    {
        Input = [.. Enumerable.Range(0, shape.Aggregate(1, (count, extent) => count * extent)).Select(_ => (random.NextSingle() * 2) - 1)];
        inputs.Add(OnnxModels.Input("x", OnnxTypes.Float, [.. shape.Cast<object>()]));
        return Quantize("x", shape, [.. Input.Select(value => (double)value)]);
    }

    public QuantizedValue Convolution(QuantizedValue input, int outputs, int kernel, int stride = 1, int groups = 1, bool relu = true)
    {
        int[] shape = [outputs, input.Shape[1] / groups, kernel, kernel];
        int pad = kernel / 2;
        AttributeProto[] attributes = [OnnxModels.Integers("strides", stride, stride), OnnxModels.Integers("pads", pad, pad, pad, pad), OnnxModels.Attribute("group", groups)];
        Weights weights = NewWeights(shape, 0, input.Scale, outputs);
        (int[] outputShape, double[] sums) = Convolve(input, weights, shape, stride, pad, groups);
        return Layer("Conv", [input], weights, outputShape, sums, relu, attributes);
    }

    /// <summary>A product with weights [outputs, inputs] and a bias.</summary>
    public QuantizedValue Gemm(QuantizedValue input, int outputs)
    {
        int depth = input.Shape[1];
        Weights weights = NewWeights([outputs, depth], 0, input.Scale, outputs);
        double[] reals = input.Reals;
        double[] sums = [.. Enumerable.Range(0, input.Shape[0] * outputs).Select(index =>
            weights.Bias[index % outputs] * weights.BiasScale(index % outputs)
            + Enumerable.Range(0, depth).Sum(k => reals[(index / outputs * depth) + k] * weights.Real((index % outputs * depth) + k, index % outputs)))];
        return Layer("Gemm", [input], weights, [input.Shape[0], outputs], sums, relu: false, [OnnxModels.Attribute("transB", 1L)]);
    }

    public QuantizedValue Add(QuantizedValue left, QuantizedValue right, bool relu = false) =>
        Binary("Add", left, right, relu, (x, y) => x + y);

    public QuantizedValue Multiply(QuantizedValue left, QuantizedValue right) => Binary("Mul", left, right, relu: false, (x, y) => x * y);

    public QuantizedValue Sigmoid(QuantizedValue input) =>
        Layer("Sigmoid", [input], null, input.Shape, [.. input.Reals.Select(x => 1 / (1 + Math.Exp(-x)))], relu: false, []);

    public QuantizedValue LeakyRelu(QuantizedValue input) => Layer(
        "LeakyRelu", [input], null, input.Shape, [.. input.Reals.Select(x => x < 0 ? x * 0.1f : x)], relu: false, [OnnxModels.Attribute("alpha", 0.1f)]);

    /// <summary>Joins channels.</summary>
    public QuantizedValue Concat(QuantizedValue left, QuantizedValue right)
    {
        int inner = left.Shape[2] * left.Shape[3];
        double[] joined = [.. Enumerable.Range(0, left.Shape[0]).SelectMany(batch =>
            left.Reals.Skip(batch * left.Shape[1] * inner).Take(left.Shape[1] * inner).Concat(right.Reals.Skip(batch * right.Shape[1] * inner).Take(right.Shape[1] * inner)))];
        return Layer("Concat", [left, right], null, [left.Shape[0], left.Shape[1] + right.Shape[1], left.Shape[2], left.Shape[3]], joined, relu: false, [OnnxModels.Attribute("axis", 1L)]);
    }

    /// <summary>2×2 windows, without overlap.</summary>
    public QuantizedValue AveragePool(QuantizedValue input)
    {
        (int[] shape, double[] means) = Windows(input, taps => taps.Average());
        return Layer("AveragePool", [input], null, shape, means, relu: false, [OnnxModels.Integers("kernel_shape", 2, 2), OnnxModels.Integers("strides", 2, 2)]);
    }

    /// <summary>2×2 windows, without overlap: on the integers, or on what they stand for with the same scale on either side.</summary>
    public QuantizedValue MaxPool(QuantizedValue input)
    {
        (int[] shape, double[] greatest) = Windows(input, taps => taps.Max());
        AttributeProto[] attributes = [OnnxModels.Integers("kernel_shape", 2, 2), OnnxModels.Integers("strides", 2, 2)];
        int[] levels = [.. greatest.Select(value => Level(value, input.Scale, input.Zero))];
        if (format == QuantizedFormat.Operators)
        {
            return new QuantizedValue(Node("MaxPool", [input.Integers], attributes), shape, levels, input.Scale, input.Zero);
        }

        string pooled = Node("MaxPool", [Dequantized(input)], attributes);
        return new QuantizedValue(Node("QuantizeLinear", [pooled, Float(input.Scale), Zero(input.Zero)]), shape, levels, input.Scale, input.Zero);
    }

    public QuantizedValue GlobalAveragePool(QuantizedValue input)
    {
        int inner = input.Shape[2] * input.Shape[3];
        double[] means = [.. input.Reals.Chunk(inner).Select(channel => channel.Average())];
        return Layer("GlobalAveragePool", [input], null, [input.Shape[0], input.Shape[1], 1, 1], means, relu: false, []);
    }

    public QuantizedValue Flatten(QuantizedValue input)
    {
        int[] shape = [input.Shape[0], input.Levels.Length / input.Shape[0]];
        return input with { Integers = Node("Reshape", [input.Integers, Constant(OnnxModels.Longs("", [.. shape.Select(extent => (long)extent)]))]), Shape = shape };
    }

    /// <summary>The model; its output <c>y</c> is float.</summary>
    public ModelProto Finish(QuantizedValue output)
    {
        nodes.Add(OnnxModels.Node("DequantizeLinear", $"{output.Integers} {Float(output.Scale)} {Zero(output.Zero)}", "y"));
        GraphProto graph = OnnxModels.Graph(nodes, "y", constants, [.. inputs]);
        graph.Name = "network";
        graph.Output[0].Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = OnnxTypes.Float } };
        ModelProto model = OnnxModels.Model(graph, 13);
        model.IrVersion = 8;
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return model;
    }

    private static (int[] Shape, double[] Values) Windows(QuantizedValue input, Func<double[], double> function)
    {
        (int height, int width) = (input.Shape[2], input.Shape[3]);
        double[] reals = input.Reals;
        int[] shape = [input.Shape[0], input.Shape[1], height / 2, width / 2];
        return (shape, [.. Enumerable.Range(0, shape[0] * shape[1]).SelectMany(plane => Enumerable.Range(0, shape[2]).SelectMany(row => Enumerable.Range(0, shape[3]).Select(column =>
        {
            int at = (((plane * height) + (row * 2)) * width) + (column * 2);
            return function([reals[at], reals[at + 1], reals[at + width], reals[at + width + 1]]);
        })))]);
    }

    private static (int[] Shape, double[] Sums) Convolve(QuantizedValue input, Weights weights, int[] kernel, int stride, int pad, int groups)
    {
        (int channels, int height, int width, int size) = (input.Shape[1], input.Shape[2], input.Shape[3], kernel[2]);
        int[] shape = [input.Shape[0], kernel[0], ((height + (2 * pad) - size) / stride) + 1, ((width + (2 * pad) - size) / stride) + 1];
        double[] reals = input.Reals;
        var sums = new double[shape.Aggregate(1, (count, extent) => count * extent)];
        for (int index = 0; index < sums.Length; index++)
        {
            (int column, int row, int output, int batch) = (index % shape[3], index / shape[3] % shape[2], index / shape[3] / shape[2] % shape[1], index / shape[3] / shape[2] / shape[1]);
            double sum = weights.Bias[output] * weights.BiasScale(output);
            for (int tap = 0; tap < kernel[1] * size * size; tap++)
            {
                (int x, int y, int channel) = ((column * stride) + (tap % size) - pad, (row * stride) + (tap / size % size) - pad, (output / (kernel[0] / groups) * kernel[1]) + (tap / size / size));
                if (x >= 0 && x < width && y >= 0 && y < height)
                {
                    sum += reals[(((((batch * channels) + channel) * height) + y) * width) + x] * weights.Real((output * kernel[1] * size * size) + tap, output);
                }
            }

            sums[index] = sum;
        }

        return (shape, sums);
    }

    private QuantizedValue Binary(string name, QuantizedValue left, QuantizedValue right, bool relu, Func<double, double, double> function)
    {
        // The right side may be one number a channel.
        int repeat = left.Levels.Length / right.Levels.Length;
        double[] values = [.. left.Reals.Select((value, index) => function(value, right.Reals[index / repeat]))];
        return Layer(name, [left, right], null, left.Shape, values, relu, []);
    }

    // Adds a layer in the network's format and computes its integers.
    private QuantizedValue Layer(string name, QuantizedValue[] operands, Weights? weights, int[] shape, double[] reals, bool relu, AttributeProto[] attributes)
    {
        reals = relu ? [.. reals.Select(value => Math.Max(0, value))] : reals;
        if (format == QuantizedFormat.QuantizeDequantize)
        {
            IEnumerable<string> inputs = [.. operands.Select(Dequantized), .. weights is null ? [] : Dequantized(weights)];
            string result = Node(name, inputs, attributes);
            return Quantize(relu ? Node("Relu", [result]) : result, shape, reals);
        }

        (float scale, int zero) = ScaleOf(reals);
        string[] output = [Float(scale), Zero(zero)];
        IEnumerable<string> quantized = [.. operands.SelectMany(operand => new[] { operand.Integers, Float(operand.Scale), Zero(operand.Zero) }), .. weights is null ? [] : new[] { weights.Levels, weights.Scale, weights.Zero }];
        IEnumerable<string> all = name switch
        {
            "Conv" => [.. quantized, .. output, weights!.BiasName],
            "Gemm" => [.. quantized, weights!.BiasName, .. output],
            "Concat" => [.. output, .. quantized],
            _ => [.. quantized, .. output],
        };
        string node = Node(name == "Gemm" ? "QGemm" : "QLinear" + name, all, attributes);
        return new QuantizedValue(node, shape, [.. reals.Select(value => Level(value, scale, zero))], scale, zero);
    }

    private QuantizedValue Quantize(string real, int[] shape, double[] reals)
    {
        (float scale, int zero) = ScaleOf(reals);
        return new QuantizedValue(Node("QuantizeLinear", [real, Float(scale), Zero(zero)]), shape, [.. reals.Select(value => Level(value, scale, zero))], scale, zero);
    }

    // Narrower than the values now and then, so that some saturate.
    private (float Scale, int Zero) ScaleOf(double[] reals)
    {
        (double least, double greatest) = (Math.Min(0, reals.Min()), Math.Max(1e-3, reals.Max()));
        float scale = (float)((greatest - least) / 255 * (0.9 + (0.1 * random.NextDouble())));
        return (scale, (int)Math.Clamp(Math.Round(-least / scale), 0, 255) + Least);
    }

    private int Level(double real, float scale, int zero) => (int)Math.Clamp(Math.Round(real / scale, MidpointRounding.ToEven) + zero, Least, Least + 255);

    private Weights NewWeights(int[] shape, int axis, float inputScale, int outputs)
    {
        int count = shape.Aggregate(1, (product, extent) => product * extent);
        float[] scales = [.. Enumerable.Range(0, isPerChannel ? outputs : 1).Select(_ => (0.5f + random.NextSingle()) / 127 / MathF.Sqrt(count / outputs))];
        int[] levels = [.. Enumerable.Range(0, count).Select(_ => random.Next(LeastWeight, 128))];
        int[] bias = [.. Enumerable.Range(0, outputs).Select(_ => random.Next(-2000, 2000))];
        var stored = new TensorProto { DataType = OnnxTypes.Int8, RawData = ByteString.CopyFrom([.. levels.Select(level => unchecked((byte)level))]) };
        stored.Dims.AddRange(shape.Select(extent => (long)extent));
        var zeros = new TensorProto { DataType = OnnxTypes.Int8, RawData = ByteString.CopyFrom(new byte[scales.Length]) };
        var biases = new TensorProto { DataType = OnnxTypes.Int32 };
        biases.Dims.Add(outputs);
        biases.Int32Data.AddRange(bias);
        zeros.Dims.AddRange(isPerChannel ? [outputs] : []);
        return new Weights(
            Constant(stored), Floats(scales), Constant(zeros), Constant(biases), levels, scales, bias, [.. scales.Select(scale => inputScale * scale)], axis);
    }

    private string[] Dequantized(Weights weights)
    {
        AttributeProto axis = OnnxModels.Attribute("axis", (long)weights.Axis);
        return
        [
            Node("DequantizeLinear", [weights.Levels, weights.Scale, weights.Zero], axis),
            Node("DequantizeLinear", [weights.BiasName, Floats(weights.BiasScales)], OnnxModels.Attribute("axis", 0L)),
        ];
    }

    private string Dequantized(QuantizedValue value) => Node("DequantizeLinear", [value.Integers, Float(value.Scale), Zero(value.Zero)]);

    private string Node(string name, IEnumerable<string> inputs, params AttributeProto[] attributes)
    {
        string output = NewName();
        NodeProto node = OnnxModels.Node(name, string.Join(' ', inputs), output, attributes);
        node.Domain = name is "QGemm" || (name.StartsWith("QLinear", StringComparison.Ordinal) && name is not ("QLinearConv" or "QLinearMatMul")) ? "com.microsoft" : "";
        node.Name = output;
        nodes.Add(node);
        return output;
    }

    private string Floats(float[] values) => Constant(OnnxModels.Floats("", isPerChannel ? [values.Length] : [], values));

    private string Float(float value) => Constant(OnnxModels.Floats("", [], value));

    private string Zero(int value) =>
        Constant(new TensorProto { DataType = isSigned ? OnnxTypes.Int8 : OnnxTypes.UInt8, RawData = ByteString.CopyFrom(unchecked((byte)value)) });

    private string Constant(TensorProto tensor)
    {
        tensor.Name = NewName();
        constants.Add(tensor);
        return tensor.Name;
    }

    private string NewName() => "n" + (++names).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed record Weights(
        string Levels, string Scale, string Zero, string BiasName, int[] Values, float[] Scales, int[] Bias, float[] BiasScales, int Axis)
    {
        public double Real(int index, int output) => Values[index] * (double)Scales[Scales.Length == 1 ? 0 : output];

        public double BiasScale(int output) => BiasScales[BiasScales.Length == 1 ? 0 : output];
    }
}
