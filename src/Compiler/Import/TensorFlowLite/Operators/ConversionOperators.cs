using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>From one type to another, and from one storage to another.</summary>
internal static class ConversionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("BITCAST", BitCast),
        new("CAST", Cast),

        // Values are real numbers here: the tensors beside them say how they are stored.
        new("DEQUANTIZE", Dequantize),
        new("QUANTIZE", (node, context) => node.OutputTensor().IsQuantized ? node[0] : throw ImportException.Attribute(node.Operator, "an output without a scale", "convert the model again")),
        new("FAKE_QUANT", FakeQuantize),
    ];

    private static string Dequantize(LiteOperator node, LiteContext context) => context.ElementTypeOf(node[0]) == ElementType.Float32
        ? node[0]
        : throw ImportException.Attribute(node.Operator, $"the input '{node.Tensor(0).Name}', which has no scale", "convert the model again");

    private static string Cast(LiteOperator node, LiteContext context) =>
        context.Convert(context.Levels(node[0], node.Tensor(0)), node.OutputTensor().Storage);

    private static string BitCast(LiteOperator node, LiteContext context)
    {
        string levels = context.Levels(node[0], node.Tensor(0));
        ElementType from = context.ElementTypeOf(levels);
        ElementType to = node.OutputTensor().Storage;
        return (from, to) switch
        {
            (ElementType.Float32, ElementType.Int32 or ElementType.UInt32) or (ElementType.Float64, ElementType.Int64 or ElementType.UInt64) => context.Map(levels, x => x.ToBits().To(to)),
            (ElementType.Int32 or ElementType.UInt32, ElementType.Float32) => context.Map(levels, x => x.To(ElementType.Int32).FromBits()),
            (ElementType.Int64 or ElementType.UInt64, ElementType.Float64) => context.Map(levels, x => x.To(ElementType.Int64).FromBits()),
            _ when from.SizeOf() == to.SizeOf() && !from.IsFloat() && !to.IsFloat() && from != ElementType.Boolean && to != ElementType.Boolean => context.Convert(levels, to),
            _ => throw ImportException.Attribute(node.Operator, $"from {from} to {to}", "types of one size are"),
        };
    }

    // The range moves a little so that 0 is on the grid.
    private static string FakeQuantize(LiteOperator node, LiteContext context)
    {
        float least = node.Number(0);
        float greatest = node.Number(1);
        int bits = node.Integer(2);
        if (bits is < 2 or > 16 || !(least <= 0 && greatest >= 0 && least < greatest) || !float.IsFinite(greatest - least))
        {
            throw ImportException.Invalid($"{node.Operator} with {bits} bits from {least} to {greatest}");
        }

        int lowest = node.Flag(3) ? 1 : 0;
        int highest = (1 << bits) - 1;
        float scale = (greatest - least) / (highest - lowest);
        int zero = (int)Math.Clamp(Math.Round(lowest - (least / scale), MidpointRounding.AwayFromZero), lowest, highest);
        return (bits, lowest) == (8, 0)
            ? context.Emit(new Requantize(new QuantizationParameters(scale, zero)), node[0])
            : context.Map(node[0], x => (x / scale).Round().Clamp(lowest - zero, highest - zero) * scale);
    }
}
