using System;
using System.Diagnostics.CodeAnalysis;

namespace ModelCompiler.RuntimeSupport;

/// <summary>How far a convolution's geometry reaches: what the guards of convolution kernels check spans against.</summary>
public static class ConvolutionExtents
{
    /// <summary>Elements from the first window's begin to the last window's begin.</summary>
    /// <param name="geometry">The geometry.</param>
    /// <returns>The distance, 0 or more.</returns>
    /// <exception cref="ArgumentException">A size is below 1 or a stride is negative.</exception>
    public static long LastWindow(ConvolutionGeometry geometry)
    {
        if (geometry.Batches < 1 || geometry.OutputHeight < 1 || geometry.OutputWidth < 1
            || geometry.InputBatchStride < 0 || geometry.InputRowStep < 0 || geometry.InputPixelStep < 0
            || geometry.OutputBatchStride < 0 || geometry.OutputRowStride < 0 || geometry.OutputPixelStride < 0)
        {
            throw new ArgumentException($"Sizes must be positive and strides must not be negative: {geometry}.", nameof(geometry));
        }

        return ((geometry.Batches - 1L) * geometry.InputBatchStride)
            + ((geometry.OutputHeight - 1L) * geometry.InputRowStep)
            + ((geometry.OutputWidth - 1L) * geometry.InputPixelStep);
    }

    /// <summary>Elements from the first output pixel's begin to the last output pixel's begin.</summary>
    /// <param name="geometry">The geometry, checked by <see cref="LastWindow"/>.</param>
    /// <returns>The distance, 0 or more.</returns>
    public static long LastOutput(ConvolutionGeometry geometry) =>
        ((geometry.Batches - 1L) * geometry.OutputBatchStride)
        + ((geometry.OutputHeight - 1L) * geometry.OutputRowStride)
        + ((geometry.OutputWidth - 1L) * geometry.OutputPixelStride);

    /// <summary>The largest of a window's offsets.</summary>
    /// <param name="offsets">Offsets of the runs or taps from the window's begin, none negative, at least one.</param>
    /// <param name="name">The span's parameter name.</param>
    /// <returns>The largest offset.</returns>
    /// <exception cref="ArgumentException">There is no offset or one is negative.</exception>
    public static int LargestOffset(ReadOnlySpan<int> offsets, string name)
    {
        int largest = -1;
        foreach (int offset in offsets)
        {
            if (offset < 0)
            {
                throw new ArgumentException($"Offset {offset} is before the window.", name);
            }

            largest = Math.Max(largest, offset);
        }

        return largest >= 0 ? largest : throw new ArgumentException("A window needs at least one offset.", name);
    }

    /// <summary>Checks that a count is positive.</summary>
    /// <param name="count">The count.</param>
    /// <param name="name">Its parameter name.</param>
    /// <exception cref="ArgumentException">The count is below 1.</exception>
    public static void Positive(int count, string name)
    {
        if (count < 1)
        {
            ThrowNotPositive(count, name);
        }
    }

    /// <summary>Whether consecutive output pixels, in the order batch, row, column, have windows one pixel step apart.</summary>
    /// <param name="geometry">The geometry.</param>
    /// <returns>True if no row or image begins elsewhere than one step after the last window of the one before.</returns>
    public static bool IsUniform(ConvolutionGeometry geometry) =>
        (geometry.OutputHeight == 1 || geometry.InputRowStep == (long)geometry.OutputWidth * geometry.InputPixelStep)
        && (geometry.Batches == 1 || geometry.InputBatchStride == (long)geometry.OutputHeight * geometry.OutputWidth * geometry.InputPixelStep);

    /// <summary>Whether consecutive output pixels, in the order batch, row, column, are one pixel stride apart.</summary>
    /// <param name="geometry">The geometry.</param>
    /// <returns>True if no row or image begins elsewhere than one stride after the last pixel of the one before.</returns>
    public static bool HasUniformOutput(ConvolutionGeometry geometry) =>
        (geometry.OutputHeight == 1 || geometry.OutputRowStride == (long)geometry.OutputWidth * geometry.OutputPixelStride)
        && (geometry.Batches == 1 || geometry.OutputBatchStride == (long)geometry.OutputHeight * geometry.OutputWidth * geometry.OutputPixelStride);

    [DoesNotReturn]
    private static void ThrowNotPositive(int count, string name) => throw new ArgumentException($"{count} is not a positive count.", name);
}
