using System.Globalization;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>A convolution of a square image by a square window.</summary>
/// <param name="Layer">A layer of that shape.</param>
/// <param name="Extent">Rows and columns of the output.</param>
/// <param name="Kernel">Rows and columns of the window.</param>
/// <param name="Stride">Rows and columns between windows.</param>
/// <param name="InputChannels">Input channels.</param>
/// <param name="OutputChannels">Output channels.</param>
public sealed record LayerShape(string Layer, int Extent, int Kernel, int Stride, int InputChannels, int OutputChannels)
{
    /// <summary>Rows and columns of the padded input.</summary>
    public int PaddedExtent => ((Extent - 1) * Stride) + Kernel;

    /// <summary>Elements of the padded input.</summary>
    public int InputLength => PaddedExtent * PaddedExtent * InputChannels;

    /// <summary>Elements of the output.</summary>
    public int OutputLength => Extent * Extent * OutputChannels;

    /// <summary>Output channels, blocks filled up.</summary>
    public int PaddedOutputChannels => (OutputChannels + 15) / 16 * 16;

    /// <summary>Strides of both.</summary>
    public ConvolutionGeometry Geometry => new(
        1, Extent, Extent,
        InputLength, Stride * PaddedExtent * InputChannels, Stride * InputChannels,
        OutputLength, Extent * OutputChannels, OutputChannels);

    /// <summary>Offsets of a window's rows.</summary>
    public int[] RowOffsets()
    {
        int[] offsets = new int[Kernel];
        for (int row = 0; row < Kernel; row++)
        {
            offsets[row] = row * PaddedExtent * InputChannels;
        }

        return offsets;
    }

    /// <summary>Offsets of a window's taps.</summary>
    public int[] TapOffsets()
    {
        int[] offsets = new int[Kernel * Kernel];
        for (int tap = 0; tap < offsets.Length; tap++)
        {
            offsets[tap] = ((tap / Kernel * PaddedExtent) + (tap % Kernel)) * InputChannels;
        }

        return offsets;
    }

    /// <summary>A name for tables.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Layer}: {Extent}², {Kernel}×{Kernel}/{Stride}, {InputChannels}→{OutputChannels}");
}
