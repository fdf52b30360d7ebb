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
            new Operation(leftZeroPoint, rightZeroPoint, leftMultiplier, leftShift, rightMultiplier, rightShift, subtracts, outputMultiplier, outputShift, target));
    }

    /// <summary>What is done to a pair.</summary>
    internal readonly struct Operation(
        int leftZeroPoint, int rightZeroPoint, int leftMultiplier, int leftShift, int rightMultiplier, int rightShift, bool subtracts, int outputMultiplier, int outputShift, RequantizationTarget target)
        : BinaryUInt8.IOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public byte Apply(int left, int right) =>
            SymmetricRequantizer.Scalar(Sum(left, right), outputMultiplier, outputShift, target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<int> Apply(Vector128<int> left, Vector128<int> right) => SymmetricRequantizer.PortableIntegers(
            Sum(left, right), Vector128.Create(outputMultiplier), Vector128.Create(outputShift), target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> ApplyAvx2(Vector256<int> left, Vector256<int> right) => SymmetricRequantizer.Avx2Integers(
            SumAvx2(left, right), Vector256.Create(outputMultiplier), Vector256.Create(outputShift), target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Scaled(int value, int zeroPoint, int multiplier, int shift) =>
            FixedPoint.Multiply((value - zeroPoint) << LeftShift, multiplier, shift, isSymmetric: true);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<int> Scaled(Vector128<int> values, int zeroPoint, int multiplier, int shift) => FixedPoint.Portable(
            Vector128.ShiftLeft(values - Vector128.Create(zeroPoint), LeftShift), Vector128.Create(multiplier), Vector128.Create(shift), isSymmetric: true);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<int> ScaledAvx2(Vector256<int> values, int zeroPoint, int multiplier, int shift) => FixedPoint.Avx2Vector(
            Avx2.ShiftLeftLogical(Avx2.Subtract(values, Vector256.Create(zeroPoint)), LeftShift), Vector256.Create(multiplier), Vector256.Create(shift), isSymmetric: true);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private int Sum(int left, int right)
        {
            int first = Scaled(left, leftZeroPoint, leftMultiplier, leftShift);
            int second = Scaled(right, rightZeroPoint, rightMultiplier, rightShift);
            return subtracts ? first - second : first + second;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector128<int> Sum(Vector128<int> left, Vector128<int> right)
        {
            Vector128<int> first = Scaled(left, leftZeroPoint, leftMultiplier, leftShift);
            Vector128<int> second = Scaled(right, rightZeroPoint, rightMultiplier, rightShift);
            return subtracts ? first - second : first + second;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector256<int> SumAvx2(Vector256<int> left, Vector256<int> right)
        {
            Vector256<int> first = ScaledAvx2(left, leftZeroPoint, leftMultiplier, leftShift);
            Vector256<int> second = ScaledAvx2(right, rightZeroPoint, rightMultiplier, rightShift);
            return subtracts ? Avx2.Subtract(first, second) : Avx2.Add(first, second);
        }
    }
}
