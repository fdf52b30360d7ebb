namespace ModelCompiler.RuntimeSupport;

/// <summary>Windows of a pooling over an unpadded NHWC input; windows are clipped at the edges. Strides named <c>…Stride</c> of memory are in elements.</summary>
/// <param name="Batches">Number of images, at least 1.</param>
/// <param name="InputHeight">Rows of the input.</param>
/// <param name="InputWidth">Columns of the input.</param>
/// <param name="OutputHeight">Rows of the output.</param>
/// <param name="OutputWidth">Columns of the output.</param>
/// <param name="Channels">Channels of both.</param>
/// <param name="KernelHeight">Rows of the window.</param>
/// <param name="KernelWidth">Columns of the window.</param>
/// <param name="StrideHeight">Rows between windows.</param>
/// <param name="StrideWidth">Columns between windows.</param>
/// <param name="DilationHeight">Rows between taps.</param>
/// <param name="DilationWidth">Columns between taps.</param>
/// <param name="PadTop">Rows of padding above: the first window begins at row −PadTop.</param>
/// <param name="PadLeft">Columns of padding on the left.</param>
/// <param name="PadBottom">Rows of padding below (matters only to averages that count the padding).</param>
/// <param name="PadRight">Columns of padding on the right (matters only to averages that count the padding).</param>
/// <param name="InputBatchStride">From an image of the input to the next.</param>
/// <param name="InputRowStride">From a row of the input to the next.</param>
/// <param name="InputPixelStride">From a pixel of the input to the next.</param>
/// <param name="OutputBatchStride">From an image of the output to the next.</param>
/// <param name="OutputRowStride">From a row of the output to the next.</param>
/// <param name="OutputPixelStride">From a pixel of the output to the next.</param>
public readonly record struct PoolingGeometry(
    int Batches,
    int InputHeight,
    int InputWidth,
    int OutputHeight,
    int OutputWidth,
    int Channels,
    int KernelHeight,
    int KernelWidth,
    int StrideHeight,
    int StrideWidth,
    int DilationHeight,
    int DilationWidth,
    int PadTop,
    int PadLeft,
    int PadBottom,
    int PadRight,
    int InputBatchStride,
    int InputRowStride,
    int InputPixelStride,
    int OutputBatchStride,
    int OutputRowStride,
    int OutputPixelStride)
{
    // Fields, because each property is a method that a cold process compiles.
    /// <summary>The parameter of this name.</summary>
    public readonly int Batches = Batches, InputHeight = InputHeight, InputWidth = InputWidth, OutputHeight = OutputHeight, OutputWidth = OutputWidth,
        Channels = Channels, KernelHeight = KernelHeight, KernelWidth = KernelWidth, StrideHeight = StrideHeight, StrideWidth = StrideWidth,
        DilationHeight = DilationHeight, DilationWidth = DilationWidth, PadTop = PadTop, PadLeft = PadLeft, PadBottom = PadBottom, PadRight = PadRight,
        InputBatchStride = InputBatchStride, InputRowStride = InputRowStride, InputPixelStride = InputPixelStride,
        OutputBatchStride = OutputBatchStride, OutputRowStride = OutputRowStride, OutputPixelStride = OutputPixelStride;
}
