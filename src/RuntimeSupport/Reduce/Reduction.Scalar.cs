using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

internal static partial class Reduction
{
    [MethodImpl(KernelOptions.Hot)]
    private static void Elements<T, TStep>(ref T input, Span<T> results, nint stride, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        // Four chains at a time: one alone would wait for its own last addition.
        int done = 0;
        for (; done + 4 <= results.Length; done += 4)
        {
            Four<T, TStep>(ref Unsafe.Add(ref input, done * stride), results.Slice(done, 4), stride, extents, steps, start);
        }

        for (; done < results.Length; done++)
        {
            results[done] = One<T, TStep>(ref Unsafe.Add(ref input, done * stride), extents, steps, start);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static T One<T, TStep>(ref T input, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        Span<int> index = stackalloc int[ExtentGuard.MaximumRank];
        index.Clear();
        ReadOnlySpan<int> outerExtents = extents[..^1];
        int run = extents[^1];
        nint step = steps[^1];
        nint position = 0;
        T total = start;
        do
        {
            nint element = position;
            for (int count = 0; count < run; count++, element += step)
            {
                total = TStep.Next(total, Unsafe.Add(ref input, element));
            }
        }
        while (StridedLayout.Advance(index, outerExtents, steps, ref position));
        return total;
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Four<T, TStep>(ref T input, Span<T> results, nint stride, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        Span<int> index = stackalloc int[ExtentGuard.MaximumRank];
        index.Clear();
        ReadOnlySpan<int> outerExtents = extents[..^1];
        int run = extents[^1];
        nint step = steps[^1];
        nint position = 0;
        T total0 = start;
        T total1 = start;
        T total2 = start;
        T total3 = start;
        do
        {
            ref T element = ref Unsafe.Add(ref input, position);
            nint offset = 0;
            for (int count = 0; count < run; count++, offset += step)
            {
                total0 = TStep.Next(total0, Unsafe.Add(ref element, offset));
                total1 = TStep.Next(total1, Unsafe.Add(ref element, offset + stride));
                total2 = TStep.Next(total2, Unsafe.Add(ref element, offset + (2 * stride)));
                total3 = TStep.Next(total3, Unsafe.Add(ref element, offset + (3 * stride)));
            }
        }
        while (StridedLayout.Advance(index, outerExtents, steps, ref position));

        results[0] = total0;
        results[1] = total1;
        results[2] = total2;
        results[3] = total3;
    }
}
