using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Layers that remember, one prediction after the other.</summary>
internal static class RecurrentCases
{
    public const int Batches = 2, Features = 3, Units = 4, Steps = 3;

    public const LiteForms Forms = LiteForms.Float | LiteForms.Hybrid | LiteForms.Half;

    public static IEnumerable<LiteCase> All =>
    [
        Filter(1),
        Filter(2),
        Simple("RNN", "x w r b h", "y", [Given("x", [Batches, Features]), .. SimpleWeights(""), Made("y", [Batches, Units])], v => [SimpleStep(v, "", v["x"])], new LiteOption(0, (sbyte)4)),
        Simple("UNIDIRECTIONAL_SEQUENCE_RNN", "x w r b h", "y", [Given("x", [Batches, Steps, Features]), .. SimpleWeights(""), Made("y", [Batches, Steps, Units])], v => [InTime(v["x"], x => SimpleStep(v, "", x))], new(0, false), new(1, (sbyte)4)),
        Simple("UNIDIRECTIONAL_SEQUENCE_RNN", "x w r b h", "y", [Given("x", [Steps, Batches, Features]), .. SimpleWeights(""), Made("y", [Steps, Batches, Units])], v => [[.. v["x"].Chunk(Batches * Features).SelectMany(x => SimpleStep(v, "", x, 1))]], new(0, true), new(1, (sbyte)1)) with { Title = "time first" },
        Both("two outputs", isMerged: false, null),
        Both("one output", isMerged: true, null),
        Both("a second input for the way back", isMerged: false, ""),
        Both("a second input for both ways", isMerged: false, "u"),
    ];

    /// <summary>Rows times weights, as hybrid layers do it.</summary>
    public static double[] Product(LiteValues v, double[] rows, string weights, int units) =>
        LayerCases.Product(v.Narrowed(rows, Batches), v[weights], Batches, rows.Length / Batches, units, null);

    /// <summary>Sums of elements; shorter operands are repeated.</summary>
    public static double[] Sum(params double[][] parts) => [.. parts[0].Select((_, index) => parts.Sum(part => part[index % part.Length]))];

    /// <summary>Batches × steps × features, one step at a time, and back.</summary>
    public static double[] InTime(double[] x, Func<double[], double[]> step, bool backwards = false)
    {
        int features = x.Length / Batches / Steps;
        var made = new double[Steps][];
        foreach (int time in backwards ? Enumerable.Range(0, Steps).Reverse() : Enumerable.Range(0, Steps))
        {
            made[time] = step([.. Enumerable.Range(0, Batches).SelectMany(batch => x[(((batch * Steps) + time) * features)..(((batch * Steps) + time + 1) * features)])]);
        }

        int units = made[0].Length / Batches;
        return [.. Enumerable.Range(0, Batches).SelectMany(batch => made.SelectMany(step => step[(batch * units)..((batch + 1) * units)]))];
    }

    private static LiteCase Filter(int rank)
    {
        const int memory = 3, units = 2;
        int filters = units * rank;
        return new($"rank {rank}", "SVDF", "x f t b s", "y", [Given("x", [Batches, Features]), Weights("f", [filters, Features]), Weights("t", [filters, memory]), new("b", LitePart.Settled, ElementType.Float32, [units], [0.5, -1]), State("s", Batches, filters * memory), Made("y", [Batches, units])], v =>
        {
            double[] features = Product(v, v["x"], "f", filters);
            double[] old = v.Remembered("s", Batches * filters * memory);
            double[] next = [.. old.Chunk(memory).SelectMany((row, index) => row[1..].Append(features[index]))];
            v.Remember("s", next);
            return [[.. Places([Batches, units]).Select(p => Math.Max(0, v["b"][p[1]] + Places([rank, memory]).Sum(q =>
                next[(((p[0] * filters) + (p[1] * rank) + q[0]) * memory) + q[1]] * v["t"][(((p[1] * rank) + q[0]) * memory) + q[1]])))]];
        }, new(0, rank), new(1, (sbyte)1)) { Forms = Forms, Tolerance = 1e-5 };
    }

    private static LiteCase Simple(string name, string inputs, string outputs, LitePort[] ports, Func<LiteValues, double[][]> expected, params LiteOption[] options) =>
        new("", name, inputs, outputs, ports, expected, options) { Forms = Forms, Tolerance = 1e-5 };

    private static LitePort[] SimpleWeights(string way) =>
        [Weights("w" + way, [Units, Features]), Weights("r" + way, [Units, Units]), new("b" + way, LitePart.Settled, ElementType.Float32, [Units], Spread([Units], -0.5, 0.4)), State("h" + way, Batches, Units)];

    private static double[] SimpleStep(LiteValues v, string way, double[] x, int activation = 4, double[]? second = null)
    {
        double[] state = v.Remembered("h" + way, Batches * Units);
        double[] sum = Sum(Product(v, x, "w" + way, Units), Product(v, state, "r" + way, Units), [.. Enumerable.Repeat(v["b" + way], Batches).SelectMany(bias => bias)]);
        sum = second is null ? sum : Sum(sum, Product(v, second, "u" + way, Units));
        double[] next = [.. sum.Select(number => Limited(number, activation))];
        v.Remember("h" + way, next);
        return next;
    }

    // The second input is none, one that is read backwards, or one that both ways read beside the first.
    private static LiteCase Both(string title, bool isMerged, string? second)
    {
        int[] sequence = [Batches, Steps, Features];
        LitePort[] extra = second is null ? [] : [Given("z", sequence, -1, 2), .. second.Length == 0 ? [] : new[] { Weights("uf", [Units, Features]), Weights("ub", [Units, Features]) }];
        LitePort[] made = isMerged ? [Made("y", [Batches, Steps, 2 * Units])] : [Made("y", [Batches, Steps, Units]), Made("p", [Batches, Steps, Units])];
        string inputs = "x wf rf bf hf wb rb bb hb" + (second is null ? " _ _ _" : second.Length == 0 ? " z _ _" : " z uf ub");
        return new(title, "BIDIRECTIONAL_SEQUENCE_RNN", inputs, isMerged ? "y" : "y p", [Given("x", sequence), .. SimpleWeights("f"), .. SimpleWeights("b"), .. extra, .. made], v =>
        {
            double[] pair = second is "u" ? Paired(v["x"], v["z"]) : v["x"], back = second is "" ? v["z"] : pair;
            double[] forwards = InTime(pair, x => SimpleStep(v, "f", First(x), 4, second is "u" ? Second(x) : null));
            double[] backwards = InTime(back, x => SimpleStep(v, "b", First(x), 4, second is "u" ? Second(x) : null), backwards: true);
            return isMerged ? [Paired(forwards, backwards)] : [forwards, backwards];
        }, new(0, false), new(1, (sbyte)4), new(2, isMerged)) { Forms = Forms, Tolerance = 1e-5 };
    }

    /// <summary>The features of two sequences side by side.</summary>
    public static double[] Paired(double[] x, double[] z)
    {
        int features = x.Length / Batches / Steps;
        return [.. x.Chunk(features).Zip(z.Chunk(features)).SelectMany(pair => pair.First.Concat(pair.Second))];
    }

    /// <summary>Of a step of such a sequence, the features of the first; of one of a single sequence, all of them.</summary>
    public static double[] First(double[] x) => x.Length == Batches * Features ? x : [.. x.Chunk(2 * Features).SelectMany(row => row[..Features])];

    /// <summary>Of a step of such a sequence, the features of the second.</summary>
    public static double[] Second(double[] x) => [.. x.Chunk(2 * Features).SelectMany(row => row[Features..])];
}
