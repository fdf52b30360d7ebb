using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Walks the output pixels of a convolution in the order batch, row, column, as one flat sequence.</summary>
public struct PixelCursor
{
    private readonly ConvolutionGeometry geometry;
    private int batch;
    private int row;
    private int column;

    /// <summary>A cursor at the first pixel.</summary>
    /// <param name="geometry">The convolution.</param>
    public PixelCursor(ConvolutionGeometry geometry) => this.geometry = geometry;

    // Fields, because each property is a method that a cold process compiles.
    /// <summary>Where the pixel's window begins, in elements of the input.</summary>
    public int Input;

    /// <summary>Where the pixel's channels begin, in elements of the output.</summary>
    public int Output;

    /// <summary>Pixels from this one to the end of its row.</summary>
    public readonly int LeftInRow => geometry.OutputWidth - column;

    /// <summary>Where the pixel's channels begin in another image.</summary>
    /// <param name="other">The convolution, were that image its output.</param>
    /// <returns>The distance from the image's first element.</returns>
    public readonly int OutputOf(in ConvolutionGeometry other) =>
        (batch * other.OutputBatchStride) + (row * other.OutputRowStride) + (column * other.OutputPixelStride);

    /// <summary>Moves on by some pixels; after the last one the offsets mean nothing.</summary>
    /// <param name="count">Number of pixels.</param>
    [MethodImpl(KernelOptions.Hot)]
    public void Advance(int count)
    {
        column += count;
        while (column >= geometry.OutputWidth)
        {
            column -= geometry.OutputWidth;
            if (++row == geometry.OutputHeight)
            {
                row = 0;
                batch++;
            }
        }

        Input = (batch * geometry.InputBatchStride) + (row * geometry.InputRowStep) + (column * geometry.InputPixelStep);
        Output = (batch * geometry.OutputBatchStride) + (row * geometry.OutputRowStride) + (column * geometry.OutputPixelStride);
    }

    /// <summary>Moves to the next pixel; after the last one the offsets mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveNext()
    {
        if (++column < geometry.OutputWidth)
        {
            Input += geometry.InputPixelStep;
            Output += geometry.OutputPixelStride;
            return;
        }

        column = 0;
        if (++row == geometry.OutputHeight)
        {
            row = 0;
            batch++;
        }

        Input = (batch * geometry.InputBatchStride) + (row * geometry.InputRowStep);
        Output = (batch * geometry.OutputBatchStride) + (row * geometry.OutputRowStride);
    }
}
