using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The plain product of matrices, for the types that models seldom multiply.</summary>
internal static class MatrixProduct
{
    /// <summary>Checks the arguments and multiplies.</summary>
    internal static void Run<T>(
        ReadOnlySpan<T> left,
        ReadOnlySpan<T> right,
        Span<T> output,
        ReadOnlySpan<int> batchShape,
        ReadOnlySpan<int> leftBatchStrides,
        ReadOnlySpan<int> rightBatchStrides,
        int rows,
        int inner,
        int columns,
        int leftRowStride,
        int leftColumnStride,
        int rightRowStride,
        int rightColumnStride)
        where T : unmanaged, INumber<T>
    {
        MatrixGuard.Operand(left.Length, batchShape, leftBatchStrides, rows, inner, leftRowStride, leftColumnStride, nameof(left));
        MatrixGuard.Operand(right.Length, batchShape, rightBatchStrides, inner, columns, rightRowStride, rightColumnStride, nameof(right));
        long elements = MatrixGuard.Output(output.Length, batchShape, rows, columns);
        if (elements == 0 || inner == 0)
        {
            output[..(int)elements].Clear();
            return;
        }

        Span<int> leftIndex = stackalloc int[ExtentGuard.MaximumRank];
        Span<int> rightIndex = stackalloc int[ExtentGuard.MaximumRank];
        leftIndex.Clear();
        rightIndex.Clear();
        nint leftMatrix = 0;
        nint rightMatrix = 0;
        Span<T> rest = output;
        do
        {
            for (int row = 0; row < rows; row++)
            {
                Row(
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(left), leftMatrix + ((nint)row * leftRowStride)),
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(right), rightMatrix),
                    rest[..columns],
                    inner,
                    leftColumnStride,
                    rightRowStride,
                    rightColumnStride);
                rest = rest[columns..];
            }

            StridedLayout.Advance(leftIndex, batchShape, leftBatchStrides, ref leftMatrix);
        }
        while (StridedLayout.Advance(rightIndex, batchShape, rightBatchStrides, ref rightMatrix));
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Row<T>(ref T left, ref T right, Span<T> output, int inner, nint leftColumnStride, nint rightRowStride, nint rightColumnStride)
        where T : unmanaged, INumber<T>
    {
        int vectorised = rightColumnStride == 1 ? Vectors(ref left, ref right, output, inner, leftColumnStride, rightRowStride) : 0;
        for (int column = vectorised; column < output.Length; column++)
        {
            ref T from = ref Unsafe.Add(ref right, column * rightColumnStride);
            T sum = T.Zero;
            for (nint index = 0; index < inner; index++)
            {
                sum = unchecked(sum + (Unsafe.Add(ref left, index * leftColumnStride) * Unsafe.Add(ref from, index * rightRowStride)));
            }

            output[column] = sum;
        }
    }

    /// <summary>Whole vectors of neighbouring columns, each sum in the order of the scalar loop.</summary>
    /// <returns>The columns done.</returns>
    [MethodImpl(KernelOptions.Hot)]
    private static int Vectors<T>(ref T left, ref T right, Span<T> output, int inner, nint leftColumnStride, nint rightRowStride)
        where T : unmanaged, INumber<T>
    {
        int width = Vector<T>.Count;
        ref T target = ref MemoryMarshal.GetReference(output);
        int column = 0;
        for (; column <= output.Length - (4 * width); column += 4 * width)
        {
            Vector<T> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            for (nint index = 0; index < inner; index++)
            {
                var factor = new Vector<T>(Unsafe.Add(ref left, index * leftColumnStride));
                ref T from = ref Unsafe.Add(ref right, (index * rightRowStride) + column);
                sum0 += factor * Vector.LoadUnsafe(ref from);
                sum1 += factor * Vector.LoadUnsafe(ref from, (nuint)width);
                sum2 += factor * Vector.LoadUnsafe(ref from, (nuint)(2 * width));
                sum3 += factor * Vector.LoadUnsafe(ref from, (nuint)(3 * width));
            }

            sum0.StoreUnsafe(ref target, (nuint)column);
            sum1.StoreUnsafe(ref target, (nuint)(column + width));
            sum2.StoreUnsafe(ref target, (nuint)(column + (2 * width)));
            sum3.StoreUnsafe(ref target, (nuint)(column + (3 * width)));
        }

        for (; column <= output.Length - width; column += width)
        {
            Vector<T> sum = default;
            for (nint index = 0; index < inner; index++)
            {
                sum += new Vector<T>(Unsafe.Add(ref left, index * leftColumnStride)) * Vector.LoadUnsafe(ref Unsafe.Add(ref right, (index * rightRowStride) + column));
            }

            sum.StoreUnsafe(ref target, (nuint)column);
        }

        return column;
    }
}
