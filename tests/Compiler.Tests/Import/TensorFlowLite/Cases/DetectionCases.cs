using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Picking boxes.</summary>
internal static class DetectionCases
{
    public static IEnumerable<LiteCase> All =>
    [
        new("", "NON_MAX_SUPPRESSION_V4", "b s n o t", "y c", [.. Boxes, Made("y", [3], ElementType.Int32), Made("c", [], ElementType.Int32)], v => Kept(v) is var kept ? [Filled(kept.Select(box => (double)box), 3), [kept.Count]] : []),
        new("", "NON_MAX_SUPPRESSION_V5", "b s n o t g", "y p c", [.. Boxes, Settled("g", ElementType.Float32, [], 0), Made("y", [3], ElementType.Int32), Made("p", [3]), Made("c", [], ElementType.Int32)], v => Kept(v) is var kept ? [Filled(kept.Select(box => (double)box), 3), Filled(kept.Select(box => v["s"][box]), 3), [kept.Count]] : []),
    ];

    private static LitePort[] Boxes =>
    [
        Settled("b", ElementType.Float32, [4, 4], 0, 0, 1, 1, 0, 0, 1, 1.1, 5, 5, 6, 6, 0, 0.5, 1, 1.6),
        Given("s", [4], [0.5, 0.9, 0.05, 0.6]),
        Single("n", 3),
        Settled("o", ElementType.Float32, [], 0.5),
        Settled("t", ElementType.Float32, [], 0.1),
    ];

    private static double[] Filled(IEnumerable<double> numbers, int count) => [.. numbers.Concat(new double[count]).Take(count)];

    private static double Overlap(double[] boxes, int first, int second)
    {
        double[] a = boxes[(4 * first)..((4 * first) + 4)], b = boxes[(4 * second)..((4 * second) + 4)];
        double shared = Math.Max(0, Math.Min(a[2], b[2]) - Math.Max(a[0], b[0])) * Math.Max(0, Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]));
        return shared / (((a[2] - a[0]) * (a[3] - a[1])) + ((b[2] - b[0]) * (b[3] - b[1])) - shared);
    }

    private static List<int> Kept(LiteValues v)
    {
        var kept = new List<int>();
        foreach (int box in Enumerable.Range(0, 4).Where(box => v["s"][box] > 0.1f).OrderByDescending(box => v["s"][box]))
        {
            if (kept.Count < 3 && kept.All(other => Overlap(v["b"], box, other) < 0.5))
            {
                kept.Add(box);
            }
        }

        return kept;
    }
}
