using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// Layers from quantised to quantised numbers, the standard's and those of ONNX Runtime. With the weights known each is a float layer between
/// dequantisation and quantisation, which is what the passes make int8 layers of; else it is integer arithmetic as the standard spells it out.
/// </summary>
internal static class QuantizedLayerOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("QLinearMatMul", 10, QLinearMatMul),
        new("QLinearConv", 10, QLinearConv),
        Microsoft("QLinearAdd", (node, context) => Binary(node, context, (x, y) => x + y)),
        Microsoft("QLinearMul", (node, context) => Binary(node, context, (x, y) => x * y)),
        Microsoft("QLinearConcat", QLinearConcat),
        Microsoft("QLinearAveragePool", QLinearAveragePool),
        Microsoft("QLinearGlobalAveragePool", QLinearGlobalAveragePool),
        Microsoft("QLinearSigmoid", (node, context) => Unary(node, context, x => x.Sigmoid())),
        Microsoft("QLinearLeakyRelu", LeakyRelu),
        Microsoft("QGemm", QGemm),
    ];

    private static OperatorEntry Microsoft(string name, SingleOutputImporter import) => new(name, 1, 1, import, QuantizationOperators.Microsoft);

    private static string QLinearMatMul(OnnxNode node, OnnxContext context)
    {
        bool isPerTensor = context.ShapeOf(node[1]).ElementCount == 1 && context.ShapeOf(node[6]).ElementCount == 1;
        if (isPerTensor && Weights(node, context, 3, 4, 5, axis: context.ShapeOf(node[3]).Rank - 1) is { } weights)
        {
            return Quantized(node, context, MatrixOperators.Product(context, Real(node, context, 0), weights), 6);
        }

        string product = context.Convert(IntegerOperators.Product(context, node[0], node[2], node[3], node[5]), ElementType.Float32);
        string real = context.Map(context.Map(product, Float(context, node[1]), (x, s) => x * s), Float(context, node[4]), (x, s) => x * s);
        return QuantizationOperators.Quantize(node, context, real, Float(context, node[6]), node[7], context.ElementTypeOf(node[7]));
    }

    private static string QLinearConv(OnnxNode node, OnnxContext context)
    {
        if (Weights(node, context, 3, 4, 5, axis: 0) is { } weights && Bias(node, context, 8, 1, 4, 1) is var known && (known is not null || node.Optional(8) is null))
        {
            return Quantized(node, context, ConvolutionOperators.Convolution(node, context, Real(node, context, 0), weights, known), 6);
        }

        string sums = IntegerOperators.Convolution(node, context, 0, 3, 2, 5);
        if (node.Optional(8) is { } bias)
        {
            sums = context.Map(sums, context.Reshape(bias, context.ShapeOf(sums).PerChannel(context.ShapeOf(sums)[1])), (x, b) => x + b.To(ElementType.Int32));
        }

        Shape scales = context.ShapeOf(node[4]);
        string weightScale = scales.Rank == 1 ? context.Reshape(node[4], context.ShapeOf(sums).PerChannel(scales[0])) : node[4];
        string real = context.Map(context.Convert(sums, ElementType.Float32), node[1], weightScale, (x, s, w) => x * (s * w));
        return QuantizationOperators.Quantize(node, context, real, node[6], node[7], context.ElementTypeOf(node[7]));
    }

    private static string QGemm(OnnxNode node, OnnxContext context)
    {
        int columns = node.Flag("transB") ? 0 : 1;
        float alpha = node.Number("alpha", 1);
        string left = Real(node, context, 0);
        string right = Real(node, context, 3, columns);
        left = node.Flag("transA") ? context.Transpose(left, 1, 0) : left;
        if (context.ShapeOf(left).Rank != 2 || context.ShapeOf(right).Rank != 2)
        {
            throw new ShapeException($"a product of {context.ShapeOf(left)} and {context.ShapeOf(right)}, which are not matrices");
        }

        int outputs = context.ShapeOf(right)[columns];
        string? bias = node.Optional(6) is null
            ? context.Constant(Tensor.Zeros(new TensorType(ElementType.Float32, [outputs])))
            : Bias(node, context, 6, 1, 4, alpha);
        bool isLayer = alpha == 1 && context.ConstantOf(right) is not null && bias is not null && context.ShapeOf(bias) == [outputs];
        string product = isLayer
            ? context.Emit(new FullyConnected(), left, columns == 0 ? right : context.Transpose(right, 1, 0), bias!)
            : GeneralProduct(node, context, left, columns == 0 ? context.Transpose(right, 1, 0) : right, alpha);
        return node.Optional(7) is null ? product : Quantized(node, context, product, 7);
    }

    private static string GeneralProduct(OnnxNode node, OnnxContext context, string left, string right, float alpha)
    {
        string product = MatrixOperators.Product(context, left, right);
        product = alpha == 1 ? product : context.Map(product, x => x * alpha);
        if (node.Optional(6) is not { } summand)
        {
            return product;
        }

        // Its scale is alpha × that of the left side × those of the right, one a column.
        string scale = context.Map(Scale(context, node[1]), context.Reshape(node[4], Flat(context, node[4])), (a, b) => a * b * alpha);
        return context.Map(product, context.Map(summand, scale, (c, s) => c.To(ElementType.Float32) * s), (x, c) => x + c);
    }

    private static string Binary(OnnxNode node, OnnxContext context, System.Func<Term, Term, Term> function) =>
        Quantized(node, context, context.Map(Real(node, context, 0), Real(node, context, 3), function), 6);

    private static string Unary(OnnxNode node, OnnxContext context, System.Func<Term, Term> function) =>
        Quantized(node, context, context.Map(Real(node, context, 0), function), 3);

    private static string LeakyRelu(OnnxNode node, OnnxContext context)
    {
        float alpha = node.Number("alpha", 0.01f);
        return Unary(node, context, x => (x < 0).Select(x * alpha, x));
    }

    private static string QLinearConcat(OnnxNode node, OnnxContext context)
    {
        int operands = (node.Inputs.Length - 2) / 3;
        if (operands < 1 || node.Inputs.Length % 3 != 2)
        {
            throw ImportException.Invalid($"{node.Operator} has {node.Inputs.Length} inputs, not a scale and a zero point and three for each tensor");
        }

        string[] reals = [.. Enumerable.Range(0, operands).Select(index => Real(node, context, 2 + (index * 3)))];
        string joined = context.Concat(context.ShapeOf(reals[0]).Axis(node.Integer("axis")), reals);
        return Quantized(node, context, joined, 0, typeOf: 2);
    }

    private static string QLinearAveragePool(OnnxNode node, OnnxContext context)
    {
        RequireChannelsFirst(node);
        return Quantized(node, context, PoolingOperators.Average(node, context, Real(node, context, 0)), 3);
    }

    private static string QLinearGlobalAveragePool(OnnxNode node, OnnxContext context)
    {
        RequireChannelsFirst(node);
        return Quantized(node, context, PoolingOperators.GlobalAverage(context, Real(node, context, 0)), 3);
    }

    private static void RequireChannelsFirst(OnnxNode node)
    {
        if (node.Flag("channels_last"))
        {
            throw ImportException.Attribute(node.Operator, "attribute 'channels_last'", "export the model with channels first");
        }
    }

    // A tensor, its scale and its zero point stand one after the other.
    private static string Real(OnnxNode node, OnnxContext context, int first, int axis = 0) => QuantizationOperators.Dequantize(
        context, node[first], Along(context, node[first], node[first + 1], axis), node.Optional(first + 2) is { } zero ? Along(context, node[first], zero, axis) : null);

    // Constant weights that fit the int8 kernels; null for others.
    private static string? Weights(OnnxNode node, OnnxContext context, int weights, int scale, int zero, int axis)
    {
        if (context.ConstantOf(node[weights]) is null || context.ConstantOf(node[scale]) is null || axis < 0)
        {
            return null;
        }

        string real = QuantizationOperators.Dequantize(
            context, node[weights], Along(context, node[weights], node[scale], axis), node.Optional(zero) is { } offset ? Along(context, node[weights], offset, axis) : null);
        return context.ConstantOf(real)?.Integers is null ? null : real;
    }

    // An int32 bias, whose scale is that of the products.
    private static string? Bias(OnnxNode node, OnnxContext context, int bias, int leftScale, int rightScale, float alpha)
    {
        if (node.Optional(bias) is not { } integers || context.ConstantOf(integers) is not { } constant
            || context.ConstantOf(node[leftScale]) is not { Count: 1 } || context.ConstantOf(node[rightScale]) is not { } right
            || constant.Shape.Count(extent => extent > 1) > 1 || (constant.Shape.Rank > 1 && constant.Shape[^1] != constant.Count)
            || (right.Count != 1 && right.Count != constant.Count))
        {
            return null;
        }

        string scale = context.Map(Scale(context, node[leftScale]), context.Reshape(node[rightScale], Flat(context, node[rightScale])), (a, b) => a * b * alpha);
        return QuantizationOperators.Dequantize(context, context.Reshape(integers, [constant.Count]), scale, null);
    }

    private static string Quantized(OnnxNode node, OnnxContext context, string real, int scale, int? typeOf = null)
    {
        string? zero = node.Optional(scale + 1);
        ElementType type = context.ElementTypeOf(zero ?? node[typeOf ?? 0]);
        return QuantizationOperators.Quantize(node, context, real, Scale(context, node[scale]), zero is null ? null : Scale(context, zero), type);
    }

    private static string Scale(OnnxContext context, string value) =>
        context.ShapeOf(value).ElementCount == 1 ? context.Reshape(value, Shape.Scalar) : throw new ShapeException($"a scale or zero point of shape {context.ShapeOf(value)}");

    private static Shape Flat(OnnxContext context, string value) => context.ShapeOf(value).ElementCount == 1 ? Shape.Scalar : context.ShapeOf(value);

    // One number, or one for each slice of an axis, so that it broadcasts.
    private static string Along(OnnxContext context, string value, string parameter, int axis)
    {
        Shape shape = context.ShapeOf(value);
        Shape own = context.ShapeOf(parameter);
        return own.ElementCount == 1 ? context.Reshape(parameter, Shape.Scalar)
            : own.Rank == 1 && axis < shape.Rank ? context.Reshape(parameter, Shape.From(shape.Select((_, other) => other == axis ? own[0] : 1)))
            : parameter;
    }

    private static string Float(OnnxContext context, string value) => context.Convert(value, ElementType.Float32);
}
