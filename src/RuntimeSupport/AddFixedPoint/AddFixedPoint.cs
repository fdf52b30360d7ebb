using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Sum of two quantised tensors in integers, as TensorFlow Lite computes it, with broadcasting.</summary>
public static class AddFixedPoint
{
    // Keeps the operands' sum, at most 2 · 255 steps, within 2³⁰.
    private const int LeftShift = 20;

    /// <summary>Adds: both operands less their zero points, in steps of 2⁻²⁰, are brought to one scale, added, and brought to the output's.</summary>
    /// <param name="left">First operand.</param>
    /// <param name="right">Second operand.</param>
    /// <param name="output">Results; may be one of the operands if it has the same strides.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="leftStrides">Strides of the first operand in elements; 0 where it is broadcast.</param>
    /// <param name="rightStrides">Strides of the second operand in elements; 0 where it is broadcast.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <param name="leftZeroPoint">Quantised zero of the first operand, 0…255.</param>
    /// <param name="rightZeroPoint">Quantised zero of the second operand, 0…255.</param>
    /// <param name="leftMultiplier">Multiplier of the first operand, see <see cref="FixedPoint"/>.</param>
    /// <param name="leftShift">Its shift, 0 at most.</param>
    /// <param name="rightMultiplier">Multiplier of the second operand.</param>
    /// <param name="rightShift">Its shift, 0 at most.</param>
    /// <param name="subtracts">Whether the second operand is subtracted.</param>
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
        int leftMultiplier,
        int leftShift,
        int rightMultiplier,
        int rightShift,
        bool subtracts,
        int outputMultiplier,
        int outputShift,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        RequantizationTarget target = FixedPointRequantizer.Target(outputZeroPoint, outputMinimum, outputMaximum, 0);
        BinaryUInt8.Run(
            new BinaryUInt8.Arguments(left, right, output, shape, leftStrides, rightStrides, outputStrides),
            new Operation(
                leftZeroPoint, rightZeroPoint, new UniformScale(leftMultiplier, leftShift), new UniformScale(rightMultiplier, rightShift), subtracts, new UniformScale(outputMultiplier, outputShift), target));
    }

    /// <summary>What is done to a pair.</summary>
    internal readonly struct Operation(
        int leftZeroPoint, int rightZeroPoint, UniformScale leftScale, UniformScale rightScale, bool subtracts, UniformScale outputScale, RequantizationTarget target)
        : BinaryUInt8.IOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public byte Apply(int left, int right)
        {
            int first = leftScale.Of((left - leftZeroPoint) << LeftShift), second = rightScale.Of((right - rightZeroPoint) << LeftShift);
            return SymmetricRequantizer.Clamp(outputScale.Of(subtracts ? first - second : first + second), target);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<int> Apply(Vector128<int> left, Vector128<int> right)
        {
            Vector128<int> first = leftScale.Of(Vector128.ShiftLeft(left - Vector128.Create(leftZeroPoint), LeftShift));
            Vector128<int> second = rightScale.Of(Vector128.ShiftLeft(right - Vector128.Create(rightZeroPoint), LeftShift));
            return SymmetricRequantizer.Clamp(outputScale.Of(subtracts ? first - second : first + second), target);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> ApplyAvx2(Vector256<int> left, Vector256<int> right)
        {
            Vector256<int> first = leftScale.OfAvx2(Avx2.ShiftLeftLogical(Avx2.Subtract(left, Vector256.Create(leftZeroPoint)), LeftShift));
            Vector256<int> second = rightScale.OfAvx2(Avx2.ShiftLeftLogical(Avx2.Subtract(right, Vector256.Create(rightZeroPoint)), LeftShift));
            return SymmetricRequantizer.ClampAvx2(outputScale.OfAvx2(subtracts ? Avx2.Subtract(first, second) : Avx2.Add(first, second)), target);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> ApplyAvx512(Vector512<int> left, Vector512<int> right)
        {
            Vector512<int> first = leftScale.OfAvx512(Avx512F.ShiftLeftLogical(Avx512F.Subtract(left, Vector512.Create(leftZeroPoint)), LeftShift));
            Vector512<int> second = rightScale.OfAvx512(Avx512F.ShiftLeftLogical(Avx512F.Subtract(right, Vector512.Create(rightZeroPoint)), LeftShift));
            return SymmetricRequantizer.ClampAvx512(outputScale.OfAvx512(subtracts ? Avx512F.Subtract(first, second) : Avx512F.Add(first, second)), target);
        }
    }
}
