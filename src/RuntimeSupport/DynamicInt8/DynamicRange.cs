using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Scale and zero point for the values that there are, chosen while the model runs.</summary>
public static class DynamicRange
{
    /// <summary>Below it 1 / scale would overflow: such values are 0.</summary>
    private const float LeastScale = 1e-30f;

    /// <summary>Chooses the grid of 256 steps that covers the values and 0.</summary>
    /// <param name="values">The values.</param>
    /// <returns>Scale and zero point; the scale is NaN if a value is NaN or infinite.</returns>
    public static (float Scale, int ZeroPoint) Of(ReadOnlySpan<float> values) =>
        Vector128.IsHardwareAccelerated ? RunVector128(values) : RunScalar(values);

    /// <summary>The truth that the other path agrees with.</summary>
    internal static (float Scale, int ZeroPoint) RunScalar(ReadOnlySpan<float> values)
    {
        float minimum = 0, maximum = 0;
        bool isFinite = true;
        foreach (float value in values)
        {
            minimum = value < minimum ? value : minimum;
            maximum = value > maximum ? value : maximum;
            isFinite &= float.IsFinite(value);
        }

        return isFinite ? Grid(minimum, maximum) : (float.NaN, 0);
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static (float Scale, int ZeroPoint) RunVector128(ReadOnlySpan<float> values)
    {
        Vector128<float> minimums = Vector128<float>.Zero, maximums = Vector128<float>.Zero;
        Vector128<int> finite = Vector128<int>.AllBitsSet;
        int at = 0;
        for (; at <= values.Length - 4; at += 4)
        {
            Vector128<float> value = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)at);
            minimums = Vector128.ConditionalSelect(Vector128.LessThan(value, minimums), value, minimums);
            maximums = Vector128.ConditionalSelect(Vector128.GreaterThan(value, maximums), value, maximums);
            finite &= Vector128.LessThanOrEqual(Vector128.Abs(value), Vector128.Create(float.MaxValue)).AsInt32();
        }

        float minimum = 0, maximum = 0;
        for (int lane = 0; lane < 4; lane++)
        {
            minimum = Math.Min(minimum, minimums[lane]);
            maximum = Math.Max(maximum, maximums[lane]);
        }

        bool isFinite = finite == Vector128<int>.AllBitsSet;
        for (; at < values.Length; at++)
        {
            minimum = values[at] < minimum ? values[at] : minimum;
            maximum = values[at] > maximum ? values[at] : maximum;
            isFinite &= float.IsFinite(values[at]);
        }

        return isFinite ? Grid(minimum, maximum) : (float.NaN, 0);
    }

    private static (float Scale, int ZeroPoint) Grid(float minimum, float maximum)
    {
        float scale = (float)(((double)maximum - minimum) / 255);
        return scale < LeastScale ? (1, 0) : (scale, (int)Math.Clamp(Math.Round(-(double)minimum / scale), 0, 255));
    }
}
