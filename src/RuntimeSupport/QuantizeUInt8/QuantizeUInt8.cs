using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>From float32 to quantised bytes.</summary>
public static partial class QuantizeUInt8
{
    /// <summary>Quantises: <c>roundToEven(clamp(input * inverseScale, −zeroPoint, 255 − zeroPoint)) + zeroPoint</c>; NaN gives the zero point.</summary>
    /// <param name="input">Real values.</param>
    /// <param name="output">Quantised values.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="inputStrides">Strides of the input in elements.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <param name="inverseScale">1 / scale, finite.</param>
    /// <param name="zeroPoint">Quantised zero, 0…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a number is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input, Span<byte> output, ReadOnlySpan<int> shape, ReadOnlySpan<int> inputStrides, ReadOnlySpan<int> outputStrides, float inverseScale, int zeroPoint)
    {
        Requantization.Target target = Requantization.Target.Of(zeroPoint, 0, 255);
        ExtentGuard.Rank(shape, inputStrides, nameof(inputStrides));
        ExtentGuard.Rank(shape, outputStrides, nameof(outputStrides));
        ExtentGuard.Strided(input.Length, shape, inputStrides, 0, nameof(input));
        ExtentGuard.Strided(output.Length, shape, outputStrides, 0, nameof(output));
        long elements = ExtentGuard.Elements(shape, nameof(shape));
        if (elements == 0)
        {
            return;
        }

        if (StridedLayout.IsOneRun(shape, inputStrides, outputStrides))
        {
            RunRow(input.Slice(0, (int)elements), output.Slice(0, (int)elements), inverseScale, target);
            return;
        }

        RunRows(input, output, inverseScale, target, new ElementwiseWalk(stackalloc int[ElementwiseWalk.ScratchLength], shape, inputStrides, outputStrides, outputStrides));
    }

    /// <summary>Row by row. Not among the hot methods: that would take longer to compile than small models' rows take, and rows are little work.</summary>
    private static void RunRows(ReadOnlySpan<float> input, Span<byte> output, float inverseScale, Requantization.Target target, ElementwiseWalk walk)
    {
        bool contiguous = walk.LeftStride == 1 && walk.OutputStride == 1;
        do
        {
            if (contiguous)
            {
                RunRow(input.Slice((int)walk.Left, walk.Length), output.Slice((int)walk.Output, walk.Length), inverseScale, target);
                continue;
            }

            for (int at = 0; at < walk.Length; at++)
            {
                output[(int)walk.Output + (at * walk.OutputStride)] = Quantize(input[(int)walk.Left + (at * walk.LeftStride)], inverseScale, target);
            }
        }
        while (walk.MoveNext());
    }

    private static void RunRow(ReadOnlySpan<float> input, Span<byte> output, float inverseScale, Requantization.Target target)
    {
        if (Avx2.IsSupported)
        {
            RunAvx2(input, output, inverseScale, target);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output, inverseScale, target);
        }
        else
        {
            RunScalar(input, output, inverseScale, target);
        }
    }

    /// <summary>The truth that every other path agrees with. A row of as many inputs as outputs.</summary>
    internal static void RunScalar(ReadOnlySpan<float> input, Span<byte> output, float inverseScale, Requantization.Target target)
    {
        for (int at = 0; at < input.Length; at++)
        {
            output[at] = Quantize(input[at], inverseScale, target);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<float> input, Span<byte> output, float inverseScale, Requantization.Target target)
    {
        ref float source = ref MemoryMarshal.GetReference(input);
        int at = 0;
        for (; at <= input.Length - 16; at += 16)
        {
            ByteLanes.PortableBytes(
                    Quantize(Vector128.LoadUnsafe(ref source, (nuint)at), inverseScale, target),
                    Quantize(Vector128.LoadUnsafe(ref source, (nuint)at + 4), inverseScale, target),
                    Quantize(Vector128.LoadUnsafe(ref source, (nuint)at + 8), inverseScale, target),
                    Quantize(Vector128.LoadUnsafe(ref source, (nuint)at + 12), inverseScale, target))
                .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)at);
        }

        RunScalar(input.Slice(at), output.Slice(at), inverseScale, target);
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<float> input, Span<byte> output, float inverseScale, Requantization.Target target)
    {
        ref float source = ref MemoryMarshal.GetReference(input);
        int at = 0;
        for (; at <= input.Length - 16; at += 16)
        {
            ByteLanes.Avx2Bytes(
                    QuantizeAvx2(Vector256.LoadUnsafe(ref source, (nuint)at), inverseScale, target),
                    QuantizeAvx2(Vector256.LoadUnsafe(ref source, (nuint)at + 8), inverseScale, target))
                .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)at);
        }

        RunScalar(input.Slice(at), output.Slice(at), inverseScale, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Quantize(float value, float inverseScale, Requantization.Target target)
    {
        float steps = value * inverseScale;
        return Requantization.Scalar(float.IsNaN(steps) ? 0 : steps, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Quantize(Vector128<float> values, float inverseScale, Requantization.Target target)
    {
        Vector128<float> steps = values * Vector128.Create(inverseScale);
        return Requantization.Portable(steps & Vector128.Equals(steps, steps), target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> QuantizeAvx2(Vector256<float> values, float inverseScale, Requantization.Target target)
    {
        Vector256<float> steps = Avx.Multiply(values, Vector256.Create(inverseScale));
        return Requantization.Avx2Integers(Avx.And(steps, Avx.CompareOrdered(steps, steps)), target);
    }
}
