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
    int OutputPixelStride);
