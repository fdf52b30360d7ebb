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
        PostProcess("", ("max_detections", 4), ("max_classes_per_detection", 1), ("use_regular_nms", 0)),
    ];

    private const int Boxed = 4, Classes = 2;

    // The background is the first of three scores. Two detections of one class, and one of the other, of four that are wanted.
    private static LiteCase PostProcess(string title, params (string Name, double Value)[] options) =>
        new(title, "TFLite_Detection_PostProcess", "e s a", "b c p n", [Given("e", [1, Boxed, 4], -0.5, 0.5), Given("s", [1, Boxed, Classes + 1], 0, 1), Settled("a", ElementType.Float32, [Boxed, 4], 0.5, 0.5, 1, 1, 0.5, 0.6, 1, 1, 5, 5, 1, 2, 9, 9, 1, 1), Made("b", [1, 4, 4]), Made("c", [1, 4]), Made("p", [1, 4]), Made("n", [1])], v =>
        {
            double[][] corners = [.. Enumerable.Range(0, Boxed).Select(box => Corners(v["e"][(4 * box)..], v["a"][(4 * box)..]))];
            (double Score, int Class)[] best = [.. Enumerable.Range(0, Boxed).Select(box => Enumerable.Range(0, Classes).Select(index => (v["s"][(box * (Classes + 1)) + 1 + index], index)).MaxBy(pair => pair.Item1))];
            var kept = new List<int>();
            double[] flat = [.. corners.SelectMany(box => box)];
            foreach (int box in Enumerable.Range(0, Boxed).Where(box => best[box].Score >= 0.3f).OrderByDescending(box => best[box].Score))
            {
                if (kept.All(other => !(Overlap(flat, box, other) > 0.4)))
                {
                    kept.Add(box);
                }
            }

            return [Filled(kept.SelectMany(box => corners[box]), 16), Filled(kept.Select(box => (double)best[box].Class), 4), Filled(kept.Select(box => best[box].Score), 4), [kept.Count]];
        })
        {
            CustomOptions = FlexWriter.Map([.. options, ("num_classes", Classes), ("y_scale", 10), ("x_scale", 10), ("h_scale", 5), ("w_scale", 5), ("nms_iou_threshold", 0.4), ("nms_score_threshold", 0.3)]),
            Tolerance = 1e-5,
        };

    private static double[] Corners(double[] code, double[] anchor)
    {
        (double y, double x) = ((code[0] / 10 * anchor[2]) + anchor[0], (code[1] / 10 * anchor[3]) + anchor[1]);
        (double height, double width) = (Math.Exp(code[2] / 5) * anchor[2] / 2, Math.Exp(code[3] / 5) * anchor[3] / 2);
        return [y - height, x - width, y + height, x + width];
    }

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
