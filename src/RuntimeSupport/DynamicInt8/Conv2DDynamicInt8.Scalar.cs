using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DDynamicInt8
{
    /// <summary>The truth of the integer sums that every other path agrees with.</summary>
    internal static void RunScalar(in ByteConvolution.Arguments arguments)
    {
        var cursor = new PixelCursor(arguments.Geometry);
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        Span<int> output = MemoryMarshal.Cast<byte, int>(arguments.Output);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int channel = 0; channel < arguments.Groups * arguments.OutputChannels; channel++)
            {
                (int group, int inGroup) = Math.DivRem(channel, arguments.OutputChannels);
                output[cursor.Output + channel] = Sum(arguments, group, inGroup, cursor.Input + (group * arguments.InputChannels));
            }

            cursor.MoveNext();
        }
    }

    /// <summary>From sums to results, in place: <c>clamp(sum · (scale · scales[channel]) + bias[channel])</c>, the second with one rounding.</summary>
    internal static void Scale(in Conv2DFloat32.Arguments layer, ReadOnlySpan<float> scales, float scale)
    {
        var cursor = new PixelCursor(layer.Geometry);
        int pixels = layer.Geometry.Batches * layer.Geometry.OutputHeight * layer.Geometry.OutputWidth;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int group = 0; group < layer.Groups; group++)
            {
                Span<float> results = layer.Output.Slice(cursor.Output + (group * layer.OutputChannels), layer.OutputChannels);
                int first = group * layer.Blocks * BlockChannels;
                if (float.IsNaN(scale))
                {
                    results.Fill(float.NaN);
                }
                else
                {
                    ScaleRow(results, scales[first..], layer.Bias[first..], scale, layer.Minimum, layer.Maximum);
                }
            }

            cursor.MoveNext();
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void ScaleRow(Span<float> results, ReadOnlySpan<float> scales, ReadOnlySpan<float> bias, float scale, float minimum, float maximum)
    {
        int at = 0;
        ref float first = ref MemoryMarshal.GetReference(results);
        for (; Vector128.IsHardwareAccelerated && at <= results.Length - 4; at += 4)
        {
            Vector128<float> sums = Vector128.ConvertToSingle(Vector128.LoadUnsafe(ref first, (nuint)at).AsInt32());
            Vector128<float> factors = Vector128.Create(scale) * Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(scales), (nuint)at);
            Vector128<float> values = FusedMultiplyAdd.Of(sums, factors, Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(bias), (nuint)at));
            FloatRange.Clamp(values, Vector128.Create(minimum), Vector128.Create(maximum)).StoreUnsafe(ref first, (nuint)at);
        }

        for (; at < results.Length; at++)
        {
            float value = FusedMultiplyAdd.Of(BitConverter.SingleToInt32Bits(results[at]), scale * scales[at], bias[at]);
            results[at] = FloatRange.Clamp(value, minimum, maximum);
        }
    }

    private static int Sum(in ByteConvolution.Arguments arguments, int group, int channel, int window)
    {
        int runs = arguments.RunOffsets.Length;
        int block = (group * arguments.Blocks) + (channel / BlockChannels);
        int lane = channel % BlockChannels;
        int sum = arguments.Bias[(block * BlockChannels) + lane];
        for (int run = 0; run < runs; run++)
        {
            ReadOnlySpan<byte> activations = arguments.Input.Slice(window + arguments.RunOffsets[run], arguments.RunLength);
            int weights = ((block * runs) + run) * arguments.QuadsPerRun * ByteConvolution.QuadWeights;
            for (int k = 0; k < activations.Length; k++)
            {
                sum += activations[k] * arguments.Weights[weights + (k / 4 * ByteConvolution.QuadWeights) + (lane * 4) + (k % 4)];
            }
        }

        return sum;
    }
}
