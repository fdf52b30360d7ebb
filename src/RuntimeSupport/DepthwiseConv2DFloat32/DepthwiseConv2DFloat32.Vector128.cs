using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelCompiler.RuntimeSupport;

public static partial class DepthwiseConv2DFloat32
{
    internal static void RunVector128(in Arguments arguments)
    {
        if (AdvSimd.IsSupported)
        {
            RunBlocks<FusedInstruction.Arm>(arguments);
        }
        else
        {
            RunBlocks<FusedInstruction.Exact>(arguments);
        }
    }

    /// <summary>16 channels at a time, then 4 at a time; at least 4 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunBlocks<TFused>(in Arguments arguments)
        where TFused : struct, FusedInstruction.IAdd
    {
        int channels = arguments.Channels;
        int channel = 0;
        for (; channel <= channels - 16; channel += 16)
        {
            RunFourVector128<TFused>(arguments, channel);
        }

        // A last block that is not full is moved back, and computes some channels again.
        for (; channel < channels; channel += 4)
        {
            RunOneVector128<TFused>(arguments, Math.Min(channel, channels - 4));
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunFourVector128<TFused>(in Arguments arguments, int channel)
        where TFused : struct, FusedInstruction.IAdd
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        ref float bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        Vector128<float> minimum = Vector128.Create(arguments.Minimum), maximum = Vector128.Create(arguments.Maximum);
        nint tapCount = arguments.TapOffsets.Length, paddedChannels = arguments.PaddedChannels;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Vector128<float> sum0 = Vector128.LoadUnsafe(ref bias);
                Vector128<float> sum1 = Vector128.LoadUnsafe(ref bias, 4);
                Vector128<float> sum2 = Vector128.LoadUnsafe(ref bias, 8);
                Vector128<float> sum3 = Vector128.LoadUnsafe(ref bias, 12);
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    ref float activations = ref Unsafe.Add(ref input, window + Unsafe.Add(ref taps, tap));
                    ref float filter = ref Unsafe.Add(ref weights, tap * paddedChannels);
                    sum0 = TFused.Add(sum0, Vector128.LoadUnsafe(ref activations), Vector128.LoadUnsafe(ref filter));
                    sum1 = TFused.Add(sum1, Vector128.LoadUnsafe(ref activations, 4), Vector128.LoadUnsafe(ref filter, 4));
                    sum2 = TFused.Add(sum2, Vector128.LoadUnsafe(ref activations, 8), Vector128.LoadUnsafe(ref filter, 8));
                    sum3 = TFused.Add(sum3, Vector128.LoadUnsafe(ref activations, 12), Vector128.LoadUnsafe(ref filter, 12));
                }

                ref float target = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), pixel + channel);
                FloatRange.Clamp(sum0, minimum, maximum).StoreUnsafe(ref target);
                FloatRange.Clamp(sum1, minimum, maximum).StoreUnsafe(ref target, 4);
                FloatRange.Clamp(sum2, minimum, maximum).StoreUnsafe(ref target, 8);
                FloatRange.Clamp(sum3, minimum, maximum).StoreUnsafe(ref target, 12);
                window += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunOneVector128<TFused>(in Arguments arguments, int channel)
        where TFused : struct, FusedInstruction.IAdd
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        Vector128<float> bias = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel);
        Vector128<float> minimum = Vector128.Create(arguments.Minimum), maximum = Vector128.Create(arguments.Maximum);
        nint tapCount = arguments.TapOffsets.Length, paddedChannels = arguments.PaddedChannels;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Vector128<float> sum = bias;
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    Vector128<float> activations = Vector128.LoadUnsafe(ref Unsafe.Add(ref input, window + Unsafe.Add(ref taps, tap)));
                    sum = TFused.Add(sum, activations, Vector128.LoadUnsafe(ref Unsafe.Add(ref weights, tap * paddedChannels)));
                }

                FloatRange.Clamp(sum, minimum, maximum).StoreUnsafe(ref MemoryMarshal.GetReference(arguments.Output), (nuint)(pixel + channel));
                window += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }
}
