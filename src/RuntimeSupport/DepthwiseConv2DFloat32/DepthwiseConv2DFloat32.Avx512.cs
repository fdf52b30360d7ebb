using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class DepthwiseConv2DFloat32
{
    /// <summary>64 channels at a time, then 16 at a time; at least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512(in Arguments arguments)
    {
        if (arguments.TapOffsets.Length == 9)
        {
            RunNineTapsAvx512(arguments);
            return;
        }

        int channels = arguments.Channels;
        int channel = 0;
        for (; channel <= channels - 64; channel += 64)
        {
            RunFourAvx512(arguments, channel);
        }

        // A last block that is not full is moved back, and computes some channels again.
        for (; channel < channels; channel += 16)
        {
            RunOneAvx512(arguments, Math.Min(channel, channels - 16));
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunFourAvx512(in Arguments arguments, int channel)
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        ref float bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        Vector512<float> minimum = Vector512.Create(arguments.Minimum), maximum = Vector512.Create(arguments.Maximum);
        nint tapCount = arguments.TapOffsets.Length, paddedChannels = arguments.PaddedChannels;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Vector512<float> sum0 = Vector512.LoadUnsafe(ref bias);
                Vector512<float> sum1 = Vector512.LoadUnsafe(ref bias, 16);
                Vector512<float> sum2 = Vector512.LoadUnsafe(ref bias, 32);
                Vector512<float> sum3 = Vector512.LoadUnsafe(ref bias, 48);
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    ref float activations = ref Unsafe.Add(ref input, window + Unsafe.Add(ref taps, tap));
                    ref float filter = ref Unsafe.Add(ref weights, tap * paddedChannels);
                    sum0 = Avx512F.FusedMultiplyAdd(Vector512.LoadUnsafe(ref activations), Vector512.LoadUnsafe(ref filter), sum0);
                    sum1 = Avx512F.FusedMultiplyAdd(Vector512.LoadUnsafe(ref activations, 16), Vector512.LoadUnsafe(ref filter, 16), sum1);
                    sum2 = Avx512F.FusedMultiplyAdd(Vector512.LoadUnsafe(ref activations, 32), Vector512.LoadUnsafe(ref filter, 32), sum2);
                    sum3 = Avx512F.FusedMultiplyAdd(Vector512.LoadUnsafe(ref activations, 48), Vector512.LoadUnsafe(ref filter, 48), sum3);
                }

                ref float target = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), pixel + channel);
                // Of the two clamping instructions the second operand is the result when one is NaN.
                Avx512F.Min(maximum, Avx512F.Max(minimum, sum0)).StoreUnsafe(ref target);
                Avx512F.Min(maximum, Avx512F.Max(minimum, sum1)).StoreUnsafe(ref target, 16);
                Avx512F.Min(maximum, Avx512F.Max(minimum, sum2)).StoreUnsafe(ref target, 32);
                Avx512F.Min(maximum, Avx512F.Max(minimum, sum3)).StoreUnsafe(ref target, 48);
                window += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunOneAvx512(in Arguments arguments, int channel)
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        Vector512<float> bias = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel);
        Vector512<float> minimum = Vector512.Create(arguments.Minimum), maximum = Vector512.Create(arguments.Maximum);
        nint tapCount = arguments.TapOffsets.Length, paddedChannels = arguments.PaddedChannels;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Vector512<float> sum = bias;
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    Vector512<float> activations = Vector512.LoadUnsafe(ref Unsafe.Add(ref input, window + Unsafe.Add(ref taps, tap)));
                    sum = Avx512F.FusedMultiplyAdd(activations, Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, tap * paddedChannels)), sum);
                }

                Avx512F.Min(maximum, Avx512F.Max(minimum, sum)).StoreUnsafe(ref MemoryMarshal.GetReference(arguments.Output), (nuint)(pixel + channel));
                window += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }
}
