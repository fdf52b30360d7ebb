using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Products of float32 matrices that the model computes, with strides, so that transposed and broadcast operands need no copy. Each output is
/// the <see cref="ProductSum"/> from 0 in the order of <c>inner</c>: the same bits on every path.
/// </summary>
public static partial class MatMulFloat32
{
    /// <summary>Columns of the right operand that are gathered into a panel when they are not neighbours.</summary>
    private const int PanelColumns = 32;

    /// <summary>Rows of such a panel: a stretch of products, and 16 KB, half of a first-level cache.</summary>
    private const int PanelRows = ProductSum.Stretch;

    /// <summary><c>output[…, i, j] = Σₖ left[…, i, k] · right[…, k, j]</c>.</summary>
    /// <param name="left">The left matrices; index 0, 0, … is the first element.</param>
    /// <param name="right">The right matrices; index 0, 0, … is the first element.</param>
    /// <param name="output">[batchShape…, rows, columns], row-major; must not overlap the operands.</param>
    /// <param name="batchShape">Extents of the batch, rank 0…8.</param>
    /// <param name="leftBatchStrides">One an extent of the batch, in elements; 0 uses the same matrix again.</param>
    /// <param name="rightBatchStrides">One an extent of the batch, in elements; 0 uses the same matrix again.</param>
    /// <param name="rows">Rows of the left operand and the output.</param>
    /// <param name="inner">Columns of the left operand, rows of the right; 0 gives zeros.</param>
    /// <param name="columns">Columns of the right operand and the output.</param>
    /// <param name="leftRowStride">From a row of the left operand to the next, in elements.</param>
    /// <param name="leftColumnStride">From a column of the left operand to the next.</param>
    /// <param name="rightRowStride">From a row of the right operand to the next.</param>
    /// <param name="rightColumnStride">From a column of the right operand to the next; 1 is fastest.</param>
    /// <exception cref="ArgumentException">A span is too short, the rank is too high, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<float> left,
        ReadOnlySpan<float> right,
        Span<float> output,
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
        nint outputMatrix = 0;
        do
        {
            ref float leftElement = ref Unsafe.Add(ref MemoryMarshal.GetReference(left), leftMatrix);
            ref float rightElement = ref Unsafe.Add(ref MemoryMarshal.GetReference(right), rightMatrix);
            ref float outputElement = ref Unsafe.Add(ref MemoryMarshal.GetReference(output), outputMatrix);
            var tile = new Tile(rows, inner, columns, leftRowStride, leftColumnStride, rightRowStride, columns, Accumulate: false);
            if (rightColumnStride == 1)
            {
                MultiplyStretches(ref leftElement, ref rightElement, ref outputElement, tile);
            }
            else
            {
                MultiplyGathered(ref leftElement, ref rightElement, ref outputElement, tile, rightColumnStride);
            }

            outputMatrix += (nint)rows * columns;
            StridedLayout.Advance(leftIndex, batchShape, leftBatchStrides, ref leftMatrix);
        }
        while (StridedLayout.Advance(rightIndex, batchShape, rightBatchStrides, ref rightMatrix));
    }

    /// <summary>A product of matrices whose right operand and output have neighbouring columns.</summary>
    /// <param name="Rows">Rows of the output.</param>
    /// <param name="Inner">Products an output, at most a stretch.</param>
    /// <param name="Columns">Columns of the output.</param>
    /// <param name="LeftRowStride">From a row of the left operand to the next, in elements.</param>
    /// <param name="LeftColumnStride">From a column of the left operand to the next.</param>
    /// <param name="RightRowStride">From a row of the right operand to the next.</param>
    /// <param name="OutputRowStride">From a row of the output to the next.</param>
    /// <param name="Accumulate">Whether the chains' results are added to the output.</param>
    internal readonly record struct Tile(
        int Rows,
        int Inner,
        int Columns,
        nint LeftRowStride,
        nint LeftColumnStride,
        nint RightRowStride,
        nint OutputRowStride,
        bool Accumulate);

    private static void MultiplyStretches(ref float left, ref float right, ref float output, in Tile whole)
    {
        for (int row = 0; row < whole.Inner; row += ProductSum.Stretch)
        {
            Tile stretch = whole with { Inner = Math.Min(ProductSum.Stretch, whole.Inner - row), Accumulate = row > 0 };
            Multiply(ref Unsafe.Add(ref left, row * whole.LeftColumnStride), ref Unsafe.Add(ref right, row * whole.RightRowStride), ref output, stretch);
        }
    }

    private static void Multiply(ref float left, ref float right, ref float output, in Tile tile)
    {
        if (Avx512F.IsSupported)
        {
            RunAvx512(ref left, ref right, ref output, tile);
        }
        else if (Avx2.IsSupported && Fma.IsSupported)
        {
            RunAvx2(ref left, ref right, ref output, tile);
        }
        else if (AdvSimd.IsSupported)
        {
            RunAdvSimd(ref left, ref right, ref output, tile);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(ref left, ref right, ref output, tile);
        }
        else
        {
            RunScalar(ref left, ref right, ref output, tile);
        }
    }

    /// <summary>Gathers the right operand panel by panel; a panel is a stretch.</summary>
    private static void MultiplyGathered(ref float left, ref float right, ref float output, in Tile whole, nint rightColumnStride)
    {
        Span<float> panel = stackalloc float[PanelRows * PanelColumns];
        for (int column = 0; column < whole.Columns; column += PanelColumns)
        {
            for (int row = 0; row < whole.Inner; row += PanelRows)
            {
                Tile part = whole with
                {
                    Columns = Math.Min(PanelColumns, whole.Columns - column),
                    Inner = Math.Min(PanelRows, whole.Inner - row),
                    RightRowStride = PanelColumns,
                    Accumulate = row > 0,
                };
                ref float corner = ref Unsafe.Add(ref right, (row * whole.RightRowStride) + (column * rightColumnStride));
                Gather(ref corner, panel, part, whole.RightRowStride, rightColumnStride);
                Multiply(
                    ref Unsafe.Add(ref left, row * whole.LeftColumnStride),
                    ref MemoryMarshal.GetReference(panel),
                    ref Unsafe.Add(ref output, column),
                    part);
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Gather(ref float right, Span<float> panel, in Tile part, nint rowStride, nint columnStride)
    {
        ref float to = ref MemoryMarshal.GetReference(panel);
        for (int column = 0; column < part.Columns; column++)
        {
            ref float from = ref Unsafe.Add(ref right, column * columnStride);
            for (int row = 0; row < part.Inner; row++)
            {
                Unsafe.Add(ref to, (row * PanelColumns) + column) = Unsafe.Add(ref from, row * rowStride);
            }
        }
    }
}
