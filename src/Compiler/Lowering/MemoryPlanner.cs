using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>A buffer and the steps between which its content matters.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Bytes">Size.</param>
/// <param name="First">Step that first writes it.</param>
/// <param name="Last">Step that last reads it.</param>
public sealed record Lifetime(string Name, int Bytes, int First, int Last)
{
    /// <summary>Whether both matter at one time.</summary>
    public bool Overlaps(Lifetime other) => First <= other.Last && other.First <= Last;

    /// <summary>The lifetime when steps repeat: what comes into a loop or leaves it matters in all iterations, to their ends.</summary>
    public Lifetime Through(int first, int last) =>
        First < first && Last >= first && Last < last ? this with { Last = last }
        : First > first && First <= last && Last > last ? this with { First = first }
        : this;
}

/// <summary>Gives buffers their places in the arena, one after the other, each in the tightest gap that is free all its life; in which order is tried out.</summary>
public static class MemoryPlanner
{
    /// <summary>Offsets are multiples of this: a cache line.</summary>
    public const int Alignment = 64;

    // The first that comes within 2 % of what the fullest moment needs wins, else the one that needs least. Largest first is the best for most models; where many of one size
    // come and go (depthwise blocks), those that are needed at the fullest moments go first; where sizes fall from layer to layer, the order of time does as well.
    private static readonly ImmutableArray<Func<Lifetime, Fullness, double>> Orders =
    [
        (lifetime, _) => -lifetime.Bytes,
        (lifetime, fullness) => -fullness.During(lifetime),
        (lifetime, _) => -lifetime.Bytes * ((double)lifetime.Last - lifetime.First + 1),
        (lifetime, _) => lifetime.First,
        (lifetime, _) => -(double)lifetime.Last,
    ];

    /// <summary>Places the buffers.</summary>
    /// <returns>The offset of each, and the bytes of all.</returns>
    /// <exception cref="Graphs.ShapeException">They do not fit in 2 GB.</exception>
    public static (IReadOnlyDictionary<string, int> Offsets, int Bytes) Place(IEnumerable<Lifetime> lifetimes)
    {
        Lifetime[] all = [.. lifetimes];
        var fullness = new Fullness(all);
        List<(Lifetime Lifetime, long Offset)> placed = [];
        long end = long.MaxValue;
        long least = Align(fullness.Most);
        foreach ((Func<Lifetime, Fullness, double> order, long ceiling) in Orders.SelectMany(order => new[] { (order, 0L), (order, least) }).TakeWhile(_ => end > least + (least / 50)))
        {
            List<(Lifetime Lifetime, long Offset)> attempt = InOrder(all, lifetime => order(lifetime, fullness), ceiling);
            long attemptEnd = attempt.Select(place => place.Offset + place.Lifetime.Bytes).DefaultIfEmpty(0).Max();
            if (attemptEnd < end)
            {
                (placed, end) = (attempt, attemptEnd);
            }
        }

        if (end > int.MaxValue / 2)
        {
            throw new Graphs.ShapeException($"the activations take {end >> 20} MB at one time, more than the arena can hold");
        }

        return (placed.ToDictionary(place => place.Lifetime.Name, place => (int)place.Offset, StringComparer.Ordinal), (int)Align(end));
    }

    private static List<(Lifetime Lifetime, long Offset)> InOrder(Lifetime[] lifetimes, Func<Lifetime, double> order, long ceiling)
    {
        var placed = new List<(Lifetime Lifetime, long Offset)>();
        foreach (Lifetime lifetime in lifetimes
            .OrderBy(order)
            .ThenByDescending(lifetime => lifetime.Bytes)
            .ThenBy(lifetime => lifetime.First)
            .ThenBy(lifetime => lifetime.Name, StringComparer.Ordinal))
        {
            placed.Add((lifetime, BestFit(lifetime, placed, ceiling)));
        }

        return placed;
    }

    // What fits between all others and the ceiling goes right below the ceiling, so that layer and next layer lie at opposite ends.
    private static long BestFit(Lifetime lifetime, List<(Lifetime Lifetime, long Offset)> placed, long ceiling)
    {
        long best = -1;
        long bestGap = long.MaxValue;
        long free = 0;
        foreach ((Lifetime other, long offset) in placed.Where(place => place.Lifetime.Overlaps(lifetime)).OrderBy(place => place.Offset))
        {
            long gap = offset - free;
            if (gap >= lifetime.Bytes && gap < bestGap)
            {
                (best, bestGap) = (free, gap);
            }

            free = Math.Max(free, Align(offset + other.Bytes));
        }

        return best >= 0 ? best
            : free > 0 && free + lifetime.Bytes <= ceiling ? (ceiling - lifetime.Bytes) / Alignment * Alignment
            : free;
    }

    private static long Align(long offset) => (offset + Alignment - 1) / Alignment * Alignment;

    // Bytes that are needed at one time; the most are at a step where something begins.
    private sealed class Fullness
    {
        private readonly List<(long Step, long Bytes)> moments = [];

        public Fullness(Lifetime[] lifetimes)
        {
            var changes = new SortedDictionary<long, long>();
            foreach (Lifetime lifetime in lifetimes)
            {
                changes[lifetime.First] = changes.GetValueOrDefault(lifetime.First) + lifetime.Bytes;
                changes[lifetime.Last + 1L] = changes.GetValueOrDefault(lifetime.Last + 1L) - lifetime.Bytes;
            }

            long bytes = 0;
            foreach ((long step, long change) in changes)
            {
                bytes += change;
                moments.Add((step, bytes));
            }
        }

        public long Most => moments.Select(moment => moment.Bytes).DefaultIfEmpty(0).Max();

        public double During(Lifetime lifetime) => moments.Where(moment => lifetime.First <= moment.Step && moment.Step <= lifetime.Last).Max(moment => moment.Bytes);
    }
}
