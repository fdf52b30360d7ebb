using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Graphs inside graphs, and what lasts under a name.</summary>
internal static class ControlCases
{
    private const ElementType Resource = ElementType.Int32;

    public static IEnumerable<LiteCase> All =>
    [
        new("a computed condition", "IF", "c x", "y", [Whole("c", ElementType.Boolean, [], 1), Given("x", [3]), Made("y", [3])], v => [[.. v["x"].Select(x => v["c"][0] != 0 ? -x : Math.Abs(x))]], new(0, 1), new(1, 2)) { Graphs = [Unary("NEG"), Unary("ABS")] },
        new("a known condition", "IF", "c x", "y", [Settled("c", ElementType.Boolean, [], 0), Given("x", [3]), Made("y", [3])], v => [[.. v["x"].Select(Math.Abs)]], new(0, 1), new(1, 2)) { Graphs = [Unary("NEG"), Unary("ABS")] },
        new("a counted loop", "WHILE", "n x", "m y", [Single("n", 0), Given("x", [3]), Made("m", [], ElementType.Int32), Made("y", [3])], v => [[.. v["x"].Select(x => (16 * x) + 15)]], new(0, 1), new(1, 2))
        {
            Graphs = [Condition(4), new("i a", "j c", [.. Counter, LiteModels.Floats("a", [3]), LiteModels.Floats("two", [], 2), LiteModels.Floats("b", [3]), LiteModels.Floats("unit", [], 1), LiteModels.Floats("c", [3])], new("ADD", "i one", "j"), new("MUL", "a two", "b"), new("ADD", "b unit", "c"))],
            Shown = "y",
        },
        new("shapes that change", "WHILE", "n x", "m y", [Single("n", 0), Given("x", [1]), Made("m", [], ElementType.Int32), Made("y", [8])], v => [[.. Enumerable.Repeat(v["x"][0], 8)]], new(0, 1), new(1, 2))
        {
            Graphs = [Condition(3), new("i a", "j b", [.. Counter, LiteModels.Floats("a", [1]), LiteModels.Floats("b", [2])], new("ADD", "i one", "j"), new("CONCATENATION", "a a", "b", new LiteOption(0, 0)))],
            Shown = "y",
        },
        new("no iteration", "WHILE", "n x", "m y", [Single("n", 9), Given("x", [3]), Made("m", [], ElementType.Int32), Made("y", [3])], v => [v["x"]], new(0, 1), new(1, 2))
        {
            Graphs = [Condition(4), new("i a", "j a", [.. Counter, LiteModels.Floats("a", [3])], new LiteNodeSpecification("ADD", "i one", "j"))],
            Shown = "y",
        },
        new("rows one after the other", "WHILE", "n x s", "m z y", [Single("n", 0), Given("x", [4, 3]), Settled("s", ElementType.Float32, [3], 0, 0, 0), Made("m", [], ElementType.Int32), Made("z", [4, 3]), Made("y", [3])], v => [[.. Enumerable.Range(0, 3).Select(column => Enumerable.Range(0, 4).Aggregate(0.0, (sum, row) => Math.Tanh(sum + v["x"][(row * 3) + column])))]], new(0, 1), new(1, 2))
        {
            Graphs =
            [
                Condition(4, LiteModels.Floats("x", [4, 3]), LiteModels.Floats("s", [3])),
                new("i x s", "j x t", [.. Counter, LiteModels.Floats("x", [4, 3]), LiteModels.Floats("s", [3]), LiteModels.Integers("zero", [], 0), LiteModels.Integers("place", [2]), LiteModels.Vector("size", 1, 3), LiteModels.Floats("row", [1, 3]), LiteModels.Vector("flat", 3), LiteModels.Floats("r", [3]), LiteModels.Floats("sum", [3]), LiteModels.Floats("t", [3])],
                    new("ADD", "i one", "j"), new("PACK", "i zero", "place", new(0, 2), new(1, 0)), new("SLICE", "x place size", "row"), new("RESHAPE", "row flat", "r"), new("ADD", "r s", "sum"), new("TANH", "sum", "t")),
            ],
            Shown = "y",
        },
        Variable("READ_VARIABLE", "v", "old", [Node("VAR_HANDLE", "", "v", new LiteOption(1, "sum"))], [Node("ADD", "x old", "y"), Node("ASSIGN_VARIABLE", "v y", "")]),
        Variable("ASSIGN_VARIABLE", "v y", "", [Node("VAR_HANDLE", "", "v", new LiteOption(1, "sum")), Node("READ_VARIABLE", "v", "old"), Node("ADD", "x old", "y")], []),
        new("constants", "CALL_ONCE", "", "", [new("v", LitePart.Made, Resource, [], []) { IsResource = true }, Given("x", [2]), Made("c", [2]), Made("y", [2])], v => [[v["x"][0] + 5, v["x"][1] - 7]], new LiteOption(0, 1))
        {
            Graphs = [new("", "", [new("w", ElementType.Int32, []) { Code = 13 }, LiteModels.Floats("five", [2], 5, -7)], new("VAR_HANDLE", "", "w", new LiteOption(1, "table")), new("ASSIGN_VARIABLE", "w five", ""))],
            After = [Node("VAR_HANDLE", "", "v", new LiteOption(1, "table")), Node("READ_VARIABLE", "v", "c"), Node("ADD", "x c", "y")],
            Shown = "y",
        },
    ];

    private static LiteTensorSpecification[] Counter => [LiteModels.Integers("i", []), LiteModels.Integers("one", [], 1), LiteModels.Integers("j", [])];

    private static LiteGraphSpecification Unary(string name) => new("a", "b", [LiteModels.Floats("a", [3]), LiteModels.Floats("b", [3])], new LiteNodeSpecification(name, "a", "b"));

    private static LiteGraphSpecification Condition(int count, params LiteTensorSpecification[] others)
    {
        LiteTensorSpecification[] carried = others.Length == 0 ? [LiteModels.Floats("x", [3])] : others;
        return new("i " + string.Join(' ', carried.Select(tensor => tensor.Name)), "c", [LiteModels.Integers("i", []), .. carried, LiteModels.Integers("count", [], count), new("c", ElementType.Boolean, [])], new LiteNodeSpecification("LESS", "i count", "c"));
    }

    private static LiteNodeSpecification Node(string name, string inputs, string outputs, params LiteOption[] options) => new(name, inputs, outputs, options);

    // A running sum.
    private static LiteCase Variable(string name, string inputs, string outputs, LiteNodeSpecification[] before, LiteNodeSpecification[] after) =>
        new("", name, inputs, outputs, [new("v", LitePart.Made, Resource, [], []) { IsResource = true }, Given("x", [2]), Made("old", [2]), Made("y", [2])], v =>
        {
            double[] sum = [.. v.Remembered("sum", 2).Zip(v["x"], (old, x) => old + x)];
            v.Remember("sum", sum);
            return [sum];
        }) { Before = before, After = after, Shown = "y" };
}
