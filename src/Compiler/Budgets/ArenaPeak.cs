using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Reports;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Budgets;

/// <summary>The moment at which most of the arena is needed.</summary>
/// <param name="Step">Name of the step; empty in a plan without steps.</param>
/// <param name="Buffers">What is needed then.</param>
/// <param name="Bytes">Bytes of all that, memory of two names counted once: the arena can be no smaller.</param>
internal sealed record ArenaPeak(string Step, ImmutableArray<ArenaBuffer> Buffers, long Bytes)
{
    /// <summary>Finds it.</summary>
    public static ArenaPeak Of(ModelPlan plan)
    {
        ImmutableArray<ArenaBuffer> buffers = ArenaTimeline.Of(plan);

        // Before the first step inputs are fed, after the last outputs are fetched.
        return Enumerable.Range(-1, plan.Steps.Count + 2).Select(time => At(plan, buffers, time)).MaxBy(moment => moment.Bytes)!;
    }

    private static ArenaPeak At(ModelPlan plan, ImmutableArray<ArenaBuffer> buffers, int time)
    {
        ImmutableArray<ArenaBuffer> live = [.. buffers.Where(buffer => buffer.FirstStep <= time && time <= buffer.LastStep)];
        string step = plan.Steps.Count == 0 ? "" : plan.Steps[Math.Clamp(time, 0, plan.Steps.Count - 1)].Name;
        return new ArenaPeak(step, live, Covered(live));
    }

    // Ordered by offset as they are, one that begins before the end so far adds only what goes beyond it.
    private static long Covered(IEnumerable<ArenaBuffer> buffers)
    {
        long bytes = 0;
        long end = 0;
        foreach (ArenaBuffer buffer in buffers)
        {
            long last = (long)buffer.Offset + buffer.Bytes;
            bytes += Math.Max(0, last - Math.Max(end, buffer.Offset));
            end = Math.Max(end, last);
        }

        return bytes;
    }
}
