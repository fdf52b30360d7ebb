using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Other shapes of the same elements, shapes as numbers, and elements repeated.</summary>
internal static class ShapeCases
{
    public static IEnumerable<LiteCase> All =>
    [
        Same("RESHAPE", [2, 3], [3, 2], "x n", [], Vector("n", 3, -1)),
        Same("RESHAPE", [2, 3], [6], "x", [new(0, new[] { -1 })]) with { Title = "by its option" },
        Same("SQUEEZE", [1, 2, 1, 3], [2, 1, 3], "x", [new(0, new[] { -4 })]),
        Same("SQUEEZE", [1, 2, 1, 3], [2, 3], "x", []) with { Title = "all axes" },
        Same("EXPAND_DIMS", [2, 3], [2, 1, 3], "x n", [], Single("n", -2)),
        Same("DENSIFY", [2, 3], [2, 3], "x", []),
        new("", "SHAPE", "x", "y", [Given("x", [2, 3]), Made("y", [2], ElementType.Int32)], _ => [[2, 3]], new LiteOption(0, (sbyte)2)),
        new("", "RANK", "x", "y", [Given("x", [2, 3]), Made("y", [], ElementType.Int32)], _ => [[2]]),
        new("", "FILL", "n x", "y", [Vector("n", 2, 2), Given("x", [], [1.5]), Made("y", [2, 2], like: "x")], v => [[.. Enumerable.Repeat(v["x"][0], 4)]]) { Forms = LiteForms.Stored },
        new("integers", "RANGE", "a b c", "y", [Single("a", 5), Single("b", -2), Single("c", -3), Given("x", [3]), Made("y", [3], ElementType.Int32)], _ => [[5, 2, -1]]),
        new("", "RANGE", "a b c", "y", [Settled("a", ElementType.Float32, [], 0.5), Settled("b", ElementType.Float32, [], 2), Settled("c", ElementType.Float32, [], 0.5), Made("y", [3])], _ => [[0.5, 1, 1.5]]),
        new("", "BROADCAST_ARGS", "a b", "y", [Vector("a", 2, 1), Vector("b", 4, 1, 3), Made("y", [3], ElementType.Int32)], _ => [[4, 2, 3]]),
        new("", "BROADCAST_TO", "x n", "y", [Given("x", [2, 1]), Vector("n", 3, 2, 2), Made("y", [3, 2, 2], like: "x")], v => Moved(v["x"], [2, 1], [3, 2, 2], p => [p[1], 0])) { Forms = LiteForms.Stored },
        new("", "TILE", "x n", "y", [Given("x", [2, 3]), Vector("n", 2, 3), Made("y", [4, 9], like: "x")], v => Moved(v["x"], [2, 3], [4, 9], p => [p[0] % 2, p[1] % 3])) { Forms = LiteForms.Stored },
    ];

    private static LiteCase Same(string name, int[] from, int[] to, string inputs, LiteOption[] options, params LitePort[] settled) =>
        new("", name, inputs, "y", [Given("x", from), .. settled, Made("y", to, like: "x")], v => [v["x"]], options) { Forms = LiteForms.Stored };
}
