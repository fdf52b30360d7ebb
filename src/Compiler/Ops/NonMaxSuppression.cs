using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// Picks boxes: of those of a class that overlap much, the one with the best score. Inputs: boxes [batches, boxes, 4], scores [batches, classes, boxes],
/// how many of a class are kept (int64), the overlap up to which both are kept and, if there is a fifth, the score that must be exceeded.
/// Outputs: int64 rows of batch, class and box, padded with zeros, and their number.
/// </summary>
/// <param name="Limit">No more boxes of a class and batch are kept, whatever the third input says.</param>
/// <param name="IsCentered">Boxes are centre x, centre y, width, height rather than two corners y, x, y, x.</param>
public sealed record NonMaxSuppression(int Limit, bool IsCentered) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        (Shape boxes, Shape scores) = (inputs[0].Shape, inputs[1].Shape);
        Require(inputs[0].Type == ElementType.Float32 && boxes.Rank == 3 && boxes[2] == 4, $"boxes of {inputs[0]}");
        Require(
            inputs[1].Type == ElementType.Float32 && scores.Rank == 3 && scores[0] == boxes[0] && scores[2] == boxes[1], $"scores of {inputs[1]} for boxes of {boxes}");
        Require(inputs[2].Type == ElementType.Int64 && inputs[2].Shape.ElementCount == 1, $"a number of boxes of {inputs[2]}");
        Require(inputs.Skip(3).All(input => input.Type == ElementType.Float32 && input.Shape.ElementCount == 1), $"thresholds of {string.Join(", ", inputs.Skip(3))}");
        Require(Limit >= 0, $"{Limit} boxes");
        double rows = (double)scores[0] * scores[1] * Limit;
        Require(rows <= int.MaxValue, $"{rows} boxes");
        return [new TensorType(ElementType.Int64, [(int)rows, 3]), new TensorType(ElementType.Int64, Shape.Scalar)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Shape scores = inputs[1].Shape;
        float[] edges = inputs[0].Values<float>();
        float[] values = inputs[1].Values<float>();
        long wanted = Math.Min(Limit, inputs[2].Values<long>()[0]);
        float overlap = inputs[3].Values<float>()[0];
        float? threshold = inputs.Length > 4 ? inputs[4].Values<float>()[0] : null;
        var rows = new List<long>();
        for (int row = 0; row < scores[0] * scores[1]; row++)
        {
            int batch = row / scores[1];
            var kept = new List<int>();
            IEnumerable<int> candidates = Enumerable.Range(0, scores[2])
                .Where(box => threshold is null || values[(row * scores[2]) + box] > threshold)
                .OrderByDescending(box => values[(row * scores[2]) + box]);
            foreach (int box in candidates.TakeWhile(_ => kept.Count < wanted))
            {
                if (!kept.Any(other => Overlap(Edges(edges, (batch * scores[2]) + box), Edges(edges, (batch * scores[2]) + other)) > overlap))
                {
                    kept.Add(box);
                    rows.AddRange([batch, row % scores[1], box]);
                }
            }
        }

        long count = rows.Count / 3;
        long[] padded = [.. rows, .. new long[(scores[0] * scores[1] * Limit * 3) - rows.Count]];
        return [Tensor.Of([padded.Length / 3, 3], padded), Tensor.Scalar(count)];
    }

    private (float Top, float Left, float Bottom, float Right) Edges(float[] boxes, int box)
    {
        float[] edges = boxes[(box * 4)..((box * 4) + 4)];
        return IsCentered
            ? (edges[1] - (edges[3] / 2), edges[0] - (edges[2] / 2), edges[1] + (edges[3] / 2), edges[0] + (edges[2] / 2))
            : (Math.Min(edges[0], edges[2]), Math.Min(edges[1], edges[3]), Math.Max(edges[0], edges[2]), Math.Max(edges[1], edges[3]));
    }

    // Intersection over union; boxes without an area overlap nothing.
    private static float? Overlap((float Top, float Left, float Bottom, float Right) box, (float Top, float Left, float Bottom, float Right) other)
    {
        float height = Math.Min(box.Bottom, other.Bottom) - Math.Max(box.Top, other.Top);
        float width = Math.Min(box.Right, other.Right) - Math.Max(box.Left, other.Left);
        float area = (box.Bottom - box.Top) * (box.Right - box.Left);
        float otherArea = (other.Bottom - other.Top) * (other.Right - other.Left);
        float shared = height * width;
        float union = area + otherArea - shared;
        return height > 0 && width > 0 && shared > 0 && area > 0 && otherArea > 0 && union > 0 ? shared / union : null;
    }
}
