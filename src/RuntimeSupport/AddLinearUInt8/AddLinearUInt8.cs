using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Sum of two quantised tensors as one linear function of their bytes, with broadcasting. The compiler names it where it gives what a sum of several
/// roundings gives, for every pair of bytes.
/// </summary>
public static class AddLinearUInt8
{
    /// <summary>Adds: <c>clamp((left · leftFactor + right · rightFactor + offset) / 2^shift)</c>, rounded down.</summary>
    /// <param name="left">First operand.</param>
    /// <param name="right">Second operand.</param>
    /// <param name="output">Results; may be one of the operands if it has the same strides.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="leftStrides">Strides of the first operand in elements; 0 where it is broadcast.</param>
    /// <param name="rightStrides">Strides of the second operand in elements; 0 where it is broadcast.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <param name="leftFactor">Steps of the output that a step of the first operand is, times 2^shift.</param>
    /// <param name="rightFactor">The same of the second operand; negative to subtract.</param>
    /// <param name="offset">What makes up for the zero points and rounds, times 2^shift.</param>
    /// <param name="shift">0…30.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the shape and strides imply, or numbers are outside their ranges or leave 32 bits.</exception>
    public static void Run(
        ReadOnlySpan<byte> left,
        ReadOnlySpan<byte> right,
        Span<byte> output,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<int> leftStrides,
        ReadOnlySpan<int> rightStrides,
        ReadOnlySpan<int> outputStrides,
        int leftFactor,
        int rightFactor,
        int offset,
        int shift,
        int outputMinimum,
        int outputMaximum)
    {
        RequantizationTarget.Check(0, outputMinimum, outputMaximum);
        long least = offset + (byte.MaxValue * (Math.Min(leftFactor, 0L) + Math.Min(rightFactor, 0L)));
        long greatest = offset + (byte.MaxValue * (Math.Max(leftFactor, 0L) + Math.Max(rightFactor, 0L)));
        if (shift is < 0 or > 30 || least < int.MinValue || greatest > int.MaxValue)
        {
            throw new ArgumentException($"Factors {leftFactor} and {rightFactor}, offset {offset} and shift {shift} do not fit 32 bits.", nameof(leftFactor));
        }

        BinaryUInt8.Run(
            new BinaryUInt8.Arguments(left, right, output, shape, leftStrides, rightStrides, outputStrides),
            new Operation(leftFactor, rightFactor, offset, shift, outputMinimum, outputMaximum));
    }

    /// <summary>The sum of a pair. Products and partial sums may wrap around, the whole does not.</summary>
    internal readonly struct Operation(int leftFactor, int rightFactor, int offset, int shift, int minimum, int maximum) : BinaryUInt8.IOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public byte Apply(int left, int right)
        {
            // Not by Math.Clamp: its exception loads the framework's texts.
            int sum = unchecked((left * leftFactor) + (right * rightFactor) + offset) >> shift;
            return (byte)(sum < minimum ? minimum : sum > maximum ? maximum : sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<int> Apply(Vector128<int> left, Vector128<int> right)
        {
            Vector128<int> sums = (left * Vector128.Create(leftFactor)) + (right * Vector128.Create(rightFactor)) + Vector128.Create(offset);
            return Vector128.Min(Vector128.Max(Vector128.ShiftRightArithmetic(sums, shift), Vector128.Create(minimum)), Vector128.Create(maximum));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> ApplyAvx2(Vector256<int> left, Vector256<int> right)
        {
            Vector256<int> products = Avx2.Add(Avx2.MultiplyLow(left, Vector256.Create(leftFactor)), Avx2.MultiplyLow(right, Vector256.Create(rightFactor)));
            Vector256<int> sums = Avx2.ShiftRightArithmetic(Avx2.Add(products, Vector256.Create(offset)), Vector128.CreateScalar(shift));
            return Avx2.Min(Avx2.Max(sums, Vector256.Create(minimum)), Vector256.Create(maximum));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> ApplyAvx512(Vector512<int> left, Vector512<int> right)
        {
            Vector512<int> products = Avx512F.Add(Avx512F.MultiplyLow(left, Vector512.Create(leftFactor)), Avx512F.MultiplyLow(right, Vector512.Create(rightFactor)));
            Vector512<int> sums = Avx512F.ShiftRightArithmetic(Avx512F.Add(products, Vector512.Create(offset)), Vector128.CreateScalar(shift));
            return Avx512F.Min(Avx512F.Max(sums, Vector512.Create(minimum)), Vector512.Create(maximum));
        }
    }
}
