using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

internal static partial class Reduction
{
    /// <summary>
    /// Reduces neighbouring elements side by side, where their order does not matter. It does if the result is 0, whose sign is that of the last one, or
    /// NaN, which is the first one: such outputs are reduced once more, one by one.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Extremes<T, TStep>(ref T input, Span<T> results, nint stride, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        for (int index = 0; index < results.Length; index++)
        {
            ref T elements = ref Unsafe.Add(ref input, index * stride);
            T result = Extreme<T, TStep>(ref elements, extents, steps, start);
            results[index] = T.IsNaN(result) || T.IsZero(result) ? One<T, TStep>(ref elements, extents, steps, start) : result;
        }
    }

    /// <summary>The result of at least four vectors of neighbours a run; the last vector overlaps those before.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static T Extreme<T, TStep>(ref T input, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        Span<int> index = stackalloc int[ExtentGuard.MaximumRank];
        index.Clear();
        ReadOnlySpan<int> outerExtents = extents[..^1];
        nint position = 0, run = extents[^1], lanes = Vector128<T>.Count;
        Vector128<T> total0 = Vector128.Create(start), total1 = total0, total2 = total0, total3 = total0;
        do
        {
            ref T first = ref Unsafe.Add(ref input, position);
            nint at = 0;
            for (; at <= run - (4 * lanes); at += 4 * lanes)
            {
                total0 = TStep.Next(total0, Vector128.LoadUnsafe(ref first, (nuint)at));
                total1 = TStep.Next(total1, Vector128.LoadUnsafe(ref first, (nuint)(at + lanes)));
                total2 = TStep.Next(total2, Vector128.LoadUnsafe(ref first, (nuint)(at + (2 * lanes))));
                total3 = TStep.Next(total3, Vector128.LoadUnsafe(ref first, (nuint)(at + (3 * lanes))));
            }

            for (; at < run; at += lanes)
            {
                total0 = TStep.Next(total0, Vector128.LoadUnsafe(ref first, (nuint)Math.Min(at, run - lanes)));
            }
        }
        while (StridedLayout.Advance(index, outerExtents, steps, ref position));

        Vector128<T> both = TStep.Next(TStep.Next(total0, total1), TStep.Next(total2, total3));
        T result = both.ToScalar();
        for (int lane = 1; lane < Vector128<T>.Count; lane++)
        {
            result = TStep.Next(result, both.GetElement(lane));
        }

        return result;
    }
}
