using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Walks the output pixels of a pooling in the order batch, row, column, and clips each pixel's window to the image.</summary>
public struct PoolingCursor
{
    private readonly PoolingGeometry geometry;
    private int batch;
    private int row;
    private int column;
    private int firstRow;
    private int paddedRowTaps;

    // Columns whose windows are whole: one window stride behind the other, all with the same taps.
    private readonly int firstWhole;
    private readonly int endOfWhole;

    /// <summary>A cursor at the first pixel.</summary>
    /// <param name="geometry">The pooling, checked by <see cref="Check"/>.</param>
    public PoolingCursor(PoolingGeometry geometry)
    {
        this.geometry = geometry;
        long reach = (geometry.KernelWidth - 1L) * geometry.DilationWidth;
        firstWhole = (int)Math.Min(((long)geometry.PadLeft + geometry.StrideWidth - 1) / geometry.StrideWidth, geometry.OutputWidth);
        long last = geometry.InputWidth - 1L + geometry.PadLeft - reach;
        endOfWhole = last < 0 ? 0 : (int)Math.Min((last / geometry.StrideWidth) + 1, geometry.OutputWidth);
        EnterRow();
        EnterColumn();
    }

    /// <summary>The window's first tap inside the image, in elements of the input; meaningless if there is none.</summary>
    public int Input { readonly get; private set; }

    /// <summary>Where the pixel's channels begin, in elements of the output.</summary>
    public int Output { readonly get; private set; }

    /// <summary>Rows of taps inside the image.</summary>
    public int RowTaps { readonly get; private set; }

    /// <summary>Columns of taps inside the image.</summary>
    public int ColumnTaps { readonly get; private set; }

    /// <summary>Taps inside the padded image.</summary>
    public int PaddedTaps { readonly get; private set; }

    /// <summary>Elements from a row of taps to the next.</summary>
    public readonly int RowTapStride => geometry.DilationHeight * geometry.InputRowStride;

    /// <summary>Elements from a tap to the next in its row.</summary>
    public readonly int ColumnTapStride => geometry.DilationWidth * geometry.InputPixelStride;

    /// <summary>Whether the only window is one image, all of it.</summary>
    /// <param name="geometry">The pooling.</param>
    /// <returns>True if a cursor would stay where it begins, with nothing clipped.</returns>
    public static bool IsWhole(PoolingGeometry geometry) =>
        (geometry.Batches | geometry.OutputHeight | geometry.OutputWidth | geometry.DilationHeight | geometry.DilationWidth) == 1
        && (geometry.PadTop | geometry.PadLeft) == 0 && geometry.KernelHeight == geometry.InputHeight && geometry.KernelWidth == geometry.InputWidth;

    /// <summary>Throws unless the spans hold what the geometry implies.</summary>
    /// <param name="geometry">The pooling.</param>
    /// <param name="inputLength">Elements of the input.</param>
    /// <param name="outputLength">Elements of the output.</param>
    /// <exception cref="ArgumentException">A span is too short, a size, stride between windows or dilation is below 1, or a padding or stride of memory is negative.</exception>
    public static void Check(PoolingGeometry geometry, int inputLength, int outputLength)
    {
        int smallestCount = Math.Min(
            Math.Min(Math.Min(geometry.Batches, geometry.Channels), Math.Min(geometry.InputHeight, geometry.InputWidth)),
            Math.Min(
                Math.Min(Math.Min(geometry.OutputHeight, geometry.OutputWidth), Math.Min(geometry.KernelHeight, geometry.KernelWidth)),
                Math.Min(Math.Min(geometry.StrideHeight, geometry.StrideWidth), Math.Min(geometry.DilationHeight, geometry.DilationWidth))));
        int smallestStride = Math.Min(
            Math.Min(Math.Min(geometry.InputBatchStride, geometry.InputRowStride), Math.Min(geometry.InputPixelStride, geometry.OutputBatchStride)),
            Math.Min(geometry.OutputRowStride, geometry.OutputPixelStride));
        int smallestPadding = Math.Min(Math.Min(geometry.PadTop, geometry.PadLeft), Math.Min(geometry.PadBottom, geometry.PadRight));
        if (smallestCount < 1 || smallestStride < 0 || smallestPadding < 0)
        {
            throw new ArgumentException($"Sizes must be positive, strides and paddings must not be negative: {geometry}.", nameof(geometry));
        }

        KernelGuard.Holds(
            inputLength,
            ((geometry.Batches - 1L) * geometry.InputBatchStride) + ((geometry.InputHeight - 1L) * geometry.InputRowStride)
                + ((geometry.InputWidth - 1L) * geometry.InputPixelStride) + geometry.Channels,
            "input");
        KernelGuard.Holds(
            outputLength,
            ((geometry.Batches - 1L) * geometry.OutputBatchStride) + ((geometry.OutputHeight - 1L) * geometry.OutputRowStride)
                + ((geometry.OutputWidth - 1L) * geometry.OutputPixelStride) + geometry.Channels,
            "output");
    }

    /// <summary>Moves to the next pixel.</summary>
    /// <returns>False after the last one.</returns>
    [MethodImpl(KernelOptions.Hot)]
    public bool MoveNext()
    {
        if (++column > firstWhole && column < endOfWhole)
        {
            Input += geometry.StrideWidth * geometry.InputPixelStride;
            Output += geometry.OutputPixelStride;
            return true;
        }

        if (column == geometry.OutputWidth)
        {
            column = 0;
            if (++row == geometry.OutputHeight)
            {
                row = 0;
                batch++;
            }

            EnterRow();
        }

        EnterColumn();
        return batch < geometry.Batches;
    }

    [MethodImpl(KernelOptions.Hot)]
    private void EnterRow()
    {
        long origin = ((long)row * geometry.StrideHeight) - geometry.PadTop;
        (firstRow, RowTaps) = Clip(origin, geometry.KernelHeight, geometry.DilationHeight, geometry.InputHeight);
        paddedRowTaps = TapsBefore(geometry.InputHeight + (long)geometry.PadBottom, origin, geometry.KernelHeight, geometry.DilationHeight);
    }

    [MethodImpl(KernelOptions.Hot)]
    private void EnterColumn()
    {
        long origin = ((long)column * geometry.StrideWidth) - geometry.PadLeft;
        (int firstColumn, ColumnTaps) = Clip(origin, geometry.KernelWidth, geometry.DilationWidth, geometry.InputWidth);
        PaddedTaps = paddedRowTaps * TapsBefore(geometry.InputWidth + (long)geometry.PadRight, origin, geometry.KernelWidth, geometry.DilationWidth);
        Input = (batch * geometry.InputBatchStride) + (firstRow * geometry.InputRowStride) + (firstColumn * geometry.InputPixelStride);
        Output = (batch * geometry.OutputBatchStride) + (row * geometry.OutputRowStride) + (column * geometry.OutputPixelStride);
    }

    /// <summary>The first position inside 0…size − 1 and the number of taps there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int Count) Clip(long origin, int taps, int dilation, int size)
    {
        long skipped = origin < 0 ? (dilation - 1 - origin) / dilation : 0;
        long count = TapsBefore(size, origin, taps, dilation) - skipped;
        return count > 0 ? ((int)(origin + (skipped * dilation)), (int)count) : (0, 0);
    }

    /// <summary>Taps at positions below a limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int TapsBefore(long limit, long origin, int taps, int dilation) =>
        origin >= limit ? 0 : (int)Math.Min(taps, ((limit - 1 - origin) / dilation) + 1);
}
