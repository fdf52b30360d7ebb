namespace ModelCompiler.RuntimeSupport;

/// <summary>Where a convolution reads and writes. All strides and steps are in elements, in NHWC layout.</summary>
/// <param name="Batches">Number of images, at least 1.</param>
/// <param name="OutputHeight">Rows of the output.</param>
/// <param name="OutputWidth">Columns of the output.</param>
/// <param name="InputBatchStride">From an image of the input to the next.</param>
/// <param name="InputRowStep">From the window of an output row to that of the next: stride × row stride of the (padded) input.</param>
/// <param name="InputPixelStep">From the window of an output column to that of the next: stride × pixel stride of the input.</param>
/// <param name="OutputBatchStride">From an image of the output to the next.</param>
/// <param name="OutputRowStride">From a row of the output to the next.</param>
/// <param name="OutputPixelStride">From a pixel of the output to the next: at least the number of output channels.</param>
public readonly record struct ConvolutionGeometry(
    int Batches,
    int OutputHeight,
    int OutputWidth,
    int InputBatchStride,
    int InputRowStep,
    int InputPixelStep,
    int OutputBatchStride,
    int OutputRowStride,
    int OutputPixelStride)
{
    // Fields, because each property is a method that a cold process compiles, and inlines wherever it is asked.
    /// <summary>The parameter of this name.</summary>
    public readonly int Batches = Batches, OutputHeight = OutputHeight, OutputWidth = OutputWidth,
        InputBatchStride = InputBatchStride, InputRowStep = InputRowStep, InputPixelStep = InputPixelStep,
        OutputBatchStride = OutputBatchStride, OutputRowStride = OutputRowStride, OutputPixelStride = OutputPixelStride;

    /// <summary>The same rows, made of other pixels.</summary>
    /// <param name="width">Pixels in a row of the output.</param>
    /// <param name="inputStep">From a pixel's window to the next one's.</param>
    /// <param name="outputStride">From a pixel's channels to the next one's.</param>
    /// <returns>The geometry.</returns>
    public ConvolutionGeometry WithPixels(int width, int inputStep, int outputStride) =>
        new(Batches, OutputHeight, width, InputBatchStride, InputRowStep, inputStep, OutputBatchStride, OutputRowStride, outputStride);

    /// <summary>The same windows, whose results go elsewhere.</summary>
    /// <param name="batchStride">From an image of the output to the next.</param>
    /// <param name="rowStride">From a row of the output to the next.</param>
    /// <param name="pixelStride">From a pixel's channels to the next one's.</param>
    /// <returns>The geometry.</returns>
    public ConvolutionGeometry WithOutput(int batchStride, int rowStride, int pixelStride) =>
        new(Batches, OutputHeight, OutputWidth, InputBatchStride, InputRowStep, InputPixelStep, batchStride, rowStride, pixelStride);

    /// <summary>The same windows and pixels, columns for rows.</summary>
    /// <returns>The geometry.</returns>
    public ConvolutionGeometry Turned() =>
        new(Batches, OutputWidth, OutputHeight, InputBatchStride, InputPixelStep, InputRowStep, OutputBatchStride, OutputPixelStride, OutputRowStride);
}
