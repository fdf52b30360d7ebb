using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// To quantised numbers and back, as elementwise arithmetic. The pass <c>recognize-quantized-layers</c> makes int8 layers of it where the scales
/// are known; dequantised constants keep the integers of the file for that.
/// </summary>
internal static class QuantizationOperators
{
    /// <summary>The operator set of ONNX Runtime's own operators; its only version is 1.</summary>
    public const string Microsoft = "com.microsoft";

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("QuantizeLinear", 10, QuantizeLinear),
        new("DequantizeLinear", 10, DequantizeLinear),
        new("DynamicQuantizeLinear", 11, DynamicQuantizeLinear),
        new("QuantizeLinear", 1, 1, QuantizeLinear, Microsoft),
        new("DequantizeLinear", 1, 1, DequantizeLinear, Microsoft),
    ];

    /// <summary>The numbers as integers of a type.</summary>
    public static string Quantize(OnnxNode node, OnnxContext context, string value, string scale, string? zero, ElementType type)
    {
        if (GridExpressions.Range(type) is null)
        {
            throw ImportException.ElementType(node.OutputName, type.ToString());
        }

        string scaleOfType = context.Convert(scale, ElementType.Float32);
        return zero is null
            ? context.Map(value, scaleOfType, (x, s) => GridExpressions.Level(x, s, null, type))
            : context.Map(value, scaleOfType, zero, (x, s, z) => GridExpressions.Level(x, s, z, type));
    }

    /// <summary>The real numbers that integers stand for; of constants with the integers beside them.</summary>
    /// <param name="context">The context.</param>
    /// <param name="value">The integers.</param>
    /// <param name="scale">The scale, in a shape that broadcasts.</param>
    /// <param name="zero">The zero point, in a shape that broadcasts, or none.</param>
    public static string Dequantize(OnnxContext context, string value, string scale, string? zero)
    {
        string real = zero is null
            ? context.Map(value, scale, (x, s) => GridExpressions.Real(x, null, s))
            : context.Map(value, zero, scale, (x, z, s) => GridExpressions.Real(x, z, s));
        return context.ConstantOf(real) is { Type: ElementType.Float32 } numbers && Stored(context, value, scale, zero) is { } stored
            ? context.Constant(numbers.WithIntegers(stored))
            : real;
    }

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

    private static string QuantizeNarrow(OnnxNode node, OnnxContext context, string value, string scale, string? zero, NarrowType type)
    {
        string scaleOfType = context.Convert(scale, ElementType.Float32);
        return (type, zero) switch
        {
            (NarrowInteger integer, null) => context.Map(value, scaleOfType, (x, s) => (x / s).Round().Clamp(integer.Least, integer.Greatest).To(type.Storage)),
            (NarrowInteger integer, _) => context.Map(
                value, scaleOfType, zero, (x, s, z) => ((x / s).Round() + z.To(ElementType.Float32)).Clamp(integer.Least, integer.Greatest).To(type.Storage)),
            (_, null) => context.Map(value, scaleOfType, (x, s) => type.Convert(x / s, node)),
            _ => context.Map(value, scaleOfType, zero, (x, s, z) => type.Convert((x / s) + z, node)),
        };
    }

    private static string DequantizeLinear(OnnxNode node, OnnxContext context) =>
        Dequantize(context, node[0], Parameter(node, context, 1)!, Parameter(node, context, 2));

    private static ImmutableArray<string?> DynamicQuantizeLinear(OnnxNode node, OnnxContext context)
    {
        int[] axes = [.. Enumerable.Range(0, context.ShapeOf(node[0]).Rank)];
        string least = context.Map(context.Reduce(ReduceKind.Minimum, node[0], axes, keep: false), x => x.Minimum(0));
        string greatest = context.Map(context.Reduce(ReduceKind.Maximum, node[0], axes, keep: false), x => x.Maximum(0));
        string scale = context.Map(least, greatest, (low, high) => (high - low) / 255);
        string zero = context.Map(least, scale, (low, s) => (-low / s).Round().Clamp(0, 255).To(ElementType.UInt8));
        return [Quantize(node, context, node[0], scale, zero, ElementType.UInt8), scale, zero];
    }

    // The integers of a constant, when one axis at most tells the scales apart.
    private static StoredIntegers? Stored(OnnxContext context, string value, string scale, string? zero)
    {
        if (context.ConstantOf(value) is not { } integers || context.ConstantOf(scale) is not { } scales
            || (zero is null ? Tensor.Of<long>([0]) : context.ConstantOf(zero)) is not { } zeros || zeros.Type.IsFloat())
        {
            return null;
        }

        int[] axes = [.. new[] { scales, zeros }.SelectMany(parameter => LongAxes(parameter.Shape, integers.Shape.Rank)).Distinct()];
        return axes.Length <= 1 ? StoredIntegers.Of(integers, scales.ToFloat32(), zeros.ToInt64(), axes.FirstOrDefault()) : null;
    }

    private static IEnumerable<int> LongAxes(Shape parameter, int rank) =>
        Enumerable.Range(0, parameter.Rank).Where(axis => parameter[axis] > 1).Select(axis => axis + rank - parameter.Rank);

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
}
