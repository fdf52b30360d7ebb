using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The reduction behind <c>Reduce…</c>: neighbouring outputs are computed side by side, each in its own chain.</summary>
internal static partial class Reduction
{
    /// <summary>Checks the arguments and reduces.</summary>
    internal static void Run<T>(
        ReadOnlySpan<T> input,
        Span<T> output,
        ReadOnlySpan<int> outerShape,
        ReadOnlySpan<int> outerStrides,
        ReadOnlySpan<int> innerShape,
        ReadOnlySpan<int> innerStrides,
        int operation,
        T lowest,
        T highest,
        T meanOfNothing)
        where T : unmanaged, INumber<T>
    {
        long outputs = Check(input, output, outerShape, outerStrides, innerShape, innerStrides);
        Span<T> results = output[..(int)outputs];
        switch (operation)
        {
            case ReduceOperation.Sum:
                Fold<T, ReductionFold.Sum<T>>(input, results, outerShape, outerStrides, innerShape, innerStrides, T.Zero);
                break;
            case ReduceOperation.Mean:
                Fold<T, ReductionFold.Sum<T>>(input, results, outerShape, outerStrides, innerShape, innerStrides, T.Zero);
                Divide(results, ExtentGuard.Elements(innerShape, nameof(innerShape)), meanOfNothing);
                break;
            case ReduceOperation.Maximum:
                Fold<T, ReductionFold.Maximum<T>>(input, results, outerShape, outerStrides, innerShape, innerStrides, lowest);
                break;
            case ReduceOperation.Minimum:
                Fold<T, ReductionFold.Minimum<T>>(input, results, outerShape, outerStrides, innerShape, innerStrides, highest);
                break;
            case ReduceOperation.Product:
                Fold<T, ReductionFold.Product<T>>(input, results, outerShape, outerStrides, innerShape, innerStrides, T.One);
                break;
            case ReduceOperation.SumOfSquares:
                Fold<T, ReductionFold.SumOfSquares<T>>(input, results, outerShape, outerStrides, innerShape, innerStrides, T.Zero);
                break;
            case ReduceOperation.SumOfAbsolutes:
                Fold<T, ReductionFold.SumOfAbsolutes<T>>(input, results, outerShape, outerStrides, innerShape, innerStrides, T.Zero);
                break;
            default:
                throw new ArgumentException($"There is no reduction {operation}.", nameof(operation));
        }
    }

    private static long Check<T>(
        ReadOnlySpan<T> input,
        Span<T> output,
        ReadOnlySpan<int> outerShape,
        ReadOnlySpan<int> outerStrides,
        ReadOnlySpan<int> innerShape,
        ReadOnlySpan<int> innerStrides)
    {
        ExtentGuard.Rank(outerShape, outerStrides, nameof(outerStrides));
        ExtentGuard.Rank(innerShape, innerStrides, nameof(innerStrides));
        Span<int> extents = stackalloc int[2 * ExtentGuard.MaximumRank];
        Span<int> strides = stackalloc int[2 * ExtentGuard.MaximumRank];
        int rank = outerShape.Length + innerShape.Length;
        outerShape.CopyTo(extents);
        innerShape.CopyTo(extents[outerShape.Length..]);
        outerStrides.CopyTo(strides);
        innerStrides.CopyTo(strides[outerShape.Length..]);
        ExtentGuard.Strided(input.Length, extents[..rank], strides[..rank], 0, nameof(input));

        long outputs = ExtentGuard.Elements(outerShape, nameof(outerShape));
        KernelGuard.Holds(output.Length, outputs, nameof(output));
        return outputs;
    }

    private static void Divide<T>(Span<T> results, long count, T meanOfNothing)
        where T : unmanaged, INumber<T>
    {
        if (count == 0)
        {
            results.Fill(meanOfNothing);
            return;
        }

        T divisor = T.CreateTruncating(count);
        for (int index = 0; index < results.Length; index++)
        {
            results[index] /= divisor;
        }
    }

    private static void Fold<T, TStep>(
        ReadOnlySpan<T> input,
        Span<T> results,
        ReadOnlySpan<int> outerShape,
        ReadOnlySpan<int> outerStrides,
        ReadOnlySpan<int> innerShape,
        ReadOnlySpan<int> innerStrides,
        T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        if (results.IsEmpty || innerShape.Contains(0))
        {
            results.Fill(start);
            return;
        }

        Span<int> outerExtents = stackalloc int[ExtentGuard.MaximumRank];
        Span<int> outerSteps = stackalloc int[ExtentGuard.MaximumRank];
        Span<int> innerExtents = stackalloc int[ExtentGuard.MaximumRank];
        Span<int> innerSteps = stackalloc int[ExtentGuard.MaximumRank];
        int outerRank = Merge(outerShape, outerStrides, outerExtents, outerSteps);
        int innerRank = Merge(innerShape, innerStrides, innerExtents, innerSteps);

        Span<int> index = stackalloc int[ExtentGuard.MaximumRank];
        index.Clear();
        nint position = 0;
        int written = 0;
        int width = outerExtents[outerRank - 1];
        do
        {
            Row<T, TStep>(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(input), position),
                results.Slice(written, width),
                outerSteps[outerRank - 1],
                innerExtents[..innerRank],
                innerSteps[..innerRank],
                start);
            written += width;
        }
        while (StridedLayout.Advance(index, outerExtents[..(outerRank - 1)], outerSteps, ref position));
    }

    /// <summary>Merges the dimensions of one walk; at least one is left.</summary>
    private static int Merge(ReadOnlySpan<int> shape, ReadOnlySpan<int> strides, Span<int> extents, Span<int> steps)
    {
        Span<int> noSecondLayout = stackalloc int[ExtentGuard.MaximumRank];
        noSecondLayout.Clear();
        shape.CopyTo(extents);
        strides.CopyTo(steps);
        int rank = StridedLayout.Merge(extents[..shape.Length], steps, noSecondLayout);
        if (rank == 0)
        {
            extents[0] = 1;
            steps[0] = 1;
            rank = 1;
        }

        return rank;
    }

    private static void Row<T, TStep>(ref T input, Span<T> results, int stride, ReadOnlySpan<int> extents, ReadOnlySpan<int> steps, T start)
        where T : unmanaged, INumber<T>
        where TStep : struct, ReductionFold.IStep<T>
    {
        // Where inputs are neighbours, outputs are not, but for a single one: there is but one way for vectors to lie.
        if (TStep.IsFreeOfOrder && Vector128.IsHardwareAccelerated && steps[^1] == 1 && extents[^1] >= 4 * Vector128<T>.Count)
        {
            Extremes<T, TStep>(ref input, results, stride, extents, steps, start);
            return;
        }

        int done = stride == 1 && Vector128.IsHardwareAccelerated ? Vectors<T, TStep>(ref input, results, extents, steps, start) : 0;
        Elements<T, TStep>(ref Unsafe.Add(ref input, (nint)done * stride), results[done..], stride, extents, steps, start);
    }
}
