using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Export;

/// <summary>Convolutions, matrix products and pooling.</summary>
internal static class LayerExport
{
    /// <summary>Conv, channels-first; its integers where it is quantised.</summary>
    public static void Conv2D(NodeExport node)
    {
        var convolution = (Conv2D)node.Node.Op;
        string image = node.Input(0, Layout.ChannelsFirst);
        IEnumerable<string> weights = IsQuantized(node)
            ? IntegerWeights(node, levels => Transpose.ToChannelsFirst.Evaluate([levels])[0])
            : [node.Input(1, Layout.ChannelsFirst), .. node.Node.Inputs.Length > 2 ? [node.Input(2)] : Array.Empty<string>()];
        string sum = node.Add("Conv", [image, .. weights], [.. Attributes(convolution.Window), OnnxWriter.Attribute("group", convolution.Groups)]);
        sum = node.Node.Inputs.Length > 3 ? node.Add("Add", [sum, node.Input(3, Layout.ChannelsFirst)]) : sum;
        node.Define(Clamped(node, sum, convolution.Minimum, convolution.Maximum), Layout.ChannelsFirst);
    }

    /// <summary>Gemm.</summary>
    public static void FullyConnected(NodeExport node)
    {
        var layer = (FullyConnected)node.Node.Op;
        IEnumerable<string> weights = IsQuantized(node) ? IntegerWeights(node, levels => levels) : [node.Input(1), node.Input(2)];
        string sum = node.Add("Gemm", [node.Input(0), .. weights], OnnxWriter.Attribute("transB", 1));
        node.Define(Clamped(node, sum, layer.Minimum, layer.Maximum));
    }

    /// <summary>MatMul.</summary>
    public static void MatMul(NodeExport node) => node.DefineBy("MatMul", Layout.Own, [node.Input(1)]);

    /// <summary>MaxPool or AveragePool, channels-first. A last window beyond the padding is padding said outright, but for an average that counts it.</summary>
    public static void Pool2D(NodeExport node)
    {
        var pool = (Pool2D)node.Node.Op;
        bool isAverage = pool.Kind == PoolKind.Average;
        bool keepsCeiling = pool is { Ceiling: true, CountsPadding: true };
        Window window = pool.Ceiling && !keepsCeiling ? Reaching(pool.Window, node.ShapeOf(0), node.Graph.ShapeOf(node.Node.Output)) : pool.Window;
        List<AttributeProto> attributes = [.. Attributes(window), OnnxWriter.Attribute("ceil_mode", keepsCeiling ? 1 : 0)];
        if (isAverage)
        {
            attributes.Add(OnnxWriter.Attribute("count_include_pad", pool.CountsPadding ? 1 : 0));
        }

        node.DefineBy(isAverage ? "AveragePool" : "MaxPool", Layout.ChannelsFirst, [], attributes);
    }

    private static bool IsQuantized(NodeExport node) => node.Graph.Values[node.Node.Inputs[0]].Quantization is not null;

    // The integers that our own kernels get, the bias without what it takes from the zero point of the input.
    private static IEnumerable<string> IntegerWeights(NodeExport node, Func<Tensor, Tensor> arrange)
    {
        Tensor weights = node.Graph.Constants[node.Node.Inputs[1]];
        Tensor? bias = node.Node.Inputs.Length > 2 ? node.Graph.Constants[node.Node.Inputs[2]] : null;
        QuantizationParameters input = node.Graph.Values[node.Node.Inputs[0]].Quantization!;
        QuantizedWeights quantized = QuantizedWeights.Of(weights, bias, input with { ZeroPoint = 0 }, new QuantizationParameters(1, 0));
        float[] scales = quantized.Multipliers;
        yield return Dequantized(node, "weights", arrange(Tensor.Of(weights.Shape, quantized.Weights)), Array.ConvertAll(scales, scale => (float)(scale / (double)input.Scale)));
        yield return Dequantized(node, "bias", Tensor.Of([scales.Length], quantized.Bias), scales);
    }

    private static string Dequantized(NodeExport node, string role, Tensor integers, float[] scales)
    {
        Tensor zeroPoints = Tensor.Zeros(new TensorType(integers.Type, [scales.Length]));
        return node.Add(
            "DequantizeLinear",
            [node.Constant(role, integers), node.Constant(role + "_scale", Tensor.Of([scales.Length], scales)), node.Constant(role + "_zero_point", zeroPoints)],
            OnnxWriter.Attribute("axis", 0));
    }

    // A bound that the grid of the output has anyway is left out: other runtimes then see the layer they look for.
    private static string Clamped(NodeExport node, string sum, float minimum, float maximum)
    {
        if (node.Graph.Values[node.Node.Output].Quantization is { } grid)
        {
            (int least, int greatest) = OutputRange.Quantized(grid, minimum, maximum);
            minimum = least == 0 ? float.NegativeInfinity : minimum;
            maximum = greatest == byte.MaxValue ? float.PositiveInfinity : maximum;
        }

        return (minimum, maximum) switch
        {
            (float.NegativeInfinity, float.PositiveInfinity) => sum,
            (0, float.PositiveInfinity) => node.Add("Relu", [sum]),
            _ => node.Add("Clip", [sum, node.Constant("minimum", Tensor.Scalar(minimum)), node.Constant("maximum", Tensor.Scalar(maximum))]),
        };
    }

    private static AttributeProto[] Attributes(Window window) =>
    [
        OnnxWriter.Attribute("kernel_shape", window.KernelHeight, window.KernelWidth),
        OnnxWriter.Attribute("strides", window.StrideHeight, window.StrideWidth),

        // Left out where it says nothing: fusions of other runtimes know no average pooling that has it.
        .. (window.DilationHeight, window.DilationWidth) == (1, 1) ? Array.Empty<AttributeProto>() : [OnnxWriter.Attribute("dilations", window.DilationHeight, window.DilationWidth)],
        OnnxWriter.Attribute("pads", window.PadTop, window.PadLeft, window.PadBottom, window.PadRight),
    ];

    private static Window Reaching(Window window, Shape input, Shape output)
    {
        int bottom = ((output[1] - 1) * window.StrideHeight) + window.ExtentHeight - window.PadTop - input[1];
        int right = ((output[2] - 1) * window.StrideWidth) + window.ExtentWidth - window.PadLeft - input[2];
        return window with { PadBottom = Math.Max(window.PadBottom, bottom), PadRight = Math.Max(window.PadRight, right) };
    }
}
