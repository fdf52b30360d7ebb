using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Functions of the elements of one tensor or several.</summary>
internal static class ElementwiseCases
{
    private const ElementType Truth = ElementType.Boolean;

    public static IEnumerable<LiteCase> All =>
    [
        Unary("ABS", Math.Abs, LiteForms.Stored),
        Unary("CEIL", Math.Ceiling),
        Unary("COS", Math.Cos),
        Unary("ELU", x => x < 0 ? Math.Exp(x) - 1 : x, LiteForms.Float | LiteForms.Int8),
        Unary("EXP", Math.Exp, LiteForms.Float | LiteForms.Int8 | LiteForms.Int16),
        Unary("FLOOR", Math.Floor),
        Unary("GELU", Gelu, LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8) with { Tolerance = 1e-5 },
        Unary("GELU", x => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))), LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8, new LiteOption(0, true)) with { Title = "by tanh" },
        Unary("HARD_SWISH", x => x * Math.Clamp(x + 3, 0, 6) / 6, LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8),
        Unary("LEAKY_RELU", x => x < 0 ? 0.1f * x : x, LiteForms.Stored, new LiteOption(0, 0.1f)),
        Unary("LOG", Math.Log, LiteForms.Float | LiteForms.Int8 | LiteForms.Int16, 0.3, 9),
        Unary("LOGISTIC", Sigmoid, LiteForms.Stored),
        Unary("NEG", x => -x, LiteForms.Stored),
        Unary("RELU", x => Math.Max(x, 0), LiteForms.Stored),
        Unary("RELU6", x => Math.Clamp(x, 0, 6), LiteForms.Stored, -3, 9),
        Unary("RELU_0_TO_1", x => Math.Clamp(x, 0, 1), LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8),
        Unary("RELU_N1_TO_1", x => Math.Clamp(x, -1, 1), LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8),
        new("", "ROUND", "x", "y", [Given("x", [5], [-2.5, -1.2, 0.5, 1.5, 7.7]), Made("y", [5])], v => [[.. v["x"].Select(x => Math.Round(x, MidpointRounding.ToEven))]]),
        Unary("RSQRT", x => 1 / Math.Sqrt(x), LiteForms.Float | LiteForms.Int8 | LiteForms.Int16, 0.3, 9),
        Unary("SIGN", x => Math.Sign(x)),
        Unary("SIN", Math.Sin),
        Unary("SQRT", Math.Sqrt, LiteForms.Float, 0.3, 9),
        Unary("SQUARE", x => x * x),
        Unary("TANH", Math.Tanh, LiteForms.Stored),
        Unary("ZEROS_LIKE", _ => 0),
        new("", "LOGICAL_NOT", "x", "y", [Whole("x", Truth, [2], 0, 1), Made("y", [2], Truth)], _ => [[1, 0]]),
        new("", "PRELU", "x a", "y", [Given("x", [2, 3]), Constant("a", [3], 0.5, -0.25, 2), Made("y", [2, 3])], v => [[.. v["x"].Select((x, index) => x < 0 ? x * v["a"][index % 3] : x)]])
        {
            Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8,
        },
        .. Fused("ADD", (x, y) => x + y),
        .. Fused("SUB", (x, y) => x - y),
        .. Fused("MUL", (x, y) => x * y),
        Binary("DIV", (x, y) => x / y, LiteForms.Float | LiteForms.UInt8),
        Binary("MAXIMUM", Math.Max, LiteForms.Stored),
        Binary("MINIMUM", Math.Min, LiteForms.Stored),
        Binary("SQUARED_DIFFERENCE", (x, y) => (x - y) * (x - y), LiteForms.Float | LiteForms.Int8),
        Binary("FLOOR_DIV", (x, y) => Math.Floor(x / y)),
        Binary("FLOOR_MOD", (x, y) => x - (Math.Floor(x / y) * y)),
        Binary("ATAN2", Math.Atan2),
        new("", "POW", "x z", "y", [Given("x", [2, 3], 0.5, 3), Given("z", [3], -1, 2), Made("y", [2, 3])], v => [Broadcast(v, Math.Pow)]) { Tolerance = 1e-5 },
        Integers("FLOOR_DIV", (x, y) => Math.Floor(x / y)),
        Integers("FLOOR_MOD", (x, y) => x - (Math.Floor(x / y) * y)),
        Integers("ADD", (x, y) => x + y),
        Integers("MUL", (x, y) => x * y),
        Integers("SUB", (x, y) => x - y),
        Integers("DIV", (x, y) => Math.Truncate(x / y)),
        Integers("MAXIMUM", Math.Max),
        Integers("MINIMUM", Math.Min),
        Integers("SQUARED_DIFFERENCE", (x, y) => (x - y) * (x - y)),
        new("integers", "POW", "x z", "y", [Whole("x", ElementType.Int32, [3], -2, 3, 0), Whole("z", ElementType.Int32, [3], 3, 4, 0), Made("y", [3], ElementType.Int32)], _ => [[-8, 81, 1]]),
        Integers("BITWISE_XOR", (x, y) => (int)x ^ (int)y),
        new("", "RIGHT_SHIFT", "x z", "y", [Whole("x", ElementType.Int32, [3], -9, 9, 1), Whole("z", ElementType.Int32, [3], 1, 2, 40), Made("y", [3], ElementType.Int32)], _ => [[-5, 2, 0]]),
        .. new[] { ("EQUAL", (Func<double, double, bool>)((x, y) => x == y)), ("NOT_EQUAL", (x, y) => x != y), ("LESS", (x, y) => x < y), ("LESS_EQUAL", (x, y) => x <= y), ("GREATER", (x, y) => x > y), ("GREATER_EQUAL", (x, y) => x >= y) }
            .SelectMany(pair => Comparison(pair.Item1, pair.Item2)),
        Logic("LOGICAL_AND", (x, y) => x * y),
        Logic("LOGICAL_OR", Math.Max),
        new("", "ADD_N", "x z x", "y", [Given("x", [2, 3]), Given("z", [2, 3], -1, 2), Made("y", [2, 3])], v => [[.. v["x"].Zip(v["z"], (x, z) => x + z + x)]]),
        new("ten operands", "ADD_N", "x x x x x x x x x x", "y", [Given("x", [2]), Made("y", [2])], v => [[.. v["x"].Select(x => 10 * x)]]) { Tolerance = 1e-5 },
        new("", "SELECT", "c x z", "y", [Whole("c", Truth, [2, 2], 1, 0, 0, 1), Given("x", [2, 2]), Given("z", [2, 2]) with { Like = "x" }, Made("y", [2, 2], like: "x")], v => [[v["x"][0], v["z"][1], v["z"][2], v["x"][3]]])
        {
            Forms = LiteForms.Stored,
        },
        new("rows", "SELECT", "c x z", "y", [Whole("c", Truth, [2], 1, 0), Given("x", [2, 2]), Given("z", [2, 2]), Made("y", [2, 2])], v => [[v["x"][0], v["x"][1], v["z"][2], v["z"][3]]]),
        new("", "SELECT_V2", "c x z", "y", [Whole("c", Truth, [2, 1], 1, 0), Given("x", [1, 2]), Given("z", [2, 2]) with { Like = "x" }, Made("y", [2, 2], like: "x")], v => [[v["x"][0], v["x"][1], v["z"][2], v["z"][3]]])
        {
            Forms = LiteForms.Stored,
        },
    ];

    // An approximation is no reference: the integral of the density, by Simpson's rule.
    private static double Gelu(double x)
    {
        const int steps = 2000;
        double width = x / steps;
        double area = Enumerable.Range(0, steps + 1).Sum(step => (step is 0 or steps ? 1 : step % 2 == 1 ? 4 : 2) * Math.Exp(-step * width * step * width / 2)) * width / 3;
        return x * (0.5 + (area / Math.Sqrt(2 * Math.PI)));
    }

    private static LiteCase Unary(string name, Func<double, double> function, LiteForms forms = LiteForms.Float, params LiteOption[] options) => Unary(name, function, forms, -3, 3, options);

    private static LiteCase Unary(string name, Func<double, double> function, LiteForms forms, double least, double greatest, params LiteOption[] options) =>
        new("", name, "x", "y", [Given("x", [3, 7], least, greatest), Made("y", [3, 7])], v => [[.. v["x"].Select(function)]], options) { Forms = forms };

    private static double[] Broadcast(LiteValues v, Func<double, double, double> function) => [.. v["x"].Select((x, index) => function(x, v["z"][index % v["z"].Length]))];

    private static LiteCase Binary(string name, Func<double, double, double> function, LiteForms forms = LiteForms.Float) =>
        new("", name, "x z", "y", [Given("x", [2, 4], -3, 3), Given("z", [4], [-2, 1.5, 0.75, 2.5]), Made("y", [2, 4])], v => [Broadcast(v, function)]) { Forms = forms, Tolerance = 4e-6 };

    private static IEnumerable<LiteCase> Fused(string name, Func<double, double, double> function)
    {
        foreach (int activation in Enumerable.Range(0, 5))
        {
            yield return new($"activation {activation}", name, "x z", "y", [Given("x", [2, 4], -3, 3), Given("z", [4], -2, 1.5), Made("y", [2, 4])], v => [[.. Broadcast(v, function).Select(x => Limited(x, activation))]], new LiteOption(0, (sbyte)activation))
            {
                Forms = activation == 0 ? LiteForms.Stored : LiteForms.Float | LiteForms.Int8,
            };
        }

        yield return new("a constant", name, "x z", "y", [Given("x", [2, 4], -3, 3), Constant("z", [4], -2, 1.5, 1, 0), Made("y", [2, 4])], v => [Broadcast(v, function)]) { Forms = LiteForms.Stored };
    }

    private static LiteCase Integers(string name, Func<double, double, double> function) =>
        new("integers", name, "x z", "y", [Whole("x", ElementType.Int32, [4], -7, 7, 6, -6), Whole("z", ElementType.Int32, [4], 2, -2, 3, -4), Made("y", [4], ElementType.Int32)], v => [Broadcast(v, function)]);

    private static IEnumerable<LiteCase> Comparison(string name, Func<double, double, bool> function)
    {
        double Compared(double x, double y) => function(x, y) ? 1 : 0;
        yield return new("", name, "x z", "y", [Given("x", [4], [-3, 1, 2, 2.5]), Given("z", [4], [2, 1, -4, 2.5]) with { Like = "x" }, Made("y", [4], Truth)], v => [Broadcast(v, Compared)])
        {
            Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8,
        };
        yield return new("integers", name, "x z", "y", [Whole("x", ElementType.Int32, [3], -7, 7, 6), Whole("z", ElementType.Int32, [3], 2, -2, 6), Made("y", [3], Truth)], v => [Broadcast(v, Compared)]);
    }

    private static LiteCase Logic(string name, Func<double, double, double> function) =>
        new("", name, "x z", "y", [Whole("x", Truth, [4], 0, 0, 1, 1), Whole("z", Truth, [4], 0, 1, 0, 1), Made("y", [4], Truth)], v => [Broadcast(v, function)]);
}
