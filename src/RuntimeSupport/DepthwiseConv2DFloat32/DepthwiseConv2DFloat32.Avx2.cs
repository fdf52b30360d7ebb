using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class DepthwiseConv2DFloat32
{
    /// <summary>32 channels at a time, then 8 at a time; at least 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(in Arguments arguments)
    {
        int channels = arguments.Channels;
        int channel = 0;
        for (; channel <= channels - 32; channel += 32)
        {
            RunFourAvx2(arguments, channel);
        }

        // A last block that is not full is moved back, and computes some channels again.
        for (; channel < channels; channel += 8)
        {
            RunOneAvx2(arguments, Math.Min(channel, channels - 8));
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunFourAvx2(in Arguments arguments, int channel)
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        ref float bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        Vector256<float> minimum = Vector256.Create(arguments.Minimum), maximum = Vector256.Create(arguments.Maximum);
        nint tapCount = arguments.TapOffsets.Length, paddedChannels = arguments.PaddedChannels;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Vector256<float> sum0 = Vector256.LoadUnsafe(ref bias);
                Vector256<float> sum1 = Vector256.LoadUnsafe(ref bias, 8);
                Vector256<float> sum2 = Vector256.LoadUnsafe(ref bias, 16);
                Vector256<float> sum3 = Vector256.LoadUnsafe(ref bias, 24);
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    ref float activations = ref Unsafe.Add(ref input, window + Unsafe.Add(ref taps, tap));
                    ref float filter = ref Unsafe.Add(ref weights, tap * paddedChannels);
                    sum0 = Fma.MultiplyAdd(Vector256.LoadUnsafe(ref activations), Vector256.LoadUnsafe(ref filter), sum0);
                    sum1 = Fma.MultiplyAdd(Vector256.LoadUnsafe(ref activations, 8), Vector256.LoadUnsafe(ref filter, 8), sum1);
                    sum2 = Fma.MultiplyAdd(Vector256.LoadUnsafe(ref activations, 16), Vector256.LoadUnsafe(ref filter, 16), sum2);
                    sum3 = Fma.MultiplyAdd(Vector256.LoadUnsafe(ref activations, 24), Vector256.LoadUnsafe(ref filter, 24), sum3);
                }

                ref float target = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), pixel + channel);
                // Of the two clamping instructions the second operand is the result when one is NaN.
                Avx.Min(maximum, Avx.Max(minimum, sum0)).StoreUnsafe(ref target);
                Avx.Min(maximum, Avx.Max(minimum, sum1)).StoreUnsafe(ref target, 8);
                Avx.Min(maximum, Avx.Max(minimum, sum2)).StoreUnsafe(ref target, 16);
                Avx.Min(maximum, Avx.Max(minimum, sum3)).StoreUnsafe(ref target, 24);
                window += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunOneAvx2(in Arguments arguments, int channel)
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        Vector256<float> bias = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel);
        Vector256<float> minimum = Vector256.Create(arguments.Minimum), maximum = Vector256.Create(arguments.Maximum);
        nint tapCount = arguments.TapOffsets.Length, paddedChannels = arguments.PaddedChannels;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Vector256<float> sum = bias;
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    Vector256<float> activations = Vector256.LoadUnsafe(ref Unsafe.Add(ref input, window + Unsafe.Add(ref taps, tap)));
                    sum = Fma.MultiplyAdd(activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, tap * paddedChannels)), sum);
                }

                Avx.Min(maximum, Avx.Max(minimum, sum)).StoreUnsafe(ref MemoryMarshal.GetReference(arguments.Output), (nuint)(pixel + channel));
                window += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }
}
