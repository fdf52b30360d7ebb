namespace ModelCompiler.Compiler.Ops;

/// <summary>How a window moves over an image.</summary>
/// <param name="KernelHeight">Rows of the window.</param>
/// <param name="KernelWidth">Columns of the window.</param>
/// <param name="StrideHeight">Rows between windows.</param>
/// <param name="StrideWidth">Columns between windows.</param>
/// <param name="DilationHeight">Rows between taps.</param>
/// <param name="DilationWidth">Columns between taps.</param>
/// <param name="PadTop">Rows of padding above.</param>
/// <param name="PadLeft">Columns of padding on the left.</param>
/// <param name="PadBottom">Rows of padding below.</param>
/// <param name="PadRight">Columns of padding on the right.</param>
public sealed record Window(
    int KernelHeight,
    int KernelWidth,
    int StrideHeight = 1,
    int StrideWidth = 1,
    int DilationHeight = 1,
    int DilationWidth = 1,
    int PadTop = 0,
    int PadLeft = 0,
    int PadBottom = 0,
    int PadRight = 0)
{
    /// <summary>Rows a window spans.</summary>
    public int ExtentHeight => ((KernelHeight - 1) * DilationHeight) + 1;

    /// <summary>Columns a window spans.</summary>
    public int ExtentWidth => ((KernelWidth - 1) * DilationWidth) + 1;

    /// <summary>Whether any side is padded.</summary>
    public bool HasPadding => (PadTop | PadLeft | PadBottom | PadRight) != 0;

    /// <summary>Rows of the output.</summary>
    public int OutputHeight(int height, bool ceiling = false) => Output(height, PadTop, PadBottom, ExtentHeight, StrideHeight, ceiling);

    /// <summary>Columns of the output.</summary>
    public int OutputWidth(int width, bool ceiling = false) => Output(width, PadLeft, PadRight, ExtentWidth, StrideWidth, ceiling);

    /// <summary>As people write it: <c>3×3, stride 2×2, padding 1,1,1,1</c>.</summary>
    public override string ToString()
    {
        string stride = (StrideHeight, StrideWidth) == (1, 1) ? "" : $", stride {StrideHeight}×{StrideWidth}";
        string dilation = (DilationHeight, DilationWidth) == (1, 1) ? "" : $", dilation {DilationHeight}×{DilationWidth}";
        string padding = HasPadding ? $", padding {PadTop},{PadLeft},{PadBottom},{PadRight}" : "";
        return $"{KernelHeight}×{KernelWidth}{stride}{dilation}{padding}";
    }

    // With ceiling, a last window that would begin in the padding behind the image is not counted (as PyTorch and ONNX do).
    private static int Output(int length, int before, int after, int extent, int stride, bool ceiling)
    {
        int range = length + before + after - extent;
        if (range < 0 && !(ceiling && range > -stride))
        {
            return range < 0 ? 0 : 1;
        }

        int windows = ((range + (ceiling ? stride - 1 : 0)) / stride) + 1;
        return ceiling && (windows - 1) * stride >= length + before ? windows - 1 : windows;
    }
}
