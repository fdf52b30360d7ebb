using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Arithmetic on quantised numbers, as the file spells it out: conversions, and products of what is left after the zero points.</summary>
internal static class QuantizationOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("QuantizeLinear", 10, QuantizeLinear),
        new("DequantizeLinear", 10, DequantizeLinear),
        new("DynamicQuantizeLinear", 11, DynamicQuantizeLinear),
        new("MatMulInteger", 10, MatMulInteger),
        new("ConvInteger", 10, ConvInteger),
        new("QLinearMatMul", 10, QLinearMatMul),
        new("QLinearConv", 10, QLinearConv),
    ];

    private static string QuantizeLinear(OnnxNode node, OnnxContext context)
    {
        if (node.Integer("precision", OnnxTypes.Float) == OnnxTypes.Double)
        {
            throw ImportException.Attribute(node.Operator, "'precision' of double", "leave it out or use float");
        }

        long code = node.Integer("output_dtype", 0) is var given && given == 0 ? OnnxTypes.UInt8 : given;
        string? zero = node.Optional(2);
        NarrowType? narrow = zero is null ? NarrowType.Find(code) : context.NarrowTypeOf(zero);
        string value = context.Convert(node[0], ElementType.Float32);
        string scale = Parameter(node, context, 1)!;
        return narrow is null
            ? Quantize(node, context, value, scale, Parameter(node, context, 2), zero is null ? OnnxTypes.Get(code, node.OutputName) : context.ElementTypeOf(zero))
            : context.Mark(QuantizeNarrow(node, context, value, scale, Parameter(node, context, 2), narrow), narrow);
    }

    private static string DequantizeLinear(OnnxNode node, OnnxContext context)
    {
        ElementType type = context.ElementTypeOf(node[1]);
        string scale = Parameter(node, context, 1)!;
        return Parameter(node, context, 2) is { } zero
            ? context.Map(node[0], zero, scale, (x, z, s) => (x.Type.IsFloat() ? x - z : x.To(ElementType.Int32) - z.To(ElementType.Int32)).To(type) * s)
            : context.Map(node[0], scale, (x, s) => x.To(type) * s);
    }

    private static ImmutableArray<string?> DynamicQuantizeLinear(OnnxNode node, OnnxContext context)
    {
        int[] axes = [.. Enumerable.Range(0, context.ShapeOf(node[0]).Rank)];
        string least = context.Map(context.Reduce(ReduceKind.Minimum, node[0], axes, keep: false), x => x.Minimum(0));
        string greatest = context.Map(context.Reduce(ReduceKind.Maximum, node[0], axes, keep: false), x => x.Maximum(0));
        string scale = context.Map(least, greatest, (low, high) => (high - low) / 255);
        string zero = context.Map(least, scale, (low, s) => (-low / s).Round().Clamp(0, 255).To(ElementType.UInt8));
        return [Quantize(node, context, node[0], scale, zero, ElementType.UInt8), scale, zero];
    }

    private static string MatMulInteger(OnnxNode node, OnnxContext context)
    {
        string? leftZero = node.Optional(2);
        if (leftZero is not null && context.ShapeOf(leftZero) is { Rank: 1 } rows && rows[0] > 1)
        {
            leftZero = context.Reshape(leftZero, [rows[0], 1]);
        }

        return MatrixOperators.Product(context, Centred(context, node[0], leftZero, ElementType.Int32), Centred(context, node[1], node.Optional(3), ElementType.Int32));
    }

    // The products of 8-bit numbers are exact in float32 up to sums of 2^24.
    private static string ConvInteger(OnnxNode node, OnnxContext context)
    {
        string value = Centred(context, node[0], node.Optional(2), ElementType.Float32);
        string weights = Centred(context, node[1], PerOutputChannel(node, context, 3, 1), ElementType.Float32);
        return context.Convert(ConvolutionOperators.Convolution(node, context, value, weights, null), ElementType.Int32);
    }

    private static string QLinearMatMul(OnnxNode node, OnnxContext context)
    {
        string left = Centred(context, node[0], node[2], ElementType.Int32);
        string right = Centred(context, node[3], node[5], ElementType.Int32);
        string product = context.Convert(MatrixOperators.Product(context, left, right), ElementType.Float32);
        string real = context.Map(context.Map(product, Float(context, node[1]), (x, s) => x * s), Float(context, node[4]), (x, s) => x * s);
        return Quantize(node, context, real, Float(context, node[6]), node[7], context.ElementTypeOf(node[7]));
    }

    private static string QLinearConv(OnnxNode node, OnnxContext context)
    {
        string value = Centred(context, node[0], node[2], ElementType.Float32);
        string weights = Centred(context, node[3], PerOutputChannel(node, context, 5, 3), ElementType.Float32);
        string? bias = node.Optional(8) is { } integers ? context.Convert(integers, ElementType.Float32) : null;
        string sums = ConvolutionOperators.Convolution(node, context, value, weights, bias);
        Shape scales = context.ShapeOf(node[4]);
        string weightScale = scales.Rank == 1 ? context.Reshape(node[4], context.ShapeOf(sums).PerChannel(scales[0])) : node[4];
        string real = context.Map(sums, node[1], weightScale, (x, s, w) => x * (s * w));
        return Quantize(node, context, real, node[6], node[7], context.ElementTypeOf(node[7]));
    }

    private static string Quantize(OnnxNode node, OnnxContext context, string value, string scale, string? zero, ElementType type)
    {
        (double least, double greatest) = type switch
        {
            ElementType.UInt8 => (0.0, 255.0),
            ElementType.Int8 => (-128.0, 127.0),
            ElementType.UInt16 => (0.0, 65535.0),
            ElementType.Int16 => (-32768.0, 32767.0),
            _ => throw ImportException.ElementType(node.OutputName, type.ToString()),
        };
        string scaleOfType = context.Convert(scale, ElementType.Float32);
        return zero is null
            ? context.Map(value, scaleOfType, (x, s) => (x / s).Round().Clamp(least, greatest).To(type))
            : context.Map(value, scaleOfType, zero, (x, s, z) => ((x / s).Round() + z.To(ElementType.Float32)).Clamp(least, greatest).To(type));
    }

    private static string QuantizeNarrow(OnnxNode node, OnnxContext context, string value, string scale, string? zero, NarrowType type)
    {
        string scaleOfType = Float(context, scale);
        return (type, zero) switch
        {
            (NarrowInteger integer, null) => context.Map(value, scaleOfType, (x, s) => (x / s).Round().Clamp(integer.Least, integer.Greatest).To(type.Storage)),
            (NarrowInteger integer, _) => context.Map(
                value, scaleOfType, zero, (x, s, z) => ((x / s).Round() + z.To(ElementType.Float32)).Clamp(integer.Least, integer.Greatest).To(type.Storage)),
            (_, null) => context.Map(value, scaleOfType, (x, s) => type.Convert(x / s, node)),
            _ => context.Map(value, scaleOfType, zero, (x, s, z) => type.Convert((x / s) + z, node)),
        };
    }

    // The scale or zero point of a tensor, of each slice of an axis, or of each block along it, so that it broadcasts.
    private static string? Parameter(OnnxNode node, OnnxContext context, int input)
    {
        if (node.Optional(input) is not { } parameter)
        {
            return input == 1 ? node[1] : null;
        }

        Shape shape = context.ShapeOf(node[0]);
        Shape own = context.ShapeOf(parameter);
        if (own.ElementCount == 1 || shape.Rank == 0)
        {
            return context.Reshape(parameter, Shape.Scalar);
        }

        int axis = shape.Axis(node.Integer("axis", 1));
        if (own.Rank == 1)
        {
            return context.Reshape(parameter, Shape.From(shape.Select((_, other) => other == axis ? own[0] : 1)));
        }

        long block = node.Integer("block_size", 0);
        if (block <= 0 || own.Rank != shape.Rank || own[axis] * block < shape[axis])
        {
            throw new ShapeException($"a scale of shape {own} for {shape}");
        }

        return context.Gather(parameter, axis, [.. Enumerable.Range(0, shape[axis]).Select(index => index / block)]);
    }

    private static string Float(OnnxContext context, string value) => context.Convert(value, ElementType.Float32);

    private static string Centred(OnnxContext context, string value, string? zero, ElementType type) =>
        zero is null ? context.Convert(value, type) : context.Map(value, zero, (x, z) => x.To(type) - z.To(type));

    private static string? PerOutputChannel(OnnxNode node, OnnxContext context, int input, int weights)
    {
        if (node.Optional(input) is not { } zero || context.ShapeOf(zero).Rank != 1)
        {
            return node.Optional(input);
        }

        return context.Reshape(zero, Shape.From(context.ShapeOf(node[weights]).Select((_, axis) => axis == 0 ? context.ShapeOf(zero)[0] : 1)));
    }
}
