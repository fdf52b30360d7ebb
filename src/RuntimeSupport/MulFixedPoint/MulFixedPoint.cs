using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Product of two quantised tensors in integers, as TensorFlow Lite computes it, with broadcasting.</summary>
public static class MulFixedPoint
{
    /// <summary>Multiplies both operands less their zero points.</summary>
    /// <param name="left">First operand.</param>
    /// <param name="right">Second operand.</param>
    /// <param name="output">Results; may be one of the operands if it has the same strides.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="leftStrides">Strides of the first operand in elements; 0 where it is broadcast.</param>
    /// <param name="rightStrides">Strides of the second operand in elements; 0 where it is broadcast.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <param name="leftZeroPoint">Quantised zero of the first operand, 0…255.</param>
    /// <param name="rightZeroPoint">Quantised zero of the second operand, 0…255.</param>
    /// <param name="outputMultiplier">Multiplier of the result, see <see cref="FixedPoint"/>.</param>
    /// <param name="outputShift">Its shift.</param>
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
        int outputMultiplier,
        int outputShift,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        RequantizationTarget target = FixedPointRequantizer.Target(outputZeroPoint, outputMinimum, outputMaximum, 0);
        BinaryUInt8.Run(
            new BinaryUInt8.Arguments(left, right, output, shape, leftStrides, rightStrides, outputStrides),
            new Operation(leftZeroPoint, rightZeroPoint, new UniformScale(outputMultiplier, outputShift), target));
    }

    /// <summary>What is done to a pair.</summary>
    internal readonly struct Operation(int leftZeroPoint, int rightZeroPoint, UniformScale outputScale, RequantizationTarget target) : BinaryUInt8.IOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public byte Apply(int left, int right) => SymmetricRequantizer.Clamp(outputScale.Of((left - leftZeroPoint) * (right - rightZeroPoint)), target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<int> Apply(Vector128<int> left, Vector128<int> right) => SymmetricRequantizer.Clamp(
            outputScale.Of((left - Vector128.Create(leftZeroPoint)) * (right - Vector128.Create(rightZeroPoint))), target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> ApplyAvx2(Vector256<int> left, Vector256<int> right) => SymmetricRequantizer.ClampAvx2(
            outputScale.OfAvx2(Avx2.MultiplyLow(Avx2.Subtract(left, Vector256.Create(leftZeroPoint)), Avx2.Subtract(right, Vector256.Create(rightZeroPoint)))), target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> ApplyAvx512(Vector512<int> left, Vector512<int> right) => SymmetricRequantizer.ClampAvx512(
            outputScale.OfAvx512(Avx512F.MultiplyLow(Avx512F.Subtract(left, Vector512.Create(leftZeroPoint)), Avx512F.Subtract(right, Vector512.Create(rightZeroPoint)))), target);
    }
}
