using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Product of two quantised tensors, with broadcasting.</summary>
public static partial class MulUInt8
{
    /// <summary>Multiplies: <c>round(clamp((left − leftZeroPoint) * (right − rightZeroPoint) * multiplier)) + outputZeroPoint</c>.</summary>
    /// <param name="left">First operand.</param>
    /// <param name="right">Second operand.</param>
    /// <param name="output">Results; may be one of the operands if it has the same strides.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="leftStrides">Strides of the first operand in elements; 0 where it is broadcast.</param>
    /// <param name="rightStrides">Strides of the second operand in elements; 0 where it is broadcast.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <param name="leftZeroPoint">Quantised zero of the first operand, 0…255.</param>
    /// <param name="rightZeroPoint">Quantised zero of the second operand, 0…255.</param>
    /// <param name="multiplier">Left scale × right scale / output scale.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the shape and strides imply, or a number is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> left,
        ReadOnlySpan<byte> right,
        Span<byte> output,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<int> leftStrides,
        ReadOnlySpan<int> rightStrides,
        ReadOnlySpan<int> outputStrides,
        int leftZeroPoint,
        int rightZeroPoint,
        float multiplier,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        Requantization.Target target = Requantization.Target.Of(outputZeroPoint, outputMinimum, outputMaximum);
        BinaryUInt8.Run(new BinaryUInt8.Arguments(left, right, output, shape, leftStrides, rightStrides, outputStrides), new Operation(leftZeroPoint, rightZeroPoint, multiplier, target));
    }

    /// <summary>The product of a pair; the integer part is exact.</summary>
    internal readonly struct Operation(int leftZeroPoint, int rightZeroPoint, float multiplier, Requantization.Target target) : BinaryUInt8.IOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public byte Apply(int left, int right) => Requantization.Scalar((left - leftZeroPoint) * (right - rightZeroPoint) * multiplier, target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<int> Apply(Vector128<int> left, Vector128<int> right) => Requantization.Portable(
            Vector128.ConvertToSingle((left - Vector128.Create(leftZeroPoint)) * (right - Vector128.Create(rightZeroPoint))) * Vector128.Create(multiplier),
            target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> ApplyAvx2(Vector256<int> left, Vector256<int> right) => Requantization.Avx2Integers(
            Avx.Multiply(
                Avx.ConvertToVector256Single(
                    Avx2.MultiplyLow(Avx2.Subtract(left, Vector256.Create(leftZeroPoint)), Avx2.Subtract(right, Vector256.Create(rightZeroPoint)))),
                Vector256.Create(multiplier)),
            target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> ApplyAvx512(Vector512<int> left, Vector512<int> right) => Requantization.Avx512Integers(
            Avx512F.Multiply(
                Avx512F.ConvertToVector512Single(
                    Avx512F.MultiplyLow(Avx512F.Subtract(left, Vector512.Create(leftZeroPoint)), Avx512F.Subtract(right, Vector512.Create(rightZeroPoint)))),
                Vector512.Create(multiplier)),
            target);
    }
}
