using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Operators of StableHLO.</summary>
internal static class StableCases
{
    public static IEnumerable<LiteCase> All =>
    [
        Unary("ABS", Math.Abs),
        Unary("CBRT", Math.Cbrt),
        Unary("COSINE", Math.Cos),
        Unary("EXPONENTIAL", Math.Exp),
        Unary("FLOOR", Math.Floor),
        Unary("LOG", Math.Log, 0.3),
        Unary("LOGISTIC", Sigmoid),
        Unary("NEGATE", x => -x),
        Unary("RSQRT", x => 1 / Math.Sqrt(x), 0.3),
        Unary("TANH", Math.Tanh),
        Binary("ADD", (x, y) => x + y),
        Binary("SUBTRACT", (x, y) => x - y),
        Binary("MULTIPLY", (x, y) => x * y),
        Binary("DIVIDE", (x, y) => x / y),
        Binary("MAXIMUM", Math.Max),
        Binary("MINIMUM", Math.Min),
        Binary("POWER", Math.Pow, 0.3),
        Binary("REMAINDER", (x, y) => x % y),
        Truth("AND", (x, y) => x * y),
        Truth("OR", Math.Max),
        Whole("AND", (x, y) => (int)x & (int)y),
        Whole("OR", (x, y) => (int)x | (int)y),
        .. new Func<double, double, bool>[] { (x, y) => x == y, (x, y) => x != y, (x, y) => x >= y, (x, y) => x > y, (x, y) => x <= y, (x, y) => x < y }
            .Select((compare, direction) => new LiteCase($"direction {direction}", "STABLEHLO_COMPARE", "x z", "y", [Given("x", [3], [1, 2, 3]), Given("z", [3], [2, 2, 2]), Made("y", [3], ElementType.Boolean)], v => [[.. v["x"].Zip(v["z"], (x, y) => compare(x, y) ? 1.0 : 0)]], new LiteOption(0, direction))),
        new("", "STABLEHLO_CLAMP", "a x b", "y", [Settled("a", ElementType.Float32, [], -1), Given("x", [5]), Settled("b", ElementType.Float32, [], 2), Made("y", [5])], v => [[.. v["x"].Select(x => Math.Clamp(x, -1, 2))]]),
        new("", "STABLEHLO_SELECT", "c x z", "y", [LiteCases.Whole("c", ElementType.Boolean, [2], 1, 0), Given("x", [2]), Given("z", [2]), Made("y", [2])], v => [[v["x"][0], v["z"][1]]]),
        new("", "STABLEHLO_CONVERT", "x", "y", [Given("x", [3], [-1.5, 0, 2.7]), Made("y", [3], ElementType.Int32)], v => [[.. v["x"].Select(Math.Truncate)]]),
        new("", "STABLEHLO_RESHAPE", "x", "y", [Given("x", [2, 3]), Made("y", [3, 2])], v => [v["x"]]),
        new("", "STABLEHLO_TRANSPOSE", "x", "y", [Given("x", [2, 3]), Made("y", [3, 2])], v => Moved(v["x"], [2, 3], [3, 2], p => [p[1], p[0]]), new LiteOption(0, new long[] { 1, 0 })),
        new("", "STABLEHLO_SLICE", "x", "y", [Given("x", [2, 5]), Made("y", [1, 2])], v => [[v["x"][6], v["x"][8]]], new(0, new long[] { 1, 1 }), new(1, new long[] { 2, 5 }), new(2, new long[] { 1, 2 })),
        new("", "STABLEHLO_BROADCAST_IN_DIM", "x", "y", [Given("x", [3, 2]), Made("y", [2, 4, 3])], v => Moved(v["x"], [3, 2], [2, 4, 3], p => [p[2], p[0]]), new LiteOption(0, new long[] { 2, 0 })),
        new("", "STABLEHLO_CONCATENATE", "x z", "y", [Given("x", [1, 2]), Given("z", [1, 2]), Made("y", [1, 4])], v => [[.. v["x"], .. v["z"]]], new LiteOption(0, 1L)),
        new("", "STABLEHLO_IOTA", "", "y", [Given("x", [1]), Made("y", [2, 3], ElementType.Int32)], _ => [[0, 1, 2, 0, 1, 2]], new LiteOption(0, 1L)),
        new("", "STABLEHLO_PAD", "x f", "y", [Given("x", [2]), Settled("f", ElementType.Float32, [], 9), Made("y", [6])], v => [[9, v["x"][0], 9, v["x"][1], 9, 9]], new(0, new long[] { 1 }), new(1, new long[] { 2 }), new(2, new long[] { 1 })),
        new("", "STABLEHLO_COMPOSITE", "x", "y", [Given("x", [3]), Made("y", [3])], v => [[.. v["x"].Select(x => Math.Max(0, x))]], new(0, "ours.relu"), new(1, 1))
        {
            Graphs = [new("a", "b", [LiteModels.Floats("a", [3]), LiteModels.Floats("b", [3])], new LiteNodeSpecification("RELU", "a", "b"))],
        },
    ];

    private static LiteCase Unary(string name, Func<double, double> function, double least = -3) =>
        new("", "STABLEHLO_" + name, "x", "y", [Given("x", [7], least, 3), Made("y", [7])], v => [[.. v["x"].Select(function)]]);

    private static LiteCase Binary(string name, Func<double, double, double> function, double least = -3) =>
        new("", "STABLEHLO_" + name, "x z", "y", [Given("x", [5], least, 3), Given("z", [5], -2, 2.5), Made("y", [5])], v => [[.. v["x"].Zip(v["z"], function)]]) { Tolerance = 1e-5 };

    private static LiteCase Truth(string name, Func<double, double, double> function) =>
        new("", "STABLEHLO_" + name, "x z", "y", [LiteCases.Whole("x", ElementType.Boolean, [4], 0, 0, 1, 1), LiteCases.Whole("z", ElementType.Boolean, [4], 0, 1, 0, 1), Made("y", [4], ElementType.Boolean)], v => [[.. v["x"].Zip(v["z"], function)]]);

    private static LiteCase Whole(string name, Func<double, double, double> function) =>
        new("integers", "STABLEHLO_" + name, "x z", "y", [LiteCases.Whole("x", ElementType.Int32, [2], 12, 7), LiteCases.Whole("z", ElementType.Int32, [2], 10, 3), Made("y", [2], ElementType.Int32)], v => [[.. v["x"].Zip(v["z"], function)]]);
}
