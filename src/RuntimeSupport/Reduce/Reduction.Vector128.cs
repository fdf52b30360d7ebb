using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

internal static partial class Reduction
{
    /// <summary>Reduces whole vectors of neighbouring outputs.</summary>
    /// <returns>The number of outputs done.</returns>
    [MethodImpl(KernelOptions.Hot)]
    private static int Vectors<T, TStep>(ref T input, Span<T> results, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        int lanes = Vector128<T>.Count;
        int done = 0;
        for (; done + (4 * lanes) <= results.Length; done += 4 * lanes)
        {
            FourVectors<T, TStep>(ref Unsafe.Add(ref input, done), results[done..], extents, steps, start);
        }

        for (; done + lanes <= results.Length; done += lanes)
        {
            OneVector<T, TStep>(ref Unsafe.Add(ref input, done), results[done..], extents, steps, start);
        }

        return done;
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void OneVector<T, TStep>(ref T input, Span<T> results, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        Span<int> index = stackalloc int[ExtentGuard.MaximumRank];
        index.Clear();
        ReadOnlySpan<int> outerExtents = extents[..^1];
        int run = extents[^1];
        nint step = steps[^1];
        nint position = 0;
        Vector128<T> total = Vector128.Create(start);
        do
        {
            nint element = position;
            for (int count = 0; count < run; count++, element += step)
            {
                total = TStep.Next(total, Vector128.LoadUnsafe(ref Unsafe.Add(ref input, element)));
            }
        }
        while (StridedLayout.Advance(index, outerExtents, steps, ref position));
        total.StoreUnsafe(ref MemoryMarshal.GetReference(results));
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void FourVectors<T, TStep>(ref T input, Span<T> results, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        Span<int> index = stackalloc int[ExtentGuard.MaximumRank];
        index.Clear();
        ReadOnlySpan<int> outerExtents = extents[..^1];
        int run = extents[^1];
        nint step = steps[^1];
        nint position = 0;
        nuint lanes = (nuint)Vector128<T>.Count;
        Vector128<T> total0 = Vector128.Create(start);
        Vector128<T> total1 = total0;
        Vector128<T> total2 = total0;
        Vector128<T> total3 = total0;
        do
        {
            ref T element = ref Unsafe.Add(ref input, position);
            for (int count = 0; count < run; count++)
            {
                ref T values = ref Unsafe.Add(ref element, count * step);
                total0 = TStep.Next(total0, Vector128.LoadUnsafe(ref values));
                total1 = TStep.Next(total1, Vector128.LoadUnsafe(ref values, lanes));
                total2 = TStep.Next(total2, Vector128.LoadUnsafe(ref values, 2 * lanes));
                total3 = TStep.Next(total3, Vector128.LoadUnsafe(ref values, 3 * lanes));
            }
        }
        while (StridedLayout.Advance(index, outerExtents, steps, ref position));

        ref T result = ref MemoryMarshal.GetReference(results);
        total0.StoreUnsafe(ref result);
        total1.StoreUnsafe(ref result, lanes);
        total2.StoreUnsafe(ref result, 2 * lanes);
        total3.StoreUnsafe(ref result, 3 * lanes);
    }
}
