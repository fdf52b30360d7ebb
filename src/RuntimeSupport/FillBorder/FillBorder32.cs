using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Fills the border of a padded NHWC buffer of 32-bit elements: the rows above and below, and both ends of each row between.</summary>
public static partial class FillBorder32
{
    /// <summary>Fills the border; the interior and what lies between rows and batches stay.</summary>
    /// <param name="buffer">Begins at the top-left element of the first padded image.</param>
    /// <param name="batches">Number of images.</param>
    /// <param name="batchStride">From an image to the next, in elements.</param>
    /// <param name="rowStride">From a row to the next, in elements.</param>
    /// <param name="height">Rows of the interior; there are top + height + bottom in all.</param>
    /// <param name="rowLength">Elements of a padded row: columns × channels, left and right ends included.</param>
    /// <param name="top">Border rows above.</param>
    /// <param name="left">Border elements at the beginning of a row: columns × channels.</param>
    /// <param name="bottom">Border rows below.</param>
    /// <param name="right">Border elements at the end of a row: columns × channels.</param>
    /// <param name="value">The value, as the bits of the element.</param>
    /// <exception cref="ArgumentException">The span is too short, an extent is negative, or the ends are longer than the row.</exception>
    public static void Run(
        Span<int> buffer,
        int batches,
        int batchStride,
        int rowStride,
        int height,
        int rowLength,
        int top,
        int left,
        int bottom,
        int right,
        int value) =>
        BorderFill.Run(buffer, batches, batchStride, rowStride, height, rowLength, top, left, bottom, right, value);
}
