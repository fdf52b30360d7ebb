using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Resizes a uint8 tensor along one axis: each output slice is a weighted sum of a few input slices, rounded.</summary>
public static partial class ResampleAxisUInt8
{
    /// <summary>Adding it to a number of 0…255 leaves the number, rounded to even, in the low bits.</summary>
    private const float RoundingOffset = 8388608f;

    /// <summary>
    /// <c>output[o, i, n] = roundToEven(clamp(Σ weights[i·taps + t] · input[o, indices[i·taps + t], n], 0, 255))</c>, all row-major. The sum is
    /// in float32 from 0, in the order of the taps, multiplication and addition rounded separately. A sum that is not a number gives 0.
    /// </summary>
    /// <param name="input">[outer, inputLength, inner].</param>
    /// <param name="indices">outputLength × taps slices, each 0…inputLength − 1.</param>
    /// <param name="weights">outputLength × taps weights.</param>
    /// <param name="output">[outer, outputLength, inner]; must not overlap the input.</param>
    /// <param name="outer">Product of the extents before the axis.</param>
    /// <param name="inputLength">Extent of the axis in the input.</param>
    /// <param name="outputLength">Extent of the axis in the output.</param>
    /// <param name="taps">Input slices an output slice; 0 gives zeros.</param>
    /// <param name="inner">Product of the extents after the axis.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or an index is out of range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<int> indices,
        ReadOnlySpan<float> weights,
        Span<byte> output,
        int outer,
        int inputLength,
        int outputLength,
        int taps,
        int inner)
    {
        ResampleGuard.Check(input.Length, indices, weights.Length, output.Length, outer, inputLength, outputLength, taps, inner);
        if (inner == 0)
        {
            return;
        }

        int vectors = Vector128.IsHardwareAccelerated ? inner - (inner % 8) : 0;
        for (int block = 0; block < outer; block++)
        {
            ReadOnlySpan<byte> from = input.Slice(block * inputLength * inner, inputLength * inner);
            Span<byte> to = output.Slice(block * outputLength * inner, outputLength * inner);
            if (vectors > 0)
            {
                Vectors(from, indices, weights, to, vectors, taps, inner);
            }

            if (vectors < inner)
            {
                Elements(from, indices, weights, to, vectors, taps, inner);
            }
        }
    }

    /// <summary>The elements of every slice from <paramref name="first"/> on, one by one.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Elements(
        ReadOnlySpan<byte> input, ReadOnlySpan<int> indices, ReadOnlySpan<float> weights, Span<byte> output, int first, int taps, int inner)
    {
        ref byte from = ref MemoryMarshal.GetReference(input);
        for (int tap = 0; output.Length > 0; output = output[inner..], tap += taps)
        {
            Span<byte> to = output[..inner];
            for (int element = first; element < to.Length; element++)
            {
                float sum = 0;
                for (int index = tap; index < tap + taps; index++)
                {
                    sum += weights[index] * Unsafe.Add(ref from, ((nint)indices[index] * inner) + element);
                }

                // Written so that NaN goes to 0.
                to[element] = sum > 0 ? (byte)MathF.Round(sum < 255 ? sum : 255) : (byte)0;
            }
        }
    }

    /// <summary>The elements of every slice before <paramref name="end"/>, 8 at a time.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Vectors(
        ReadOnlySpan<byte> input, ReadOnlySpan<int> indices, ReadOnlySpan<float> weights, Span<byte> output, int end, int taps, int inner)
    {
        ref byte from = ref MemoryMarshal.GetReference(input);
        for (int tap = 0; output.Length > 0; output = output[inner..], tap += taps)
        {
            ref byte to = ref MemoryMarshal.GetReference(output);
            for (int element = 0; element < end; element += 8)
            {
                Vector128<float> lowerSum = Vector128<float>.Zero;
                Vector128<float> upperSum = Vector128<float>.Zero;
                for (int index = tap; index < tap + taps; index++)
                {
                    nint position = ((nint)indices[index] * inner) + element;
                    ulong eight = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, position));
                    Vector128<short> values = Vector128.WidenLower(Vector128.CreateScalar(eight).AsByte()).AsInt16();
                    Vector128<float> weight = Vector128.Create(weights[index]);
                    lowerSum += weight * Vector128.ConvertToSingle(Vector128.WidenLower(values));
                    upperSum += weight * Vector128.ConvertToSingle(Vector128.WidenUpper(values));
                }

                Vector128<short> rounded = Vector128.Narrow(Round(lowerSum), Round(upperSum));
                Vector128<byte> bytes = Vector128.Narrow(rounded.AsUInt16(), rounded.AsUInt16());
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, element), bytes.AsUInt64().ToScalar());
            }
        }
    }

    /// <summary>Clamps to 0…255 (NaN to 0) and rounds to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Round(Vector128<float> sums)
    {
        Vector128<float> highest = Vector128.Create(255f);
        Vector128<float> positive = Vector128.ConditionalSelect(Vector128.GreaterThan(sums, Vector128<float>.Zero), sums, Vector128<float>.Zero);
        Vector128<float> clamped = Vector128.ConditionalSelect(Vector128.LessThan(positive, highest), positive, highest);
        return (clamped + Vector128.Create(RoundingOffset)).AsInt32() & Vector128.Create(0xFF);
    }
}
