using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Reductions, choices along axes, poolings, normalisations, spectra and other sizes.</summary>
internal static class ReductionCases
{
    public static IEnumerable<LiteCase> All =>
    [
        .. Reductions("MEAN", row => row.Average(), LiteForms.Stored),
        .. Reductions("SUM", row => row.Sum(), LiteForms.Stored),
        .. Reductions("REDUCE_PROD", row => row.Aggregate(1.0, (x, y) => x * y), LiteForms.Float | LiteForms.Int8),
        .. Reductions("REDUCE_MAX", row => row.Max(), LiteForms.Stored, "x"),
        .. Reductions("REDUCE_MIN", row => row.Min(), LiteForms.Stored, "x"),
        new("several axes", "MEAN", "x a", "y", [Given("x", [2, 3, 4]), Vector("a", 0, -1), Made("y", [3])], v => [[.. Enumerable.Range(0, 3).Select(row => v["x"].Where((_, index) => index / 4 % 3 == row).Average())]]) { Forms = LiteForms.Float | LiteForms.Int8 },
        Truth("REDUCE_ANY", [1, 1, 0]),
        Truth("REDUCE_ALL", [0, 1, 0]),
        Best("ARG_MAX", row => Array.IndexOf(row, row.Max())),
        Best("ARG_MIN", row => Array.IndexOf(row, row.Min())),
        new("", "CUMSUM", "x a", "y", [Given("x", [2, 3]), Single("a", 1), Made("y", [2, 3])], v => [Running(v["x"], isExclusive: false)]),
        new("exclusive", "CUMSUM", "x a", "y", [Given("x", [2, 3]), Single("a", 1), Made("y", [2, 3])], v => [Running(v["x"], isExclusive: true)], new(0, true), new(1, false)),
        new("backwards", "CUMSUM", "x a", "y", [Given("x", [3]), Single("a", 0), Made("y", [3])], v => [[v["x"].Sum(), v["x"][1] + v["x"][2], v["x"][2]]], new(0, false), new(1, true)),
        new("", "TOPK_V2", "x k", "y i", [Given("x", [2, 4]), Single("k", 2), Made("y", [2, 2], like: "x"), Made("i", [2, 2], ElementType.Int32)], v =>
        {
            (double Number, int Place)[] best = [.. v["x"].Chunk(4).SelectMany(row => row.Select((number, place) => (number, place)).OrderByDescending(pair => pair.number).Take(2))];
            return [[.. best.Select(pair => pair.Number)], [.. best.Select(pair => (double)pair.Place)]];
        }) { Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8 },
        Pool("AVERAGE_POOL_2D", taps => taps.Average(), LiteForms.Stored),
        Pool("MAX_POOL_2D", taps => taps.Max(), LiteForms.Stored),
        Pool("L2_POOL_2D", taps => Math.Sqrt(taps.Average(x => x * x)), LiteForms.Float),
        new("", "L2_NORMALIZATION", "x", "y", [Given("x", [2, 3]), Made("y", [2, 3])], v => [Rows(v["x"], row => row.Select(x => x / Math.Sqrt(row.Sum(other => other * other))))]) { Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8 },
        new("", "LOCAL_RESPONSE_NORMALIZATION", "x", "y", [Given("x", [1, 1, 2, 5]), Made("y", [1, 1, 2, 5])], v => [[.. v["x"].Select((x, index) => x * Math.Pow(1.5 + (0.3 * Neighbours(v["x"], index).Sum(other => other * other)), -0.75))]], new(0, 1), new(1, 1.5f), new(2, 0.3f), new(3, 0.75f)),
        new("", "SOFTMAX", "x", "y", [Given("x", [2, 5]), Made("y", [2, 5]) with { Range = (0, 255 / 256.0 / 0.9) }], v => [Rows(v["x"], row => Distribution(row, 1))], new LiteOption(0, 1f)) { Forms = LiteForms.Stored, Slack = 0.03 },
        new("sharper", "SOFTMAX", "x", "y", [Given("x", [2, 5]), Made("y", [2, 5]) with { Range = (0, 255 / 256.0 / 0.9) }], v => [Rows(v["x"], row => Distribution(row, 2.5))], new LiteOption(0, 2.5f)) { Forms = LiteForms.Stored, Slack = 0.03 },
        new("", "LOG_SOFTMAX", "x", "y", [Given("x", [2, 5]), Made("y", [2, 5])], v => [Rows(v["x"], row => Distribution(row, 1).Select(x => Math.Log(x)))]) { Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8 },
        Bilinear("", align: false, half: false),
        Bilinear("corners aligned", align: true, half: false),
        Bilinear("centres of pixels", align: false, half: true),
        Nearest("", 5, align: false, half: false),
        Nearest("corners aligned", 5, align: true, half: false),
        Nearest("centres of pixels", 2, align: false, half: true),
        Spectrum("COMPLEX_ABS", (real, imaginary) => Math.Sqrt((real * real) + (imaginary * imaginary))),
        Spectrum("REAL", (real, _) => real),
        Spectrum("IMAG", (_, imaginary) => imaginary),
    ];

    private static double[] Rows(double[] x, Func<double[], IEnumerable<double>> function) => [.. x.Chunk(x[..].Length / 2).SelectMany(function)];

    private static IEnumerable<double> Distribution(double[] row, double sharpness) => row.Select(x => Math.Exp(x * sharpness) / row.Sum(other => Math.Exp(other * sharpness)));

