using System;
using System.Runtime.InteropServices;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Execution;

/// <summary>The uniform constants of a plan as memory: filled in, behind the weights that are stored.</summary>
internal static class UniformMemory
{
    /// <summary>The weights, and behind them the uniform constants.</summary>
    public static byte[] Append(ModelPlan plan, byte[] weights)
    {
        var memory = new byte[checked(plan.WeightBytes + plan.UniformBytes)];
        weights.AsSpan(0, plan.WeightBytes).CopyTo(memory);
        foreach (PlanConstant constant in plan.Constants)
        {
            if (constant.Uniform is { } value)
            {
                PlanConstant placed = Place(plan, constant);
                Fill(memory.AsSpan(placed.Offset, placed.Length * placed.Type.SizeOf()), value);
            }
        }

        return memory;
    }

    /// <summary>A constant where it lies in that memory.</summary>
    public static PlanConstant Place(ModelPlan plan, PlanConstant constant) =>
        constant.Uniform is null ? constant : constant with { Offset = plan.WeightBytes + constant.Offset };

    private static void Fill(Span<byte> region, LiteralExpression value)
    {
        Array element = Array.CreateInstance(ElementwiseMethods.ValueOf(value).GetType(), 1);
        element.SetValue(ElementwiseMethods.ValueOf(value), 0);
        Span<byte> bytes = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(element), value.Type.SizeOf());
        if (region.IsEmpty)
        {
            return;
        }

        bytes.CopyTo(region);
        for (int done = bytes.Length; done < region.Length; done *= 2)
        {
            region[..Math.Min(done, region.Length - done)].CopyTo(region[done..]);
        }
    }
}
