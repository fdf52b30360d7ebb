using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>From one type to another, and from one storage to another.</summary>
internal static class ConversionCases
{
    public static IEnumerable<LiteCase> All =>
    [
        new("to integers", "CAST", "x", "y", [Given("x", [4], [-2.7, -0.5, 1.9, 3]), Made("y", [4], ElementType.Int32)], v => [[.. v["x"].Select(Math.Truncate)]]),
        new("to truth", "CAST", "x", "y", [Given("x", [3], [-2.7, 0, 1.9]), Made("y", [3], ElementType.Boolean)], v => [[.. v["x"].Select(x => x == 0 ? 0.0 : 1)]]),
        new("from integers", "CAST", "x", "y", [Whole("x", ElementType.Int64, [3], -2, 0, 70000), Made("y", [3])], v => [v["x"]]),
        new("between integers", "CAST", "x", "y", [Whole("x", ElementType.Int32, [3], -2, 0, 300), Made("y", [3], ElementType.UInt8)], _ => [[254, 0, 44]]),
        new("float to int", "BITCAST", "x", "y", [Given("x", [2], [1, -2.5]), Made("y", [2], ElementType.Int32)], v => [[.. v["x"].Select(x => (double)BitConverter.SingleToInt32Bits((float)x))]]),
        new("int to float", "BITCAST", "x", "y", [Whole("x", ElementType.Int32, [2], 1065353216, -1073741824), Made("y", [2])], _ => [[1, -2]]),
        new("of one size", "BITCAST", "x", "y", [Whole("x", ElementType.UInt8, [2], 200, 3), Made("y", [2], ElementType.Int8)], _ => [[-56, 3]]),
        new("", "DEQUANTIZE", "x", "y", [Given("x", [6]), Made("y", [6]) with { IsFloat = true }], v => [v["x"]]) { Forms = LiteForms.Int8 | LiteForms.UInt8 | LiteForms.Int16 },
        new("float16 weights", "DEQUANTIZE", "w", "f", [Given("x", [3]), new("w", LitePart.Weights, ElementType.Float32, [3], [0.1, -0.7, 3]), Made("f", [3]), Made("y", [3])], v => [[.. v["x"].Zip(v["w"], (x, w) => x * w)]])
        {
            Forms = LiteForms.Half,
            After = [new("MUL", "x f", "y")],
            Shown = "y",
        },
        new("", "QUANTIZE", "x", "y", [Given("x", [6]) with { IsFloat = true }, Made("y", [6])], v => [v["x"]]) { Forms = LiteForms.Int8 | LiteForms.UInt8 | LiteForms.Int16 },
        new("from one grid to another", "QUANTIZE", "x", "y", [Given("x", [6]), Made("y", [6]) with { Range = (-1, 5) }], v => [v["x"]]) { Forms = LiteForms.Int8 | LiteForms.UInt8 | LiteForms.Int16 },
        FakeQuantized(-1, 2, 8, isNarrow: false),
        FakeQuantized(-1, 2, 8, isNarrow: true),
        FakeQuantized(-0.3f, 2.1f, 4, isNarrow: false),
        FakeQuantized(0, 1.5f, 16, isNarrow: false),
    ];

    // The range moves so that 0 is one of the steps.
    private static LiteCase FakeQuantized(float least, float greatest, int bits, bool isNarrow)
    {
        double lowest = isNarrow ? 1 : 0, highest = Math.Pow(2, bits) - 1;
        double step = ((double)greatest - least) / (highest - lowest);
        double zero = Math.Clamp(Math.Round(lowest - (least / step), MidpointRounding.AwayFromZero), lowest, highest);
        return new($"{bits} bits from {least} to {greatest}{(isNarrow ? ", narrow" : "")}", "FAKE_QUANT", "x", "y", [Given("x", [9], -3, 3), Made("y", [9])], v => [[.. v["x"].Select(x => (Math.Clamp(Math.Round(x / step) + zero, lowest, highest) - zero) * step)]], new(0, least), new(1, greatest), new(2, bits), new(3, isNarrow));
    }
}
