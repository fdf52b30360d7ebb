using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.RecurrentCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>LSTMs, one prediction after the other.</summary>
internal static class LstmCases
{
    private const int Projected = 2;

    public static IEnumerable<LiteCase> All =>
    [
        OneWay("LSTM", "", LstmParts.None),
        OneWay("UNIDIRECTIONAL_SEQUENCE_LSTM", "", LstmParts.None),
        OneWay("UNIDIRECTIONAL_SEQUENCE_LSTM", "peepholes and a projection", LstmParts.Peepholes | LstmParts.Projection),
        OneWay("UNIDIRECTIONAL_SEQUENCE_LSTM", "no input gate, peepholes", LstmParts.Coupled | LstmParts.Peepholes),
        OneWay("UNIDIRECTIONAL_SEQUENCE_LSTM", "normalised gates", LstmParts.Normalized | LstmParts.Peepholes),
        InIntegers("", LstmParts.None),
        InIntegers("a projection", LstmParts.Projection),
        Basic(),
        BothWays("two outputs", isMerged: false, null),
        BothWays("one output", isMerged: true, null),
        BothWays("a second input for the way back", isMerged: false, ""),
        BothWays("a second input for both ways", isMerged: false, "u"),
    ];

    [Flags]
    private enum LstmParts
    {
        None = 0,
        Peepholes = 1,
        Projection = 2,
        Coupled = 4,
        Normalized = 8,
    }

    private static int Outputs(LstmParts parts) => parts.HasFlag(LstmParts.Projection) ? Projected : Units;

    // The names of the inputs in the operator's order, "_" for those left out.
    private static string Names(string way, LstmParts parts)
    {
        string Gates(string kind, bool isThere = true, bool hasInput = true) => string.Join(' ', "ifco".Select(gate => isThere && (gate != 'i' || hasInput) ? $"{kind}{gate}{way}" : "_"));
        bool hasInput = !parts.HasFlag(LstmParts.Coupled), hasPeepholes = parts.HasFlag(LstmParts.Peepholes), hasProjection = parts.HasFlag(LstmParts.Projection);
        string peepholes = string.Join(' ', "ifo".Select(gate => hasPeepholes && (gate != 'i' || hasInput) ? $"p{gate}{way}" : "_"));
        return $"{Gates("w", true, hasInput)} {Gates("r", true, hasInput)} {peepholes} {Gates("b", true, hasInput)} {(hasProjection ? $"q{way} d{way}" : "_ _")}";
    }

    private static IEnumerable<LitePort> Parts(string way, LstmParts parts)
    {
        double shift = 0;
        LitePort Matrix(string name, int rows, int columns) => Weights(name + way, [rows, columns]) with { Numbers = Spread([rows, columns], -1 + (shift += 0.03), 0.9) };
        foreach (char gate in parts.HasFlag(LstmParts.Coupled) ? "fco" : "ifco")
        {
            yield return Matrix($"w{gate}", Units, Features);
            yield return Matrix($"r{gate}", Units, Outputs(parts));
            yield return Bias($"b{gate}{way}", Units, "x", $"w{gate}{way}");
            if (parts.HasFlag(LstmParts.Peepholes) && gate != 'c')
            {
                yield return Weights($"p{gate}{way}", [Units]);
            }

            if (parts.HasFlag(LstmParts.Normalized))
            {
                yield return Settled($"n{gate}{way}", ElementType.Float32, [Units], Spread([Units], 0.5, 1.5));
            }
        }

        if (parts.HasFlag(LstmParts.Projection))
        {
            yield return Matrix("q", Projected, Units);
            yield return Bias($"d{way}", Projected, "k", $"q{way}");
        }

        yield return State("h" + way, Batches, Outputs(parts)) with { Range = (-0.9, 0.9) };
        yield return State("m" + way, Batches, Units) with { IsWide = true, Range = (-4, 4) };
    }

    private static double[] Step(LiteValues v, string way, LstmParts parts, double[] x, double[]? second = null)
    {
        double[] state = v.Remembered("h" + way, Batches * Outputs(parts)), cell = v.Remembered("m" + way, Batches * Units);
        double[] Gate(char gate, double[] memory)
        {
            double[] sum = RecurrentCases.Sum(Product(v, x, $"w{gate}{way}", Units), Product(v, state, $"r{gate}{way}", Units));
            sum = second is null ? sum : RecurrentCases.Sum(sum, Product(v, second, $"u{gate}{way}", Units));
            sum = parts.HasFlag(LstmParts.Peepholes) && gate != 'c' ? [.. sum.Select((number, index) => number + (memory[index] * v[$"p{gate}{way}"][index % Units]))] : sum;
            sum = parts.HasFlag(LstmParts.Normalized) ? [.. sum.Chunk(Units).SelectMany(row => Normalized(row).Select((number, unit) => number * v[$"n{gate}{way}"][unit]))] : sum;
            return [.. sum.Select((number, index) => number + v[$"b{gate}{way}"][index % Units])];
        }

        double[] forget = [.. Gate('f', cell).Select(Sigmoid)];
        double[] update = parts.HasFlag(LstmParts.Coupled) ? [.. forget.Select(share => 1 - share)] : [.. Gate('i', cell).Select(Sigmoid)];
        double[] candidate = [.. Gate('c', cell).Select(Math.Tanh)];
        double[] next = [.. cell.Select((number, index) => v.Nearest("m" + way, Math.Clamp((number * forget[index]) + (update[index] * candidate[index]), -2, 2)))];
        double[] output = [.. Gate('o', next).Select((number, index) => Sigmoid(number) * Math.Tanh(next[index]))];
        output = parts.HasFlag(LstmParts.Projection) ? RecurrentCases.Sum(Product(v, [.. output.Select(number => v.Nearest("k", number))], "q" + way, Projected), [.. v["d" + way], .. v["d" + way]]) : output;
        output = [.. output.Select(number => v.Nearest("h" + way, parts.HasFlag(LstmParts.Projection) ? Math.Clamp(number, -0.8, 0.8) : number))];
        v.Remember("h" + way, output);
        v.Remember("m" + way, next);
        return output;
    }

