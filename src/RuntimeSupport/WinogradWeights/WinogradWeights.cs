using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Transforms the weights g of windows of 3×3 for <see cref="ByteWinogradConvolution"/>: <c>24·G g Gᵀ·24</c>, but for the factors that do not fit in int16
/// and that the transform of the products makes up for. Done once in the life of a model.
/// </summary>
public static class WinogradWeights
{
    private const int Taps = ByteWinogradConvolution.Kernel * ByteWinogradConvolution.Kernel;

    /// <summary>24·G: from a column of weights to its transform.</summary>
    private static ReadOnlySpan<sbyte> ColumnMatrix =>
    [
        6, 0, 0,
        -4, -4, -4,
        -4, 4, -4,
        1, 2, 4,
        1, -2, 4,
        0, 0, 24,
    ];

    /// <summary>The same for rows, less the factors of the output's transform.</summary>
    private static ReadOnlySpan<sbyte> RowMatrix =>
    [
        6, 0, 0,
        -2, -2, -2,
        -2, 2, -2,
        1, 2, 4,
        1, -2, 4,
        0, 0, 6,
    ];

    /// <summary>Transforms.</summary>
    /// <param name="weights"><c>[ceil(outputChannels / 16)][9][ceil(inputChannels / 4)][16][4]</c>, −128…127, filled up with zeros.</param>
    /// <param name="transformed"><c>[ceil(outputChannels / 16)][36][2 · ceil(inputChannels / 4)][16][2]</c>.</param>
    /// <param name="inputChannels">Input channels.</param>
    /// <param name="outputChannels">Output channels.</param>
    /// <exception cref="ArgumentException">A span is shorter than the counts imply, or a count is below 1.</exception>
    public static void Run(ReadOnlySpan<sbyte> weights, Span<short> transformed, int inputChannels, int outputChannels)
    {
        ConvolutionExtents.Positive(inputChannels, nameof(inputChannels));
        ConvolutionExtents.Positive(outputChannels, nameof(outputChannels));
        int blocks = ByteWinogradConvolution.Blocks(outputChannels), pairs = ByteWinogradConvolution.Pairs(inputChannels);
        KernelGuard.Holds(weights.Length, (long)blocks * Taps * pairs / 2 * ByteConvolution.QuadWeights, nameof(weights));
        KernelGuard.Holds(transformed.Length, ByteWinogradConvolution.TransformedLength(inputChannels, outputChannels), nameof(transformed));
        if (ByteWinogradConvolution.IsDirectFaster)
        {
            return;
        }

        if (Avx512BW.IsSupported)
        {
            RunVectors<ByteWinogradConvolution.Words512, Vector512<short>>(weights, transformed, blocks, pairs);
        }
        else if (Avx2.IsSupported)
        {
            RunVectors<ByteWinogradConvolution.Words256, Vector256<short>>(weights, transformed, blocks, pairs);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVectors<ByteWinogradConvolution.Words128, Vector128<short>>(weights, transformed, blocks, pairs);
        }
        else
        {
            RunScalar(weights, transformed, blocks, pairs);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar(ReadOnlySpan<sbyte> weights, Span<short> transformed, int blocks, int pairs)
    {
        for (int at = 0; at < blocks * ByteWinogradConvolution.Positions * pairs * ByteWinogradConvolution.PairWeights; at++)
        {
            (int pair, int lane) = Math.DivRem(at, ByteWinogradConvolution.PairWeights);
            (int place, pair) = Math.DivRem(pair, pairs);
            (int block, place) = Math.DivRem(place, ByteWinogradConvolution.Positions);
            (int i, int j) = Math.DivRem(place, ByteWinogradConvolution.InputExtent);
            int sum = 0;
            for (int tap = 0; tap < Taps; tap++)
            {
                int quad = (((block * Taps) + tap) * pairs / 2) + (pair / 2);
                int weight = weights[(quad * ByteConvolution.QuadWeights) + (lane / 2 * 4) + (pair % 2 * 2) + (lane % 2)];
                sum += ColumnMatrix[(i * ByteWinogradConvolution.Kernel) + (tap / ByteWinogradConvolution.Kernel)]
                    * RowMatrix[(j * ByteWinogradConvolution.Kernel) + (tap % ByteWinogradConvolution.Kernel)]
                    * weight;
            }

            transformed[at] = (short)sum;
        }
    }

    /// <summary>The transform of a vector of weights, and of as many in the next pair of inputs, at a time.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVectors<TWords, TVector>(ReadOnlySpan<sbyte> weights, Span<short> transformed, int blocks, int pairs)
        where TWords : struct, ByteWinogradConvolution.IWeightWords<TVector>
        where TVector : struct
    {
        Span<short> columns = CacheLine.Align(stackalloc short[(ByteWinogradConvolution.InputExtent * ByteWinogradConvolution.Kernel * TWords.Count) + (CacheLine.Bytes / sizeof(short))]);
        nint tapStride = (nint)pairs / 2 * ByteConvolution.QuadWeights;
        nint positionStride = (nint)pairs * ByteWinogradConvolution.PairWeights;
        for (nint block = 0; block < blocks; block++)
        {
            ref sbyte from = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights), block * Taps * tapStride);
            ref short to = ref Unsafe.Add(ref MemoryMarshal.GetReference(transformed), block * ByteWinogradConvolution.Positions * positionStride);
            for (nint quad = 0; quad < pairs / 2; quad++)
            {
                for (nint lane = 0; lane < ByteWinogradConvolution.PairWeights; lane += TWords.Count)
                {
                    ref sbyte line = ref Unsafe.Add(ref from, (quad * ByteConvolution.QuadWeights) + (2 * lane));
                    ref short pair = ref Unsafe.Add(ref to, (2 * quad * ByteWinogradConvolution.PairWeights) + lane);
                    Transform<TWords, TVector>(ref line, tapStride, second: false, ref MemoryMarshal.GetReference(columns), ref pair, positionStride);
                    Transform<TWords, TVector>(ref line, tapStride, second: true, ref MemoryMarshal.GetReference(columns), ref Unsafe.Add(ref pair, ByteWinogradConvolution.PairWeights), positionStride);
                }
            }
        }
    }

    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void Transform<TWords, TVector>(ref sbyte line, nint tapStride, bool second, ref short columns, ref short transformed, nint positionStride)
        where TWords : struct, ByteWinogradConvolution.IWeightWords<TVector>
        where TVector : struct
    {
        nint count = TWords.Count, rowStride = ByteWinogradConvolution.Kernel * count;
        for (nint column = 0; column < ByteWinogradConvolution.Kernel; column++)
        {
            ref sbyte taps = ref Unsafe.Add(ref line, column * tapStride);
            Transform<TWords, TVector>(
                TWords.Pairs(ref taps, second),
                TWords.Pairs(ref Unsafe.Add(ref taps, ByteWinogradConvolution.Kernel * tapStride), second),
                TWords.Pairs(ref Unsafe.Add(ref taps, 2 * ByteWinogradConvolution.Kernel * tapStride), second),
                -4, 24, ref Unsafe.Add(ref columns, column * count), rowStride);
        }

        for (nint row = 0; row < ByteWinogradConvolution.InputExtent; row++)
        {
            ref short from = ref Unsafe.Add(ref columns, row * rowStride);
            Transform<TWords, TVector>(
                TWords.Load(ref from), TWords.Load(ref Unsafe.Add(ref from, count)), TWords.Load(ref Unsafe.Add(ref from, 2 * count)),
                -2, 6, ref Unsafe.Add(ref transformed, row * ByteWinogradConvolution.InputExtent * positionStride), positionStride);
        }
    }

    /// <summary>Three weights times a matrix, whose second and third row have the factor <paramref name="middle"/>, and the last <paramref name="last"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transform<TWords, TVector>(TVector weight0, TVector weight1, TVector weight2, short middle, short last, ref short target, nint step)
        where TWords : struct, ByteWinogradConvolution.IWeightWords<TVector>
        where TVector : struct
    {
        TVector outer = TWords.Add(weight0, weight2);
        TVector even = TWords.Add(weight0, TWords.FourTimes(weight2)), odd = TWords.Twice(weight1);
        TWords.Store(TWords.Multiply(weight0, 6), ref target);
        TWords.Store(TWords.Multiply(TWords.Add(outer, weight1), middle), ref Unsafe.Add(ref target, step));
        TWords.Store(TWords.Multiply(TWords.Subtract(outer, weight1), middle), ref Unsafe.Add(ref target, 2 * step));
        TWords.Store(TWords.Add(even, odd), ref Unsafe.Add(ref target, 3 * step));
        TWords.Store(TWords.Subtract(even, odd), ref Unsafe.Add(ref target, 4 * step));
        TWords.Store(TWords.Multiply(weight2, last), ref Unsafe.Add(ref target, 5 * step));
    }
}
