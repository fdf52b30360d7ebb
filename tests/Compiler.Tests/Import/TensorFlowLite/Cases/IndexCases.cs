using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>What reads and writes elements at places that may be known only when the model runs.</summary>
internal static class IndexCases
{
    private const ElementType Integer = ElementType.Int32;

    public static IEnumerable<LiteCase> All =>
    [
        new("", "GATHER", "x i", "y", [Given("x", [2, 3]), Whole("i", Integer, [2], 2, 0), Made("y", [2, 2], like: "x")], v => Moved(v["x"], [2, 3], [2, 2], p => [p[0], p[1] == 0 ? 2 : 0]), new LiteOption(0, 1)) { Forms = LiteForms.Stored },
        new("batches", "GATHER", "x i", "y", [Given("x", [2, 3]), Whole("i", Integer, [2, 2], 2, 0, 1, 1), Made("y", [2, 2], like: "x")], v => [[v["x"][2], v["x"][0], v["x"][4], v["x"][4]]], new(0, 1), new(1, 1)) { Forms = LiteForms.Float | LiteForms.Int8 },
        new("", "GATHER_ND", "x i", "y", [Given("x", [2, 3]), Whole("i", Integer, [3, 2], 1, 2, 0, 0, 1, 0), Made("y", [3], like: "x")], v => [[v["x"][5], v["x"][0], v["x"][3]]]) { Forms = LiteForms.Stored },
        new("", "EMBEDDING_LOOKUP", "i x", "y", [Whole("i", Integer, [2], 1, 0), Constant("x", [2, 3], 1, 2, 3, -4, -5, 6), Made("y", [2, 3], like: "x")], v => [[.. v["x"][3..], .. v["x"][..3]]]) { Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8 },
        new("", "REVERSE_SEQUENCE", "x l", "y", [Given("x", [2, 3]), Whole("l", Integer, [2], 2, 3), Made("y", [2, 3], like: "x")], v => [[v["x"][1], v["x"][0], v["x"][2], v["x"][5], v["x"][4], v["x"][3]]], new(0, 1), new(1, 0))
        {
            Forms = LiteForms.Float | LiteForms.Int16 | LiteForms.UInt8,
        },
        new("", "ONE_HOT", "i d on off", "y", [Whole("i", Integer, [2], 1, 5), Single("d", 2), Settled("on", ElementType.Float32, [], 5), Settled("off", ElementType.Float32, [], -1), Made("y", [2, 2])], _ => [[-1, 5, -1, -1]], new LiteOption(0, -1)),
        new("the first axis", "ONE_HOT", "i d on off", "y", [Whole("i", Integer, [2], 1, 0), Single("d", 3), Single("on", 1), Single("off", 0), Made("y", [3, 2], Integer)], _ => [[0, 1, 1, 0, 0, 0]], new LiteOption(0, 0)),
        new("", "SCATTER_ND", "i x s", "y", [Whole("i", Integer, [3, 1], 1, 3, 1), Given("x", [3, 2]), Vector("s", 4, 2), Made("y", [4, 2])], v => [[0, 0, v["x"][0] + v["x"][4], v["x"][1] + v["x"][5], 0, 0, v["x"][2], v["x"][3]]])
        {
            Forms = LiteForms.Float | LiteForms.Int8,
        },
        new("", "SPARSE_TO_DENSE", "i s x d", "y", [Whole("i", Integer, [2, 2], 0, 1, 1, 2), Vector("s", 2, 3), Given("x", [2]), Constant("d", [], -1) with { Like = "x" }, Made("y", [2, 3], like: "x")], v => [[v["d"][0], v["x"][0], v["d"][0], v["d"][0], v["d"][0], v["x"][1]]])
        {
            Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8,
        },
        new("one axis, one value", "SPARSE_TO_DENSE", "i s x d", "y", [Whole("i", Integer, [2], 0, 2), Vector("s", 4), Whole("x", Integer, [], 7), Single("d", -1), Made("y", [4], Integer)], _ => [[7, -1, 7, -1]]),
        new("", "DYNAMIC_UPDATE_SLICE", "x u s", "y", [Given("x", [3, 2]), Given("u", [2, 1]) with { Like = "x" }, Whole("s", Integer, [2], 5, 1), Made("y", [3, 2], like: "x")], v => [[v["x"][0], v["x"][1], v["x"][2], v["u"][0], v["x"][4], v["u"][1]]])
        {
            Forms = LiteForms.Float | LiteForms.Int8,
        },
        new("", "MATRIX_DIAG", "x", "y", [Given("x", [2, 2]), Made("y", [2, 2, 2])], v => [[v["x"][0], 0, 0, v["x"][1], v["x"][2], 0, 0, v["x"][3]]]),
        new("wide", "MATRIX_SET_DIAG", "x d", "y", [Given("x", [2, 3]), Given("d", [2]), Made("y", [2, 3])], v => [[v["d"][0], v["x"][1], v["x"][2], v["x"][3], v["d"][1], v["x"][5]]]),
        new("tall", "MATRIX_SET_DIAG", "x d", "y", [Given("x", [3, 2]), Given("d", [2]), Made("y", [3, 2])], v => [[v["d"][0], v["x"][1], v["x"][2], v["d"][1], v["x"][4], v["x"][5]]]),
        new("", "BUCKETIZE", "x", "y", [Given("x", [5], [-4, 0, 10, 0.5, 99]), Made("y", [5], Integer)], v => [[.. v["x"].Select(x => x < 0 ? 0.0 : x < 10 ? 1 : 2)]], new LiteOption(0, new[] { 0f, 10f })),
        new("", "SEGMENT_SUM", "x s", "y", [Given("x", [3, 2]), Vector("s", 0, 0, 2), Made("y", [3, 2])], v => [[v["x"][0] + v["x"][2], v["x"][1] + v["x"][3], 0, 0, v["x"][4], v["x"][5]]]),
        Segments("SUM", (x, y) => x + y, 0),
        Segments("PROD", (x, y) => x * y, 1),
        Segments("MAX", Math.Max, float.MinValue),
        Segments("MIN", Math.Min, float.MaxValue),
        new("", "WHERE", "x", "y", [Whole("x", ElementType.Boolean, [2, 3], 0, 1, 0, 1, 0, 1), Made("y", [3, 2], ElementType.Int64)], _ => [[0, 1, 1, 0, 1, 2]]),
        new("", "UNIQUE", "x", "y i", [Given("x", [6], [3, 1, 3, -2, 1, 3]), Made("y", [3]), Made("i", [6], Integer)], v =>
        {
            double[] seen = [.. v["x"].Distinct()];
            return [seen, [.. v["x"].Select(x => (double)Array.IndexOf(seen, x))]];
        }),
        new("integers", "UNIQUE", "x", "y i", [Whole("x", Integer, [4], 3, 1, 3, 3), Made("y", [2], Integer), Made("i", [4], ElementType.Int64)], _ => [[3, 1], [0, 1, 0, 0]], new LiteOption(0, (sbyte)4)),
    ];

    private static LiteCase Segments(string name, Func<double, double, double> reduce, double empty) =>
        new("", "UNSORTED_SEGMENT_" + name, "x s n", "y", [Given("x", [5]), Whole("s", Integer, [5], 0, 2, -1, 0, 0), Single("n", 3), Made("y", [3])], v => [[reduce(reduce(v["x"][0], v["x"][3]), v["x"][4]), empty, v["x"][1]]]);
}