    private static double[] Running(double[] x, bool isExclusive) => [.. x.Select((_, index) => x[(index / 3 * 3)..(index + (isExclusive ? 0 : 1))].Sum())];

    private static IEnumerable<double> Neighbours(double[] x, int index) => x.Where((_, other) => other / 5 == index / 5 && Math.Abs(other - index) <= 1);

    private static IEnumerable<LiteCase> Reductions(string name, Func<double[], double> reduce, LiteForms forms, string? like = null)
    {
        yield return new("", name, "x a", "y", [Given("x", [2, 4]), Vector("a", -1), Made("y", [2, 1], like: like)], v => [[.. v["x"].Chunk(4).Select(reduce)]], new LiteOption(0, true)) { Forms = forms };
        yield return new("integers", name, "x a", "y", [Whole("x", ElementType.Int32, [2, 2], 4, 2, -3, -5), Vector("a", 1), Made("y", [2], ElementType.Int32)], v => [[.. v["x"].Chunk(2).Select(reduce)]]);
    }

    private static LiteCase Truth(string name, double[] expected) =>
        new("", name, "x a", "y", [Whole("x", ElementType.Boolean, [3, 2], 0, 1, 1, 1, 0, 0), Vector("a", 1), Made("y", [3], ElementType.Boolean)], _ => [expected]);

    private static LiteCase Best(string name, Func<double[], int> place) =>
        new("", name, "x a", "y", [Given("x", [2, 5]), Single("a", -1), Made("y", [2], ElementType.Int32)], v => [[.. v["x"].Chunk(5).Select(row => (double)place(row))]]) { Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.UInt8 };

    // Windows of 2×3 with steps of 1×2; those at the edge have fewer elements.
    private static LiteCase Pool(string name, Func<double[], double> reduce, LiteForms forms) =>
        new("", name, "x", "y", [Given("x", [1, 3, 5, 2]), Made("y", [1, 3, 3, 2], like: name == "L2_POOL_2D" ? null : "x")], v => [[.. Places([1, 3, 3, 2]).Select(p => reduce([.. Places([2, 3])
            .Select(tap => (Row: p[1] + tap[0], Column: (2 * p[2]) + tap[1] - 1)).Where(tap => tap.Row < 3 && tap.Column is >= 0 and < 5).Select(tap => v["x"][At([3, 5, 2], tap.Row, tap.Column, p[3])])]))]], new(0, (sbyte)0), new(1, 2), new(2, 1), new(3, 3), new(4, 2))
        {
            Forms = forms,
        };

    private static double Place(int index, int from, int to, bool align, bool half) =>
        align ? index * ((from - 1.0) / (to - 1)) : half ? ((index + 0.5) * from / to) - 0.5 : index * (double)from / to;

    private static LiteCase Bilinear(string title, bool align, bool half) =>
        new(title, "RESIZE_BILINEAR", "x s", "y", [Given("x", [1, 2, 3, 2]), Vector("s", 4, 5), Made("y", [1, 4, 5, 2], like: "x")], v => [[.. Places([4, 5, 2]).Select(p =>
        {
            (double row, double column) = (Place(p[0], 2, 4, align, half), Place(p[1], 3, 5, align, half));
            double Pixel(double r, double c) => v["x"][At([2, 3, 2], (int)Math.Clamp(r, 0, 1), (int)Math.Clamp(c, 0, 2), p[2])];
            (double top, double left) = (Math.Floor(row), Math.Floor(column));
            double Between(double r) => Pixel(r, left) + ((column - left) * (Pixel(r, left + 1) - Pixel(r, left)));
            return Between(top) + ((row - top) * (Between(top + 1) - Between(top)));
        })]], new(2, align), new(3, half))
        {
            Forms = LiteForms.Stored,

            // Rows and columns are rounded each for themselves.
            Slack = 0.51,
        };

    private static LiteCase Nearest(string title, int to, bool align, bool half) =>
        new(title, "RESIZE_NEAREST_NEIGHBOR", "x s", "y", [Given("x", [1, 1, 3, 1]), Vector("s", 1, to), Made("y", [1, 1, to, 1], like: "x")], v => [[.. Enumerable.Range(0, to).Select(index =>
            v["x"][align ? (int)Math.Round(Place(index, 3, to, align, half), MidpointRounding.AwayFromZero) : half ? (int)((index + 0.5) * 3 / to) : (int)(index * 3.0 / to)])]], new(0, align), new(1, half))
        {
            Forms = LiteForms.Stored,
        };

    // 3×5 numbers, filled up to 4×8.
    private static LiteCase Spectrum(string name, Func<double, double, double> part) =>
        new("of a spectrum", name, "c", "y", [Given("x", [2, 3, 5]), Vector("n", 4, 8), Made("c", [2, 4, 5]) with { IsComplex = true }, Made("y", [2, 4, 5])], v => [[.. Places([2, 4, 5]).Select(p =>
        {
            (double Real, double Imaginary) sum = Places([3, 5]).Select(q => (Number: v["x"][At([2, 3, 5], p[0], q[0], q[1])], Angle: -2 * Math.PI * ((p[1] * q[0] / 4.0) + (p[2] * q[1] / 8.0))))
                .Aggregate((0.0, 0.0), (total, term) => (total.Item1 + (term.Number * Math.Cos(term.Angle)), total.Item2 + (term.Number * Math.Sin(term.Angle))));
            return part(sum.Real, sum.Imaginary);
        })]])
        {
            Before = [new("RFFT2D", "x n", "c")],
            Tolerance = 1e-5,
        };
}
