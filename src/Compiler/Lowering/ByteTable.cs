using System;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Functions of one byte as tables of 256 entries. A byte stands for a real number, or is an 8-bit integer given in or out as it is.</summary>
internal static class ByteTable
{
    /// <summary>The table of a function from one quantised tensor to another.</summary>
    public static byte[] Of(Expression expression, QuantizationParameters input, QuantizationParameters output, bool isFixedPoint) =>
        Of(expression, (ElementType.Float32, input), (ElementType.Float32, output), isFixedPoint);

    /// <summary>The table of a function of one tensor.</summary>
    /// <param name="expression">The function.</param>
    /// <param name="input">Its operand: an integer type, or how it is stored.</param>
    /// <param name="output">Its result.</param>
    /// <param name="isFixedPoint">Whether to round as TensorFlow Lite does: changes of scale and clamps in integers, other functions halves away from zero.</param>
    public static byte[] Of(
        Expression expression, (ElementType Type, QuantizationParameters? Quantization) input, (ElementType Type, QuantizationParameters? Quantization) output, bool isFixedPoint)
    {
        if (isFixedPoint && input.Quantization is { } from && output.Quantization is { } to && Rescaled(expression, from, to) is { } table)
        {
            return table;
        }

        Tensor values = ElementwiseEvaluator.Evaluate(expression, [Levels(input.Type, input.Quantization)]);
        return output.Quantization is { } grid ? Array.ConvertAll(values.Values<float>(), value => isFixedPoint ? Nearest(value, grid) : Requantize.Element(value, grid))
            : values.Type == ElementType.Int8 ? Array.ConvertAll(values.Values<sbyte>(), value => unchecked((byte)value))
            : values.Values<byte>();
    }

    // The values of the 256 bytes.
    private static Tensor Levels(ElementType type, QuantizationParameters? quantization) => quantization is not null
        ? Tensor.Of([256], [.. Enumerable.Range(0, 256).Select(level => (level - quantization.ZeroPoint) * quantization.Scale)])
        : type == ElementType.Int8 ? Tensor.Of([256], [.. Enumerable.Range(0, 256).Select(level => unchecked((sbyte)level))])
        : Tensor.Of([256], [.. Enumerable.Range(0, 256).Select(level => (byte)level)]);

    // A change of scale, perhaps with a clamp behind it.
    private static byte[]? Rescaled(Expression expression, QuantizationParameters from, QuantizationParameters to)
    {
        (Expression inner, float minimum, float maximum) = ExpressionRewriter.AsClamp(expression) ?? (expression, float.NegativeInfinity, float.PositiveInfinity);
        if (inner is not InputExpression || FixedPointMultiplier.Of((double)from.Scale / to.Scale, byte.MaxValue) is not { } multiplier)
        {
            return null;
        }

        (int least, int greatest) = OutputRange.Quantized(to, minimum, maximum);
        return [.. Enumerable.Range(0, 256).Select(level => (byte)Math.Clamp(
            RuntimeSupport.FixedPoint.Multiply(level - from.ZeroPoint, multiplier.Multiplier, multiplier.Shift, isSymmetric: true) + to.ZeroPoint, least, greatest))];
    }

    private static byte Nearest(float value, QuantizationParameters target) => float.IsNaN(value)
        ? (byte)target.ZeroPoint
        : (byte)(MathF.Round(Math.Clamp(value * (1f / target.Scale), -target.ZeroPoint, 255 - target.ZeroPoint), MidpointRounding.AwayFromZero) + target.ZeroPoint);
}
