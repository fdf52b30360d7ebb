using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// From int32 accumulators to quantised bytes: <c>roundToEven(clamp(float(accumulator) * multiplier, minimum − zeroPoint, maximum − zeroPoint)) + zeroPoint</c>.
/// One function an instruction set, all with the same bits.
/// </summary>
public static class Requantization
{
    /// <summary>1.5 · 2²³: a float of magnitude below 2²² added to it is rounded to an integer, ties to even, in its low bits.</summary>
    private const float RoundingShift = 12582912f;

    private const int RoundingShiftBits = 0x4B400000;

    /// <summary>The target of a requantisation.</summary>
    /// <param name="ZeroPoint">Quantised value of zero, 0…255.</param>
    /// <param name="Low">Smallest result less the zero point.</param>
    /// <param name="High">Largest result less the zero point.</param>
    public readonly record struct Target(int ZeroPoint, float Low, float High)
    {
        /// <summary>A target given by its smallest and largest quantised value.</summary>
        /// <param name="zeroPoint">Quantised value of zero, 0…255.</param>
        /// <param name="minimum">Smallest result, 0…255.</param>
        /// <param name="maximum">Largest result, <paramref name="minimum"/>…255.</param>
        /// <returns>The target.</returns>
        /// <exception cref="ArgumentException">The numbers are outside their ranges.</exception>
        public static Target Of(int zeroPoint, int minimum, int maximum)
        {
            if (zeroPoint is < 0 or > 255 || minimum < 0 || maximum > 255 || minimum > maximum)
            {
                throw new ArgumentException($"Zero point {zeroPoint} and range {minimum}…{maximum} do not fit a byte.", nameof(zeroPoint));
            }

            return new Target(zeroPoint, minimum - zeroPoint, maximum - zeroPoint);
        }
    }

    /// <summary>Requantises one accumulator.</summary>
    /// <param name="accumulator">The sum, bias included.</param>
    /// <param name="multiplier">Input scale × weight scale / output scale, finite.</param>
    /// <param name="target">Range and zero point of the result.</param>
    /// <returns>The quantised value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Scalar(int accumulator, float multiplier, Target target) => Scalar(accumulator * multiplier, target);

    /// <summary>Rounds one value that is in steps of the output scale already.</summary>
    /// <param name="value">The value, not NaN.</param>
    /// <param name="target">Range and zero point of the result.</param>
    /// <returns>The quantised value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Scalar(float value, Target target)
    {
        float clamped = value < target.Low ? target.Low : value > target.High ? target.High : value;

        // Ties go to even.
        return (byte)((int)MathF.Round(clamped) + target.ZeroPoint);
    }

    /// <summary>Rounds 4 values that are in steps of the output scale already.</summary>
    /// <param name="values">The values, not NaN.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>4 quantised values, 0…255.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Portable(Vector128<float> values, Target target)
    {
        Vector128<float> clamped = FloatRange.Clamp(values, Vector128.Create(target.Low), Vector128.Create(target.High));
        return (clamped + Vector128.Create(RoundingShift)).AsInt32() + Vector128.Create(target.ZeroPoint - RoundingShiftBits);
    }

    /// <summary>Rounds 8 values that are in steps of the output scale already, with AVX2.</summary>
    /// <param name="values">The values, not NaN.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>8 quantised values, 0…255.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Integers(Vector256<float> values, Target target)
    {
        Vector256<float> clamped = Avx.Min(Avx.Max(values, Vector256.Create(target.Low)), Vector256.Create(target.High));
        return Avx2.Add(Avx.ConvertToVector256Int32(clamped), Vector256.Create(target.ZeroPoint));
    }

    /// <summary>Rounds 16 values that are in steps of the output scale already, with AVX-512.</summary>
    /// <param name="values">The values, not NaN.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>16 quantised values, 0…255.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Integers(Vector512<float> values, Target target)
    {
        Vector512<float> clamped = Avx512F.Min(Avx512F.Max(values, Vector512.Create(target.Low)), Vector512.Create(target.High));
        return Avx512F.Add(Avx512F.ConvertToVector512Int32(clamped), Vector512.Create(target.ZeroPoint));
    }
}
