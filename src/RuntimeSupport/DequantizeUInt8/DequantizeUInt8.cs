using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>From quantised bytes to float32.</summary>
public static partial class DequantizeUInt8
{
    /// <summary>Dequantises: <c>(input − zeroPoint) * scale</c>.</summary>
    /// <param name="input">Quantised values.</param>
    /// <param name="output">Real values.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="inputStrides">Strides of the input in elements.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <param name="scale">Real value of a step.</param>
    /// <param name="zeroPoint">Quantised zero, 0…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<byte> input, Span<float> output, ReadOnlySpan<int> shape, ReadOnlySpan<int> inputStrides, ReadOnlySpan<int> outputStrides, float scale, int zeroPoint)
    {
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
            RunRow(input.Slice(0, (int)elements), output.Slice(0, (int)elements), scale, zeroPoint);
            return;
        }

        RunRows(input, output, scale, zeroPoint, new ElementwiseWalk(stackalloc int[ElementwiseWalk.ScratchLength], shape, inputStrides, outputStrides, outputStrides));
    }

    /// <summary>Row by row. Not among the hot methods: that would take longer to compile than small models' rows take, and rows are little work.</summary>
    private static void RunRows(ReadOnlySpan<byte> input, Span<float> output, float scale, int zeroPoint, ElementwiseWalk walk)
    {
        bool contiguous = walk.LeftStride == 1 && walk.OutputStride == 1;
        do
        {
            if (contiguous)
            {
                RunRow(input.Slice((int)walk.Left, walk.Length), output.Slice((int)walk.Output, walk.Length), scale, zeroPoint);
                continue;
            }

            for (int at = 0; at < walk.Length; at++)
            {
                output[(int)walk.Output + (at * walk.OutputStride)] = (input[(int)walk.Left + (at * walk.LeftStride)] - zeroPoint) * scale;
            }
        }
        while (walk.MoveNext());
    }

    private static void RunRow(ReadOnlySpan<byte> input, Span<float> output, float scale, int zeroPoint)
    {
        if (Avx2.IsSupported)
        {
            RunAvx2(input, output, scale, zeroPoint);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output, scale, zeroPoint);
        }
        else
        {
            RunScalar(input, output, scale, zeroPoint);
        }
    }

    /// <summary>The truth that every other path agrees with. A row of as many inputs as outputs.</summary>
    internal static void RunScalar(ReadOnlySpan<byte> input, Span<float> output, float scale, int zeroPoint)
    {
        for (int at = 0; at < input.Length; at++)
        {
            output[at] = (input[at] - zeroPoint) * scale;
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<byte> input, Span<float> output, float scale, int zeroPoint)
    {
        ref float target = ref MemoryMarshal.GetReference(output);
        int at = 0;
        for (; at <= input.Length - 16; at += 16)
        {
            (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(input), (nuint)at));
            Dequantize(Vector128.WidenLower(lower), scale, zeroPoint).StoreUnsafe(ref target, (nuint)at);
            Dequantize(Vector128.WidenUpper(lower), scale, zeroPoint).StoreUnsafe(ref target, (nuint)at + 4);
            Dequantize(Vector128.WidenLower(upper), scale, zeroPoint).StoreUnsafe(ref target, (nuint)at + 8);
            Dequantize(Vector128.WidenUpper(upper), scale, zeroPoint).StoreUnsafe(ref target, (nuint)at + 12);
        }

        RunScalar(input.Slice(at), output.Slice(at), scale, zeroPoint);
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<byte> input, Span<float> output, float scale, int zeroPoint)
    {
        ref float target = ref MemoryMarshal.GetReference(output);
        Vector256<int> zero = Vector256.Create(zeroPoint);
        Vector256<float> step = Vector256.Create(scale);
        int at = 0;
        for (; at <= input.Length - 16; at += 16)
        {
            Vector128<byte> bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(input), (nuint)at);
            Vector256<int> lower = Avx2.Subtract(Avx2.ConvertToVector256Int32(bytes), zero);
            Vector256<int> upper = Avx2.Subtract(Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(bytes, 8)), zero);
            Avx.Multiply(Avx.ConvertToVector256Single(lower), step).StoreUnsafe(ref target, (nuint)at);
            Avx.Multiply(Avx.ConvertToVector256Single(upper), step).StoreUnsafe(ref target, (nuint)at + 8);
        }

        RunScalar(input.Slice(at), output.Slice(at), scale, zeroPoint);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Dequantize(Vector128<uint> values, float scale, int zeroPoint) =>
        Vector128.ConvertToSingle(values.AsInt32() - Vector128.Create(zeroPoint)) * Vector128.Create(scale);
}
