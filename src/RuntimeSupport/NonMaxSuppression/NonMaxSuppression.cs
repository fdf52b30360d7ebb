using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Picks boxes: of those that overlap much, the one with the best score.</summary>
public static partial class NonMaxSuppression
{
    /// <summary>
    /// For every batch and class, takes the boxes from the best score to the worst – of equals the lower index first, NaN last – and keeps each one that
    /// overlaps none of those kept before by more than <paramref name="overlap"/> (intersection over union).
    /// </summary>
    /// <param name="boxes">[batches, boxCount, 4]: two opposite corners as y, x, y, x, or centre x, centre y, width, height.</param>
    /// <param name="scores">[batches, classes, boxCount].</param>
    /// <param name="maximum">One number: boxes that are kept of a class and batch; none when it is 0 or less.</param>
    /// <param name="overlap">One number: the overlap up to which both boxes are kept.</param>
    /// <param name="threshold">One number: only boxes with greater scores are kept; or empty: all are.</param>
    /// <param name="indices">[batches · classes · limit, 3]: batch, class and box of those that are kept, then zeros.</param>
    /// <param name="count">One number: the boxes that are kept.</param>
    /// <param name="order">Scratch memory of <paramref name="boxCount"/> elements.</param>
    /// <param name="batches">Number of batches.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="boxCount">Number of boxes.</param>
    /// <param name="limit">What is room for: no more boxes of a class and batch are kept.</param>
    /// <param name="isCentered">Whether boxes are given by their centre.</param>
    /// <exception cref="ArgumentException">A span is too short, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<float> boxes,
        ReadOnlySpan<float> scores,
        ReadOnlySpan<long> maximum,
        ReadOnlySpan<float> overlap,
        ReadOnlySpan<float> threshold,
        Span<long> indices,
        Span<long> count,
        Span<int> order,
        int batches,
        int classes,
        int boxCount,
        int limit,
        bool isCentered)
    {
        KernelGuard.Holds(boxes.Length, ExtentGuard.Elements([batches, boxCount, 4], nameof(boxes)), nameof(boxes));
        KernelGuard.Holds(scores.Length, ExtentGuard.Elements([batches, classes, boxCount], nameof(scores)), nameof(scores));
        KernelGuard.Holds(maximum.Length, 1, nameof(maximum));
        KernelGuard.Holds(overlap.Length, 1, nameof(overlap));
        long room = ExtentGuard.Elements([batches, classes, limit, 3], nameof(indices));
        KernelGuard.Holds(indices.Length, room, nameof(indices));
        KernelGuard.Holds(count.Length, 1, nameof(count));
        KernelGuard.Holds(order.Length, boxCount, nameof(order));
        indices = indices[..(int)room];
        indices.Clear();
        int wanted = (int)Math.Clamp(maximum[0], 0, Math.Min(limit, boxCount));
        int kept = 0;
        for (int row = 0; wanted > 0 && row < batches * classes; row++)
        {
            int batch = row / classes;
            var selection = new Selection(boxes.Slice(batch * boxCount * 4, boxCount * 4), scores.Slice(row * boxCount, boxCount), order, isCentered);
            kept += selection.Select(threshold, overlap[0], wanted, batch, row % classes, indices[(kept * 3)..]);
        }

        count[0] = kept;
    }

    /// <summary>The boxes of one batch and the scores of one class.</summary>
    private readonly ref struct Selection(ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, Span<int> heap, bool isCentered)
    {
        private readonly ReadOnlySpan<float> boxes = boxes;
        private readonly ReadOnlySpan<float> scores = scores;
        private readonly Span<int> heap = heap;

        /// <summary>Writes what is kept.</summary>
        [MethodImpl(KernelOptions.Hot)]
        public int Select(ReadOnlySpan<float> threshold, float overlap, int wanted, int batch, int category, Span<long> indices)
        {
            int candidates = 0;
            for (int box = 0; box < scores.Length; box++)
            {
                if (threshold.IsEmpty || scores[box] > threshold[0])
                {
                    heap[candidates++] = box;
                }
            }

            for (int place = (candidates / 2) - 1; place >= 0; place--)
            {
                Sink(place, candidates);
            }

            int kept = 0;
            for (; candidates > 0 && kept < wanted; candidates--)
            {
                int best = heap[0];
                heap[0] = heap[candidates - 1];
                Sink(0, candidates - 1);
                if (!IsSuppressed(best, indices[..(kept * 3)], overlap))
                {
                    indices[kept * 3] = batch;
                    indices[(kept * 3) + 1] = category;
                    indices[(kept * 3) + 2] = best;
                    kept++;
                }
            }

            return kept;
        }

        private void Sink(int place, int size)
        {
            int sinking = heap[place];
            while (place < size / 2)
            {
                int child = (2 * place) + 1;
                if (child + 1 < size && Precedes(heap[child + 1], heap[child]))
                {
                    child++;
                }

                if (!Precedes(heap[child], sinking))
                {
                    break;
                }

                heap[place] = heap[child];
                place = child;
            }

            heap[place] = sinking;
        }

        private bool Precedes(int box, int other)
        {
            float score = scores[box];
            float rival = scores[other];
            bool isNaN = float.IsNaN(score);
            return score > rival || (!(score < rival) && (isNaN == float.IsNaN(rival) ? box < other : !isNaN));
        }

        private bool IsSuppressed(int box, ReadOnlySpan<long> kept, float overlap)
        {
            for (int index = 2; index < kept.Length; index += 3)
            {
                if (Overlap(box, (int)kept[index]) > overlap)
                {
                    return true;
                }
            }

            return false;
        }

        // Boxes without an area overlap nothing, not even themselves: the overlap is then less than any.
        private float Overlap(int box, int other)
        {
            (float top, float left, float bottom, float right) = Edges(box);
            (float otherTop, float otherLeft, float otherBottom, float otherRight) = Edges(other);
            float height = Math.Min(bottom, otherBottom) - Math.Max(top, otherTop);
            float width = Math.Min(right, otherRight) - Math.Max(left, otherLeft);
            if (!(height > 0 && width > 0))
            {
                return float.NegativeInfinity;
            }

            float shared = height * width;
            float area = (bottom - top) * (right - left);
            float otherArea = (otherBottom - otherTop) * (otherRight - otherLeft);
            float union = area + otherArea - shared;
            return shared > 0 && area > 0 && otherArea > 0 && union > 0 ? shared / union : float.NegativeInfinity;
        }

        private (float Top, float Left, float Bottom, float Right) Edges(int box)
        {
            ReadOnlySpan<float> edges = boxes.Slice(box * 4, 4);
            if (isCentered)
            {
                float halfWidth = edges[2] / 2;
                float halfHeight = edges[3] / 2;
                return (edges[1] - halfHeight, edges[0] - halfWidth, edges[1] + halfHeight, edges[0] + halfWidth);
            }

            return (Math.Min(edges[0], edges[2]), Math.Min(edges[1], edges[3]), Math.Max(edges[0], edges[2]), Math.Max(edges[1], edges[3]));
        }
    }
}
