using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Turns the pixels of a camera or decoder into a quantised model input: one table a channel does scaling, mean and quantisation.</summary>
public static partial class PixelsToUInt8
{
    /// <summary>Entries of the table of a channel.</summary>
    private const int TableLength = 256;

    /// <summary>
    /// <c>output[y·outputRowStride + x·outputPixelStride + c·outputChannelStride] = tables[c·256 + pixels[y, x, p]]</c>, where p is c, or
    /// channels − 1 − c when reversed.
    /// </summary>
    /// <param name="pixels">[height, width, channels], row-major.</param>
    /// <param name="tables">channels × 256 values, in the order of the model's channels.</param>
    /// <param name="output">Begins at the first pixel; must not overlap the pixels.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">Channels of both.</param>
    /// <param name="outputRowStride">From a row of the output to the next, in elements.</param>
    /// <param name="outputPixelStride">From a pixel of the output to the next: channels in NHWC, 1 in NCHW.</param>
    /// <param name="outputChannelStride">From a channel of the output to the next: 1 in NHWC, the size of a plane in NCHW.</param>
    /// <param name="reverseChannels">The model's channels are in the opposite order (BGR instead of RGB).</param>
    /// <exception cref="ArgumentException">A span is too short, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<byte> pixels,
        ReadOnlySpan<byte> tables,
        Span<byte> output,
        int height,
        int width,
        int channels,
        int outputRowStride,
        int outputPixelStride,
        int outputChannelStride,
        bool reverseChannels)
    {
        KernelGuard.Holds(pixels.Length, ExtentGuard.Elements([height, width, channels], nameof(pixels)), nameof(pixels));
        KernelGuard.Holds(tables.Length, ExtentGuard.Elements([channels, TableLength], nameof(tables)), nameof(tables));
        ExtentGuard.Strided(
            output.Length, [height, width, channels], [outputRowStride, outputPixelStride, outputChannelStride], 0, nameof(output));
        if (width == 0 || channels == 0)
        {
            return;
        }

        for (int row = 0; row < height; row++)
        {
            ReadOnlySpan<byte> line = pixels.Slice(row * width * channels, width * channels);
            for (int channel = 0; channel < channels; channel++)
            {
                Line(
                    line[(reverseChannels ? channels - 1 - channel : channel)..],
                    tables.Slice(channel * TableLength, TableLength),
                    output[((row * outputRowStride) + (channel * outputChannelStride))..],
                    width,
                    channels,
                    outputPixelStride);
            }
        }
    }

    /// <summary>One channel of one row.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Line(ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> table, Span<byte> output, int width, int channels, int outputPixelStride)
    {
        ref byte entries = ref MemoryMarshal.GetReference(table);
        ref byte from = ref MemoryMarshal.GetReference(pixels);
        ref byte to = ref MemoryMarshal.GetReference(output);
        nint next = 0;
        nint at = 0;
        for (int column = width; column > 0; column--)
        {
            Unsafe.Add(ref to, at) = Unsafe.Add(ref entries, (nint)Unsafe.Add(ref from, next));
            next += channels;
            at += outputPixelStride;
        }
    }
}