    private static double[] Normalized(double[] row)
    {
        double mean = row.Average();
        double deviation = Math.Sqrt(row.Average(x => (x - mean) * (x - mean)));
        return [.. row.Select(x => (x - mean) / deviation)];
    }

    private static LiteOption[] Limits(bool isTimeMajor) => [new(0, (sbyte)4), new(1, 2f), new(2, 0.8f), new(3, isTimeMajor)];

    private static LiteCase OneWay(string name, string title, LstmParts parts)
    {
        bool isSingle = name == "LSTM";
        string norms = parts.HasFlag(LstmParts.Normalized) ? " ni nf nc no" : "";
        int[] given = isSingle ? [Batches, Features] : [Batches, Steps, Features], made = isSingle ? [Batches, Outputs(parts)] : [Batches, Steps, Outputs(parts)];
        return new(title, name, $"x {Names("", parts)} h m{norms}", "y", [Given("x", given), .. Parts("", parts), Made("y", made)], v => [isSingle ? Step(v, "", parts, v["x"]) : InTime(v["x"], x => Step(v, "", parts, x))], isSingle ? Limits(false)[..3] : Limits(false))
        {
            Forms = Forms,
            Tolerance = 2e-5,
        };
    }

    // The format's tools compute sigmoids of integers by tables: one step of the output is what they are apart.
    private static LiteCase InIntegers(string title, LstmParts parts) =>
        new($"integers {title}", "UNIDIRECTIONAL_SEQUENCE_LSTM", $"x {Names("", parts)} h m", "y", [Given("x", [Batches, Steps, Features]), Made("k", []) with { Range = (-0.9, 0.9) }, .. Parts("", parts), Made("y", [Batches, Steps, Outputs(parts)], like: "h")], v => [InTime(v["x"], x => Step(v, "", parts, x))], Limits(false))
        {
            Forms = LiteForms.Int8,
            Intermediates = "k k k k k",
            Slack = 0.51,
        };

    private static LiteCase Basic() =>
        new("the basic kind", "LSTM", "x h w b m", "y c s g", [Given("x", [Batches, Features]), State("h", Batches, Units), Weights("w", [4 * Units, Features + Units]), new("b", LitePart.Settled, ElementType.Float32, [4 * Units], Spread([4 * Units], -0.5, 0.5)), State("m", Batches, Units), Made("y", [Batches, Units]), Made("c", [Batches, Units]), Made("s", [Batches, Features + Units]), Made("g", [Batches, 4 * Units])], v =>
        {
            double[] h = v.Remembered("h", Batches * Units), m = v.Remembered("m", Batches * Units);
            double[] both = [.. Enumerable.Range(0, Batches).SelectMany(batch => v["x"][(batch * Features)..((batch + 1) * Features)].Concat(h[(batch * Units)..((batch + 1) * Units)]))];
            double[] gates = LayerCases.Product(both, v["w"], Batches, Features + Units, 4 * Units, v["b"]);
            double Gate(int index, int gate) => gates[(index / Units * 4 * Units) + (gate * Units) + (index % Units)];
            m = [.. m.Select((cell, index) => (Sigmoid(Gate(index, 0)) * Math.Tanh(Gate(index, 1))) + (Sigmoid(Gate(index, 2)) * cell))];
            h = [.. m.Select((cell, index) => Sigmoid(Gate(index, 3)) * Math.Tanh(cell))];
            v.Remember("h", h);
            v.Remember("m", m);
            return [h, m];
        }, new(0, (sbyte)4), new(3, (sbyte)1)) { Shown = "y c", Tolerance = 1e-5 };

    private static LiteCase BothWays(string title, bool isMerged, string? second)
    {
        int[] sequence = [Batches, Steps, Features];
        LitePort[] extra = second is null ? [] : [Given("z", sequence, -1, 2), .. second.Length == 0 ? [] : "fb".SelectMany(way => "ifco".Select(gate => Weights($"u{gate}{way}", [Units, Features])))];
        LitePort[] made = isMerged ? [Made("y", [Batches, Steps, 2 * Units])] : [Made("y", [Batches, Steps, Units]), Made("t", [Batches, Steps, Units])];
        string added = string.Join(' ', "fb".SelectMany(way => "ifco".Select(gate => second is "u" ? $"u{gate}{way}" : "_")));
        string inputs = $"x {Names("f", LstmParts.None)} {Names("b", LstmParts.None)} hf mf hb mb {(second is null ? "_" : "z")} {added}";
        return new(title, "BIDIRECTIONAL_SEQUENCE_LSTM", inputs, isMerged ? "y" : "y t", [Given("x", sequence), .. Parts("f", LstmParts.None), .. Parts("b", LstmParts.None), .. extra, .. made], v =>
        {
            double[] pair = second is "u" ? Paired(v["x"], v["z"]) : v["x"], back = second is "" ? v["z"] : pair;
            double[] forwards = InTime(pair, x => Step(v, "f", LstmParts.None, First(x), second is "u" ? Second(x) : null));
            double[] backwards = InTime(back, x => Step(v, "b", LstmParts.None, First(x), second is "u" ? Second(x) : null), backwards: true);
            return isMerged ? [Paired(forwards, backwards)] : [forwards, backwards];
        }, new(0, (sbyte)4), new(1, 2f), new(3, isMerged), new(4, false)) { Forms = Forms, Tolerance = 2e-5 };
    }
}
