using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Sum of two quantised tensors, with broadcasting.</summary>
public static partial class AddUInt8
{
    /// <summary>Adds: <c>round(clamp(left * leftMultiplier + (right * rightMultiplier + offset))) + outputZeroPoint</c>, every operation rounded by itself.</summary>
    /// <param name="left">First operand.</param>
    /// <param name="right">Second operand.</param>
    /// <param name="output">Results; may be one of the operands if it has the same strides.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="leftStrides">Strides of the first operand in elements; 0 where it is broadcast.</param>
    /// <param name="rightStrides">Strides of the second operand in elements; 0 where it is broadcast.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <param name="leftMultiplier">Left scale / output scale.</param>
    /// <param name="rightMultiplier">Right scale / output scale; negative to subtract.</param>
    /// <param name="offset">−(left zero point × left multiplier + right zero point × right multiplier).</param>
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
        float leftMultiplier,
        float rightMultiplier,
        float offset,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        Requantization.Target target = Requantization.Target.Of(outputZeroPoint, outputMinimum, outputMaximum);
        BinaryUInt8.Run(new BinaryUInt8.Arguments(left, right, output, shape, leftStrides, rightStrides, outputStrides), new Operation(leftMultiplier, rightMultiplier, offset, target));
    }

    /// <summary>The sum of a pair, with separate roundings.</summary>
    internal readonly struct Operation(float leftMultiplier, float rightMultiplier, float offset, Requantization.Target target) : BinaryUInt8.IOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public byte Apply(int left, int right) => Requantization.Scalar((left * leftMultiplier) + ((right * rightMultiplier) + offset), target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector128<int> Apply(Vector128<int> left, Vector128<int> right) => Requantization.Portable(
            (Vector128.ConvertToSingle(left) * Vector128.Create(leftMultiplier))
            + ((Vector128.ConvertToSingle(right) * Vector128.Create(rightMultiplier)) + Vector128.Create(offset)),
            target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> ApplyAvx2(Vector256<int> left, Vector256<int> right) => Requantization.Avx2Integers(
            Avx.Add(
                Avx.Multiply(Avx.ConvertToVector256Single(left), Vector256.Create(leftMultiplier)),
                Avx.Add(Avx.Multiply(Avx.ConvertToVector256Single(right), Vector256.Create(rightMultiplier)), Vector256.Create(offset))),
            target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> ApplyAvx512(Vector512<int> left, Vector512<int> right) => Requantization.Avx512Integers(
            Avx512F.Add(
                Avx512F.Multiply(Avx512F.ConvertToVector512Single(left), Vector512.Create(leftMultiplier)),
                Avx512F.Add(Avx512F.Multiply(Avx512F.ConvertToVector512Single(right), Vector512.Create(rightMultiplier)), Vector512.Create(offset))),
            target);
    }
}
