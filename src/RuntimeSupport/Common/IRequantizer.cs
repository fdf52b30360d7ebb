using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>From int32 sums to quantised values, one function an instruction set, all with the same bits. Multipliers are 32 bits that it knows how to read.</summary>
public interface IRequantizer
{
    /// <summary>Whether a channel has a shift beside its multiplier.</summary>
    static abstract bool HasShifts { get; }

    /// <summary>Requantises one sum: the truth.</summary>
    /// <param name="sum">The sum, bias included.</param>
    /// <param name="multiplier">The channel's multiplier.</param>
    /// <param name="shift">The channel's shift.</param>
    /// <param name="target">Range and zero point of the result.</param>
    /// <returns>The quantised value.</returns>
    static abstract byte Scalar(int sum, int multiplier, int shift, RequantizationTarget target);

    /// <summary>Requantises 4 sums with instructions that every processor has.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="multipliers">Their multipliers.</param>
    /// <param name="shifts">Their shifts.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>4 quantised values, 0…255.</returns>
    static abstract Vector128<int> PortableIntegers(Vector128<int> sums, Vector128<int> multipliers, Vector128<int> shifts, RequantizationTarget target);

    /// <summary>Requantises 8 sums with AVX2.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="multipliers">Their multipliers.</param>
    /// <param name="shifts">Their shifts.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>8 quantised values, 0…255.</returns>
    static abstract Vector256<int> Avx2Integers(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target);

    /// <summary>Requantises 16 sums with AVX-512.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="multipliers">Their multipliers.</param>
    /// <param name="shifts">Their shifts.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>16 quantised values, 0…255.</returns>
    static abstract Vector512<int> Avx512Integers(Vector512<int> sums, Vector512<int> multipliers, Vector512<int> shifts, RequantizationTarget target);

    /// <summary>Requantises rows of 16 sums with AVX-512; what depends on the channels alone is computed once.</summary>
    /// <param name="sums">The first row's sums.</param>
    /// <param name="stride">From a row's sums to the next one's.</param>
    /// <param name="multipliers">The first of the channels' multipliers.</param>
    /// <param name="output">Where offsets count from.</param>
    /// <param name="offsets">Where each row's 16 results go.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="target">Range and zero point of the results.</param>
    static abstract void Avx512Rows(ref int sums, nint stride, ref int multipliers, ref byte output, ref int offsets, int rows, RequantizationTarget target);
}
