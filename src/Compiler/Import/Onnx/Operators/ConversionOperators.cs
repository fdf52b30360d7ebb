using System;
using System.Collections.Generic;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Conversions between types, by number and by bits.</summary>
internal static class ConversionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Cast", 1, Cast),
        new("CastLike", 15, (node, context) => Convert(node, context, context.ElementTypeOf(node[1]), context.NarrowTypeOf(node[1]))),
        new("BitCast", 26, BitCast),
    ];

    private static string Cast(OnnxNode node, OnnxContext context)
    {
        // A name until version 5, a code since.
        long code = node.Opset < 6 ? Code(node.Text("to", "")) : node.Integer("to");
        return Convert(node, context, OnnxTypes.GetStorage(code, node.OutputName), NarrowType.Find(code));
    }

    private static string Convert(OnnxNode node, OnnxContext context, ElementType type, NarrowType? narrow)
    {
        string converted = narrow is null ? context.Convert(node[0], type)
            : narrow == context.NarrowTypeOf(node[0]) ? node[0]
            : context.Map(node[0], x => narrow.Convert(x, node));
        return context.Mark(converted, narrow);
    }

    private static string BitCast(OnnxNode node, OnnxContext context)
    {
        long code = node.Integer("to");
        NarrowType? from = context.NarrowTypeOf(node[0]);
        var to = NarrowType.Find(code);
        if (from is NarrowInteger && to is NarrowInteger && from.Bits == to.Bits)
        {
            return Convert(node, context, to.Storage, to);
        }

        // These are held as the numbers they are, not as their bits.
        if (from is not null || to is not null || code is OnnxTypes.Float16 or OnnxTypes.BFloat16)
        {
            throw ImportException.Attribute(
                node.Operator, $"{from?.Name ?? context.ElementTypeOf(node[0]).ToString()} as {OnnxTypes.NameOf(code)}", "reinterpret the numbers before the model, or use Cast");
        }

        ElementType type = OnnxTypes.Get(code, node.OutputName);
        ElementType source = context.ElementTypeOf(node[0]);
        return source.SizeOf() == type.SizeOf()
            ? context.Map(node[0], x => Reinterpret(x, type))
            : throw ImportException.Invalid($"BitCast of {source} to {type}, which has another size");
    }

    // Between integers of a size a conversion keeps the bits.
    private static Term Reinterpret(Term value, ElementType type)
    {
        if (value.Type == type)
        {
            return value;
        }

        Term bits = value.Type.IsFloat() ? value.ToBits() : value;
        return type.IsFloat() ? bits.To(type == ElementType.Float64 ? ElementType.Int64 : ElementType.Int32).FromBits() : bits.To(type);
    }

    private static long Code(string name)
    {
        for (int code = 1; code <= OnnxTypes.BFloat16; code++)
        {
            if (OnnxTypes.NameOf(code).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return code;
            }
        }

        throw ImportException.Invalid($"attribute 'to' of Cast is '{name}'");
    }
}
