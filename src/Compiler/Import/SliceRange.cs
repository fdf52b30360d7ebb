using System;

namespace ModelCompiler.Compiler.Import;

/// <summary>Slices as Python has them.</summary>
internal static class SliceRange
{
    /// <summary>What a slice takes of an axis: bounds that are negative count from the end, bounds outside are those of the axis.</summary>
    /// <exception cref="ImportException">The step is 0.</exception>
    public static (int Start, int Size, int Step) Of(long from, long to, long by, int length)
    {
        if (by == 0)
        {
            throw ImportException.Invalid("the step of a slice is 0");
        }

        // Beyond the axis, all steps do the same.
        int step = (int)Math.Clamp(by, -int.MaxValue, int.MaxValue);
        long start = from < 0 ? from + length : from;
        long end = to < 0 && to >= -length ? to + length : to;
        start = step > 0 ? Math.Clamp(start, 0, length) : Math.Clamp(start, -1, length - 1);
        end = step > 0 ? Math.Clamp(end, 0, length) : Math.Clamp(end, -1, length);
        long size = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -(long)step;
        return size > 0 ? ((int)start, (int)size, step) : (0, 0, 1);
    }
}
