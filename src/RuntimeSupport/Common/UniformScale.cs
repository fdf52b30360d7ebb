using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>A <see cref="FixedPoint"/> number that many integers are multiplied by, halves of the second rounding away from zero: what loops need of it, found once.</summary>
public readonly struct UniformScale
{
    private readonly int multiplier;
    private readonly int shift;
    private readonly long first;
    private readonly long second;
    private readonly long nudge;

    /// <summary>A number.</summary>
    /// <param name="multiplier">2³⁰…2³¹ − 1, or 0.</param>
    /// <param name="shift">−30…30.</param>
    public UniformScale(int multiplier, int shift)
    {
        this.multiplier = multiplier;
        this.shift = shift;
        (first, second, nudge) = FixedPoint.SymmetricRoundings(shift);
    }

    /// <summary>Multiplies an integer.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>The rounded product.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Of(int value) => FixedPoint.Multiply(value, multiplier, shift, isSymmetric: true);

    /// <summary>Multiplies 4 integers.</summary>
    /// <param name="values">The integers.</param>
    /// <returns>The rounded products.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<int> Of(Vector128<int> values) => FixedPoint.Portable(values, Vector128.Create(multiplier), Vector128.Create(shift), isSymmetric: true);

    /// <summary>Multiplies 8 integers with AVX2.</summary>
    /// <param name="values">The integers.</param>
    /// <returns>The rounded products.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<int> OfAvx2(Vector256<int> values)
    {
        // FixedPoint.Avx2Vector with shifts that all lanes have in common: these need no vectors of uint, a type that a cold process would have to load.
        int right = Math.Max(-shift, 0);
        Vector256<int> multipliers = Vector256.Create(multiplier);
        values = Avx2.ShiftLeftLogical(values, Vector128.CreateScalar(Math.Max(shift, 0)));
        Vector256<long> half = Vector256.Create(FixedPoint.RoundingHalf);
        Vector256<long> even = Avx2.Add(Avx2.Multiply(values, multipliers), half);
        Vector256<long> odd = Avx2.Add(Avx2.Multiply(Avx2.Shuffle(values, FixedPoint.OddToEven), multipliers), half);
        even = Avx2.ShiftRightLogical(even, FixedPoint.RoundingBits);
        odd = Avx2.ShiftLeftLogical(odd, 1);
        Vector256<int> products = Avx2.Blend(Unsafe.As<Vector256<long>, Vector256<int>>(ref even), Unsafe.As<Vector256<long>, Vector256<int>>(ref odd), 0b1010_1010);
        if (right > 0)
        {
            products = Avx2.Add(Avx2.Add(products, Vector256.Create(1 << (right - 1))), Avx2.ShiftRightArithmetic(products, 31));
        }

        return Avx2.ShiftRightArithmetic(products, Vector128.CreateScalar(right));
    }

    /// <summary>Multiplies 16 integers with AVX-512.</summary>
    /// <param name="values">The integers.</param>
    /// <returns>The rounded products.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> OfAvx512(Vector512<int> values) => FixedPoint.Avx512Symmetric(
        values, Vector512.Create(multiplier), Vector512.Create(first), Vector512.Create(second), Vector512.Create(nudge), Vector512.Create((ulong)(FixedPoint.RoundingBits - shift)));
}
