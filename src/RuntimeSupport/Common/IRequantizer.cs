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

    /// <summary>Multiplies and rounds 8 sums with AVX2: zero point and range are still to be applied.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="multipliers">Their multipliers.</param>
    /// <param name="shifts">Their shifts.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>8 integers.</returns>
    static abstract Vector256<int> Avx2Products(Vector256<int> sums, Vector256<int> multipliers, Vector256<int> shifts, RequantizationTarget target);

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

    /// <summary>The smallest result.</summary>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>0…255.</returns>
    static abstract byte Minimum(RequantizationTarget target);

    /// <summary>The largest result.</summary>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>0…255.</returns>
    static abstract byte Maximum(RequantizationTarget target);

    /// <summary>Whether <see cref="Avx512Product"/> is right for some channels; else <see cref="Avx512Rows"/> must be used.</summary>
    /// <param name="multipliers">The first of the channels' multipliers.</param>
    /// <param name="channels">Number of channels, a multiple of 16.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <returns>Whether it is.</returns>
    static abstract bool HasAvx512Products(ref int multipliers, int channels, RequantizationTarget target);

    /// <summary>Computes what <see cref="Avx512Product"/> reads of 16 channels.</summary>
    /// <param name="multipliers">The first of the channels' multipliers.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <param name="prepared">What is computed, <see cref="ByteLanes.PreparedNumbers"/> at most.</param>
    static abstract void Avx512Prepare(ref int multipliers, RequantizationTarget target, ref int prepared);

    /// <summary>Multiplies and rounds 16 sums with AVX-512: zero point and range are still to be applied.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="prepared">What was computed of their channels.</param>
    /// <returns>16 integers.</returns>
    static abstract Vector512<int> Avx512Product(Vector512<int> sums, ref int prepared);

    /// <summary>The same for 7 rows of 16 sums, the results in their place.</summary>
    /// <param name="sums0">The first row.</param>
    /// <param name="sums1">The second row.</param>
    /// <param name="sums2">The third row.</param>
    /// <param name="sums3">The fourth row.</param>
    /// <param name="sums4">The fifth row.</param>
    /// <param name="sums5">The sixth row.</param>
    /// <param name="sums6">The seventh row.</param>
    /// <param name="prepared">What was computed of their channels.</param>
    static abstract void Avx512Products(
        ref Vector512<int> sums0, ref Vector512<int> sums1, ref Vector512<int> sums2, ref Vector512<int> sums3, ref Vector512<int> sums4, ref Vector512<int> sums5,
        ref Vector512<int> sums6, ref int prepared);
}
