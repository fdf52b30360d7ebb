using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import;

/// <summary>
/// Quantising and dequantising as elementwise expressions, and back: importers write them, and a pass finds them again by rebuilding what an
/// importer would have written.
/// </summary>
internal static class GridExpressions
{
    // Below, the reciprocal that kernels multiply by is infinite or loses bits.
    private const float LeastScale = 1e-37f;

    /// <summary>The integer of a type that stands for a real number: rounded, ties to even, and saturated.</summary>
    public static Term Level(Term real, Term scale, Term? zero, ElementType type)
    {
        (double least, double greatest) = Range(type) ?? throw new ShapeException($"quantisation to {type}");
        Term level = (real / scale).Round();
        return (zero is { } offset ? level + offset.To(ElementType.Float32) : level).Clamp(least, greatest).To(type);
    }

    /// <summary>The real number that an integer, or a float of few bits, stands for.</summary>
    public static Term Real(Term level, Term? zero, Term scale)
    {
        Term centred = zero is not { } offset ? level
            : level.Type.IsFloat() ? level - offset
            : level.To(ElementType.Int32) - offset.To(ElementType.Int32);
        return centred.To(scale.Type) * scale;
    }

    /// <summary>Least and greatest integer of a quantised type; <see langword="null"/> for others.</summary>
    public static (double Least, double Greatest)? Range(ElementType type) => type switch
    {
        ElementType.UInt8 => (0.0, 255.0),
        ElementType.Int8 => (-128.0, 127.0),
        ElementType.UInt16 => (0.0, 65535.0),
        ElementType.Int16 => (-32768.0, 32767.0),
        _ => null,
    };

    /// <summary>The grid that an op rounds its only input to, when it makes 8-bit integers by one scale and zero point.</summary>
    public static QuantizationParameters? AsLevel(Op op)
    {
        if (op is not Elementwise { Expression: ConvertExpression { Type: ElementType.UInt8 or ElementType.Int8 } conversion }
            || conversion.Operand is not CallExpression { Operands: [CallExpression { Operands: [CallExpression shifted, _] }, _] })
        {
            return null;
        }

        (CallExpression rounded, double? zero) = shifted is { Function: ElementwiseFunction.Add, Operands: [CallExpression inner, ConvertExpression { Operand: LiteralExpression { Value: var offset } }] }
            ? (inner, offset)
            : (shifted, (double?)null);
        if (rounded is not { Operands: [CallExpression { Operands: [_, LiteralExpression { Value: var scale }] }] })
        {
            return null;
        }

        ElementType type = conversion.Type;
        Term rebuilt = Level(Term.Input(0, ElementType.Float32), Term.Literal(scale, ElementType.Float32), zero is { } value ? Term.Literal(value, type) : null, type);
        return rebuilt.Expression == conversion ? Grid((float)scale, zero ?? 0, type) : null;
    }

    /// <summary>The grid that an op reads its only input by, when it makes float32 of 8-bit integers by one scale and zero point.</summary>
    public static QuantizationParameters? AsReal(Op op)
    {
        if (op is not Elementwise { Expression: CallExpression { Function: ElementwiseFunction.Multiply, Operands: [ConvertExpression centred, LiteralExpression { Value: var scale }] } product })
        {
            return null;
        }

        double? zero = null;
        Expression level = centred.Operand;
        if (level is CallExpression { Operands: [ConvertExpression wide, ConvertExpression { Operand: LiteralExpression { Value: var offset } }] })
        {
            (zero, level) = (offset, wide.Operand);
        }

        if (level is not InputExpression { Type: ElementType.UInt8 or ElementType.Int8 } input)
        {
            return null;
        }

        Term rebuilt = Real(Term.Input(0, input.Type), zero is { } value ? Term.Literal(value, input.Type) : null, Term.Literal(scale, ElementType.Float32));
        return rebuilt.Expression == product ? Grid((float)scale, zero ?? 0, input.Type) : null;
    }

    private static QuantizationParameters? Grid(float scale, double zero, ElementType type) =>
        scale >= LeastScale && float.IsFinite(scale) ? new QuantizationParameters(scale, (int)zero + (type == ElementType.Int8 ? 128 : 0)) : null;
}
