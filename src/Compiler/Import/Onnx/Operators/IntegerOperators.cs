using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Products of quantised numbers that give int32: exact, whatever the scales, which are often computed at run time.</summary>
internal static class IntegerOperators
{
    // An 8-bit number less a zero point is −255…255.
    private const int OperandBits = 8;
    private const int LargestOperand = 255;

    // Integers up to this are exact in float32, and so are their sums.
    private const long LargestExact = 1 << 24;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("MatMulInteger", 10, MatMulInteger),
        new("ConvInteger", 10, (node, context) => Convolution(node, context, 0, 1, 2, 3)),
    ];

    /// <summary>The product of what is left of two tensors after their zero points, in int32.</summary>
    public static string Product(OnnxContext context, string left, string? leftZero, string right, string? rightZero)
    {
        if (leftZero is not null && context.ShapeOf(leftZero) is { Rank: 1 } rows && rows[0] > 1)
        {
            leftZero = context.Reshape(leftZero, [rows[0], 1]);
        }

        return MatrixOperators.Product(context, Centred(context, left, leftZero, ElementType.Int32), Centred(context, right, rightZero, ElementType.Int32));
    }

    /// <summary>The convolution of what is left of two tensors after their zero points, in int32.</summary>
    /// <param name="node">The node.</param>
    /// <param name="context">The context.</param>
    /// <param name="value">Input of the image.</param>
    /// <param name="weights">Input of the weights.</param>
    /// <param name="valueZero">Input of the image's zero point.</param>
    /// <param name="weightsZero">Input of the weights' zero point.</param>
    public static string Convolution(OnnxNode node, OnnxContext context, int value, int weights, int valueZero, int weightsZero)
    {
        string image = Centred(context, node[value], node.Optional(valueZero), ElementType.Float32);
        string filters = Centred(context, node[weights], PerOutputChannel(node, context, weightsZero, weights), ElementType.Float32);
        int bits = ExactBits(node, context, filters);
        if (bits >= OperandBits)
        {
            return context.Convert(ConvolutionOperators.Convolution(node, context, image, filters, null), ElementType.Int32);
        }

        // The image in pieces of so few bits that float32 holds the sums of each: x = Σ 2^(bits · i) · piece.
        string? sum = null;
        for (int shift = 0; shift < OperandBits; shift += bits)
        {
            bool isLast = shift + bits >= OperandBits;
            double unit = 1 << shift, limit = 1 << bits;
            string piece = context.Map(image, x => (x / unit).Floor() - (isLast ? x.Like(0) : (x / (unit * limit)).Floor() * limit));
            string part = context.Convert(ConvolutionOperators.Convolution(node, context, piece, filters, null), ElementType.Int32);
            sum = sum is null ? part : context.Map(sum, part, (low, high) => low + (high * unit));
        }

        return sum!;
    }

    /// <summary>What is left of integers after their zero point.</summary>
    public static string Centred(OnnxContext context, string value, string? zero, ElementType type) =>
        zero is null ? context.Convert(value, type) : context.Map(value, zero, (x, z) => x.To(type) - z.To(type));

    /// <summary>A zero point for each output channel, in a shape that broadcasts to the weights.</summary>
    public static string? PerOutputChannel(OnnxNode node, OnnxContext context, int input, int weights)
    {
        if (node.Optional(input) is not { } zero || context.ShapeOf(zero).Rank != 1)
        {
            return node.Optional(input);
        }

        return context.Reshape(zero, Shape.From(context.ShapeOf(node[weights]).Select((_, axis) => axis == 0 ? context.ShapeOf(zero)[0] : 1)));
    }

    private static string MatMulInteger(OnnxNode node, OnnxContext context) =>
        Product(context, node[0], node.Optional(2), node[1], node.Optional(3));

    // How many bits a number may have so that its products with the weights of any channel have an exact sum.
    private static int ExactBits(OnnxNode node, OnnxContext context, string filters)
    {
        Shape shape = context.ShapeOf(filters);
        int channels = Math.Max(1, shape.Rank == 0 ? 1 : shape[0]);
        long each = shape.ElementCount / channels;
        long greatest = context.ConstantOf(filters) is { } constant
            ? (long)constant.Values<float>().Chunk((int)Math.Max(1, each)).Max(channel => channel.Sum(weight => (double)Math.Abs(weight)))
            : each * LargestOperand;
        int bits = BitOperations.Log2((ulong)(LargestExact / Math.Max(1, greatest)));
        return greatest <= LargestExact / 2
            ? bits
            : throw ImportException.Attribute(node.Operator, $"a kernel of {each} weights, whose sums float32 does not hold,", "use a float convolution");
    }
}
