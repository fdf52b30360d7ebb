using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>What moves elements to other places.</summary>
internal static class MovementCases
{
    private static readonly int[] From = [2, 3];

    public static IEnumerable<LiteCase> All =>
    [
        Move("TRANSPOSE", [3, 2], p => [p[1], p[0]], "x n", Vector("n", 1, 0)),
        Move("REVERSE_V2", [2, 3], p => [p[0], 2 - p[1]], "x n", Vector("n", 1)) with { Forms = LiteForms.Stored },
        Move("SLICE", [1, 2], p => [p[0] + 1, p[1] + 1], "x b s", Vector("b", 1, 1), Vector("s", 1, -1)),
        new("computed places", "SLICE", "x b s", "y", [Given("x", [4, 3]), Whole("b", ElementType.Int32, [2], 2, 0), Vector("s", 1, 3), Made("y", [1, 3], like: "x")], v => [v["x"][6..9]]) { Forms = LiteForms.Float | LiteForms.Int8 },
        Move("STRIDED_SLICE", [1, 3], p => [1, 2 - p[1]], "x b e s", [new(1, 0b100), new(0, 0b100), new(3, 0b010), new(4, 0b001)], Vector("b", 1, 0, 0), Vector("e", 2, 0, 0), Vector("s", 1, 1, -1)),
        Move("STRIDED_SLICE", [2, 2], p => [p[0], 2 * p[1]], "x b e s", [new(2, 0b01), new(1, 0b10)], Vector("b", 0, 0), Vector("e", 0, 0), Vector("s", 1, 2)) with { Title = "an ellipsis" },
        Move("STRIDED_SLICE", [2, 1], p => [p[0], p[1] + 1], "x b e s", [new(5, true)], Vector("b", 0, 1), Vector("e", 2, 1), Vector("s", 1, 1)) with { Title = "ends as offsets" },
        new("", "PAD", "x n", "y", [Given("x", From), Settled("n", ElementType.Int32, [2, 2], 1, 0, 0, 2), Made("y", [3, 5], like: "x")], v => [Padded(v["x"], 0)]) { Forms = LiteForms.Stored },
        new("", "PADV2", "x n f", "y", [Given("x", From), Settled("n", ElementType.Int32, [2, 2], 1, 0, 0, 2), Constant("f", [], 1.5) with { Like = "x" }, Made("y", [3, 5], like: "x")], v => [Padded(v["x"], v["f"][0])]) { Forms = LiteForms.Stored },
        Move("MIRROR_PAD", [2, 6], p => [p[0], Math.Abs(p[1] - 1) is > 2 and var far ? 4 - far : Math.Abs(p[1] - 1)], "x n", [new(0, (sbyte)0)], Settled("n", ElementType.Int32, [2, 2], 0, 0, 1, 2)),
        Move("MIRROR_PAD", [4, 3], p => [p[0] is 0 or 1 ? 0 : 1, p[1]], "x n", [new(0, (sbyte)1)], Settled("n", ElementType.Int32, [2, 2], 1, 1, 0, 0)) with { Title = "symmetric" },
        Blocks("DEPTH_TO_SPACE", [1, 2, 1, 8], [1, 4, 2, 2], p => [0, p[1] / 2, p[2] / 2, (((p[1] % 2) * 2) + (p[2] % 2)) * 2 + p[3]]),
        Blocks("SPACE_TO_DEPTH", [1, 2, 4, 2], [1, 1, 2, 8], p => [0, p[1] * 2 + (p[3] / 4), p[2] * 2 + (p[3] / 2 % 2), p[3] % 2]),
        new("", "SPACE_TO_BATCH_ND", "x b n", "y", [Given("x", [1, 2, 3, 1]), Vector("b", 2, 2), Settled("n", ElementType.Int32, [2, 2], 0, 0, 1, 0), Made("y", [4, 1, 2, 1], like: "x")], v => [[.. Places([4, 1, 2, 1]).Select(p => (Row: p[0] / 2, Column: (p[2] * 2) + (p[0] % 2) - 1)).Select(p => p.Column < 0 ? 0 : v["x"][(p.Row * 3) + p.Column])]])
        {
            Forms = LiteForms.Stored,
        },
        new("", "BATCH_TO_SPACE_ND", "x b n", "y", [Given("x", [4, 1, 2, 1]), Vector("b", 2, 2), Settled("n", ElementType.Int32, [2, 2], 0, 0, 1, 0), Made("y", [1, 2, 3, 1], like: "x")], v => Moved(v["x"], [4, 1, 2, 1], [1, 2, 3, 1], p => [(p[1] * 2) + ((p[2] + 1) % 2), 0, (p[2] + 1) / 2, 0]))
        {
            Forms = LiteForms.Stored,
        },
        new("", "DILATE", "x d f", "y", [Given("x", From), Vector("d", 2, 3), Settled("f", ElementType.Float32, [], 0.5), Made("y", [3, 7])], v => [[.. Places([3, 7]).Select(p => p[0] % 2 == 0 && p[1] % 3 == 0 ? v["x"][(p[0] / 2 * 3) + (p[1] / 3)] : 0.5)]]),
        new("", "CONCATENATION", "x z", "y", [Given("x", [2, 1]), Given("z", [2, 2], -1, 5), Made("y", From)], v => [[v["x"][0], v["z"][0], v["z"][1], v["x"][1], v["z"][2], v["z"][3]]], new LiteOption(0, -1)) { Forms = LiteForms.Stored },
        new("limited", "CONCATENATION", "x z", "y", [Given("x", [1, 2]), Given("z", [1, 2], -1, 5), Made("y", [2, 2])], v => [[.. v["x"].Concat(v["z"]).Select(x => Math.Max(0, x))]], new(0, 0), new(1, (sbyte)1)),
        new("", "PACK", "x z", "y", [Given("x", [2]), Given("z", [2]) with { Like = "x" }, Made("y", [2, 2], like: "x")], v => [[v["x"][0], v["z"][0], v["x"][1], v["z"][1]]], new(0, 2), new(1, -1)) { Forms = LiteForms.Stored },
        new("", "UNPACK", "x", "p q r", [Given("x", From), Made("p", [2], like: "x"), Made("q", [2], like: "x"), Made("r", [2], like: "x")], v => [[v["x"][0], v["x"][3]], [v["x"][1], v["x"][4]], [v["x"][2], v["x"][5]]], new(0, 3), new(1, 1))
        {
            Forms = LiteForms.Stored,
        },
        new("", "SPLIT", "a x", "p q", [Single("a", 0), Given("x", From), Made("p", [1, 3], like: "x"), Made("q", [1, 3], like: "x")], v => [v["x"][..3], v["x"][3..]], new LiteOption(0, 2)) { Forms = LiteForms.Stored },
        new("", "SPLIT_V", "x s a", "p q", [Given("x", From), Vector("s", 1, -1), Single("a", 1), Made("p", [2, 1], like: "x"), Made("q", [2, 2], like: "x")], v => [[v["x"][0], v["x"][3]], [v["x"][1], v["x"][2], v["x"][4], v["x"][5]]], new LiteOption(0, 2))
        {
            Forms = LiteForms.Stored,
        },
    ];

    private static LiteCase Move(string name, int[] to, Func<int[], int[]> source, string inputs, params LitePort[] settled) => Move(name, to, source, inputs, [], settled);

    private static LiteCase Move(string name, int[] to, Func<int[], int[]> source, string inputs, LiteOption[] options, params LitePort[] settled) =>
        new("", name, inputs, "y", [Given("x", From), .. settled, Made("y", to, like: "x")], v => Moved(v["x"], From, to, source), options) { Forms = LiteForms.Stored };

    private static LiteCase Blocks(string name, int[] from, int[] to, Func<int[], int[]> source) =>
        new("", name, "x", "y", [Given("x", from), Made("y", to, like: "x")], v => Moved(v["x"], from, to, source), new LiteOption(0, 2)) { Forms = LiteForms.Stored };

    // One row before, two columns behind.
    private static double[] Padded(double[] numbers, double filling) => [.. Places([3, 5]).Select(p => p[0] >= 1 && p[1] < 3 ? numbers[((p[0] - 1) * 3) + p[1]] : filling)];
}
