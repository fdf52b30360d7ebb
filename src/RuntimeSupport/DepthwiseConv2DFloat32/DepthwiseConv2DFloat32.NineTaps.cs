using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class DepthwiseConv2DFloat32
{
    /// <summary>
    /// Windows of nine taps, as nearly all are: the filters of 32 channels stay in registers along a row of pixels, and a row's channels are all done before the
    /// next row, while its inputs are in the cache. At least 16 channels.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunNineTapsAvx512(in Arguments arguments)
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int channel = 0; channel < arguments.Channels; channel += 32)
            {
                // Blocks that are not full are moved back, and compute some channels again.
                int last = arguments.Channels - 16;
                RunRowAvx512(arguments, window, pixel, Math.Min(channel, last), Math.Min(channel + 16, last));
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunRowAvx512(in Arguments arguments, nint window, nint pixel, int channel0, int channel1)
    {
        ReadOnlySpan<int> taps = arguments.TapOffsets;
        nint tap0 = taps[0], tap1 = taps[1], tap2 = taps[2], tap3 = taps[3], tap4 = taps[4], tap5 = taps[5], tap6 = taps[6], tap7 = taps[7], tap8 = taps[8];
        nint second = channel1 - channel0, padded = arguments.PaddedChannels;
        ref float filter = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel0);
        Vector512<float> filter00 = Load(ref filter, 0), filter01 = Load(ref filter, second);
        Vector512<float> filter10 = Load(ref filter, padded), filter11 = Load(ref filter, padded + second);
        Vector512<float> filter20 = Load(ref filter, 2 * padded), filter21 = Load(ref filter, (2 * padded) + second);
        Vector512<float> filter30 = Load(ref filter, 3 * padded), filter31 = Load(ref filter, (3 * padded) + second);
        Vector512<float> filter40 = Load(ref filter, 4 * padded), filter41 = Load(ref filter, (4 * padded) + second);
        Vector512<float> filter50 = Load(ref filter, 5 * padded), filter51 = Load(ref filter, (5 * padded) + second);
        Vector512<float> filter60 = Load(ref filter, 6 * padded), filter61 = Load(ref filter, (6 * padded) + second);
        Vector512<float> filter70 = Load(ref filter, 7 * padded), filter71 = Load(ref filter, (7 * padded) + second);
        Vector512<float> filter80 = Load(ref filter, 8 * padded), filter81 = Load(ref filter, (8 * padded) + second);
        ref float bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel0);
        Vector512<float> bias0 = Load(ref bias, 0), bias1 = Load(ref bias, second);
        Vector512<float> minimum = Vector512.Create(arguments.Minimum), maximum = Vector512.Create(arguments.Maximum);
        ref float input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), window + channel0);
        ref float output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), pixel + channel0);
        nint step = arguments.Geometry.InputPixelStep, outputStride = arguments.Geometry.OutputPixelStride;
        for (int column = arguments.Geometry.OutputWidth; column > 0; column--)
        {
            Vector512<float> sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap0), filter00, bias0);
            Vector512<float> sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap0 + second), filter01, bias1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap1), filter10, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap1 + second), filter11, sum1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap2), filter20, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap2 + second), filter21, sum1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap3), filter30, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap3 + second), filter31, sum1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap4), filter40, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap4 + second), filter41, sum1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap5), filter50, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap5 + second), filter51, sum1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap6), filter60, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap6 + second), filter61, sum1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap7), filter70, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap7 + second), filter71, sum1);
            sum0 = Avx512F.FusedMultiplyAdd(Load(ref input, tap8), filter80, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(Load(ref input, tap8 + second), filter81, sum1);

            // Of the two clamping instructions the second operand is the result when one is NaN.
            Avx512F.Min(maximum, Avx512F.Max(minimum, sum0)).StoreUnsafe(ref output);
            Avx512F.Min(maximum, Avx512F.Max(minimum, sum1)).StoreUnsafe(ref output, (nuint)second);
            input = ref Unsafe.Add(ref input, step);
            output = ref Unsafe.Add(ref output, outputStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(ref float source, nint at) => Vector512.LoadUnsafe(ref source, (nuint)at);
}
