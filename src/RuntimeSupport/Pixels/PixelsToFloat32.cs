using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Turns the pixels of a camera or decoder into a float32 model input, normalised a channel.</summary>
public static partial class PixelsToFloat32
{
    /// <summary>The most channels that are converted side by side.</summary>
    private const int MaximumPattern = 4;

    /// <summary>
    /// <c>output[y·outputRowStride + x·outputPixelStride + c·outputChannelStride] = (pixels[y, x, p] − offsets[c]) · scales[c]</c>, where p is c,
    /// or channels − 1 − c when reversed; subtraction and multiplication are rounded separately.
    /// </summary>
    /// <param name="pixels">[height, width, channels], row-major.</param>
    /// <param name="scales">One factor a channel of the model.</param>
    /// <param name="offsets">One mean a channel of the model, in pixel units (0…255).</param>
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
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> offsets,
        Span<float> output,
        int height,
        int width,
        int channels,
        int outputRowStride,
        int outputPixelStride,
        int outputChannelStride,
        bool reverseChannels)
    {
        KernelGuard.Holds(pixels.Length, ExtentGuard.Elements([height, width, channels], nameof(pixels)), nameof(pixels));
        KernelGuard.Holds(scales.Length, channels, nameof(scales));
        KernelGuard.Holds(offsets.Length, channels, nameof(offsets));
        ExtentGuard.Strided(
            output.Length, [height, width, channels], [outputRowStride, outputPixelStride, outputChannelStride], 0, nameof(output));
        if (width == 0 || channels == 0)
        {
            return;
        }

        bool interleaved = outputChannelStride == 1 && outputPixelStride == channels;
        bool vectors = Vector128.IsHardwareAccelerated && interleaved && !reverseChannels && channels <= MaximumPattern;
        for (int row = 0; row < height; row++)
        {
            ReadOnlySpan<byte> line = pixels.Slice(row * width * channels, width * channels);
            int done = vectors ? Vectors(line, scales[..channels], offsets[..channels], output.Slice(row * outputRowStride, line.Length)) : 0;
            for (int channel = 0; channel < channels; channel++)
            {
                Line(
                    line[(reverseChannels ? channels - 1 - channel : channel)..],
                    scales[channel],
                    offsets[channel],
                    output[((row * outputRowStride) + (channel * outputChannelStride))..],
                    done,
                    width,
                    channels,
                    outputPixelStride);
            }
        }
    }

    /// <summary>One channel of one row, from a column on.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Line(
        ReadOnlySpan<byte> pixels, float scale, float offset, Span<float> output, int first, int width, int channels, int outputPixelStride)
    {
        ref byte from = ref MemoryMarshal.GetReference(pixels);
        ref float to = ref MemoryMarshal.GetReference(output);
        nint next = (nint)first * channels;
        nint at = (nint)first * outputPixelStride;
        for (int column = width - first; column > 0; column--)
        {
            Unsafe.Add(ref to, at) = (Unsafe.Add(ref from, next) - offset) * scale;
            next += channels;
            at += outputPixelStride;
        }
    }

    /// <summary>Four interleaved pixels at a time: as many vectors as there are channels, and the same factors every time.</summary>
    /// <returns>The number of pixels done.</returns>
    [MethodImpl(KernelOptions.Hot)]
    private static int Vectors(ReadOnlySpan<byte> pixels, ReadOnlySpan<float> scales, ReadOnlySpan<float> offsets, Span<float> output)
    {
        int channels = scales.Length;
        Span<float> scalePattern = stackalloc float[4 * MaximumPattern];
        Span<float> offsetPattern = stackalloc float[4 * MaximumPattern];
        for (int element = 0; element < 4 * channels; element++)
        {
            scalePattern[element] = scales[element % channels];
            offsetPattern[element] = offsets[element % channels];
        }

        ref byte from = ref MemoryMarshal.GetReference(pixels);
        ref float to = ref MemoryMarshal.GetReference(output);
        int done = 0;
        for (; done + (4 * channels) <= pixels.Length; done += 4 * channels)
        {
            for (int lane = 0; lane < 4 * channels; lane += 4)
            {
                uint four = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, done + lane));
                Vector128<ushort> wide = Vector128.WidenLower(Vector128.CreateScalar(four).AsByte());
                Vector128<float> values = Vector128.ConvertToSingle(Vector128.WidenLower(wide).AsInt32());
                Vector128<float> offset = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(offsetPattern), (nuint)lane);
                Vector128<float> scale = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(scalePattern), (nuint)lane);
                ((values - offset) * scale).StoreUnsafe(ref to, (nuint)(done + lane));
            }
        }

        return done / channels;
    }
}
