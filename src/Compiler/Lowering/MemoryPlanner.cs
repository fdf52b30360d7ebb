using System;
using System.Collections.Generic;
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

/// <summary>Gives buffers their places in the arena: the largest first, each in the tightest gap that is free all its life.</summary>
public static class MemoryPlanner
{
    /// <summary>Offsets are multiples of this: a cache line.</summary>
    public const int Alignment = 64;

    /// <summary>Places the buffers.</summary>
    /// <returns>The offset of each, and the bytes of all.</returns>
    /// <exception cref="Graphs.ShapeException">They do not fit in 2 GB.</exception>
    public static (IReadOnlyDictionary<string, int> Offsets, int Bytes) Place(IEnumerable<Lifetime> lifetimes)
    {
        var placed = new List<(Lifetime Lifetime, long Offset)>();
        foreach (Lifetime lifetime in lifetimes.OrderByDescending(lifetime => lifetime.Bytes).ThenBy(lifetime => lifetime.First).ThenBy(lifetime => lifetime.Name, StringComparer.Ordinal))
        {
            placed.Add((lifetime, BestFit(lifetime, placed)));
        }

        long end = placed.Select(place => place.Offset + place.Lifetime.Bytes).DefaultIfEmpty(0).Max();
        if (end > int.MaxValue / 2)
        {
            throw new Graphs.ShapeException($"the activations take {end >> 20} MB at one time, more than the arena can hold");
        }

        return (placed.ToDictionary(place => place.Lifetime.Name, place => (int)place.Offset, StringComparer.Ordinal), (int)Align(end));
    }

    private static long BestFit(Lifetime lifetime, List<(Lifetime Lifetime, long Offset)> placed)
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

        return best >= 0 ? best : free;
    }

    private static long Align(long offset) => (offset + Alignment - 1) / Alignment * Alignment;
}
