using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Resizes a float32 tensor along one axis: each output slice is a weighted sum of a few input slices.</summary>
public static partial class ResampleAxisFloat32
{
    /// <summary>
    /// <c>output[o, i, n] = Σ weights[i·taps + t] · input[o, indices[i·taps + t], n]</c>, all row-major: from 0, in the order of the taps,
    /// multiplication and addition rounded separately.
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
        ReadOnlySpan<float> input,
        ReadOnlySpan<int> indices,
        ReadOnlySpan<float> weights,
        Span<float> output,
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

        int vectors = Vector128.IsHardwareAccelerated ? inner - (inner % 4) : 0;
        for (int block = 0; block < outer; block++)
        {
            ReadOnlySpan<float> from = input.Slice(block * inputLength * inner, inputLength * inner);
            Span<float> to = output.Slice(block * outputLength * inner, outputLength * inner);
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
        ReadOnlySpan<float> input, ReadOnlySpan<int> indices, ReadOnlySpan<float> weights, Span<float> output, int first, int taps, int inner)
    {
        ref float from = ref MemoryMarshal.GetReference(input);
        for (int tap = 0; output.Length > 0; output = output[inner..], tap += taps)
        {
            Span<float> to = output[..inner];
            for (int element = first; element < to.Length; element++)
            {
                float sum = 0;
                for (int index = tap; index < tap + taps; index++)
                {
                    sum += weights[index] * Unsafe.Add(ref from, ((nint)indices[index] * inner) + element);
                }

                to[element] = sum;
            }
        }
    }

    /// <summary>The elements of every slice before <paramref name="end"/>, 4 at a time.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Vectors(
        ReadOnlySpan<float> input, ReadOnlySpan<int> indices, ReadOnlySpan<float> weights, Span<float> output, int end, int taps, int inner)
    {
        ref float from = ref MemoryMarshal.GetReference(input);
        for (int tap = 0; output.Length > 0; output = output[inner..], tap += taps)
        {
            ref float to = ref MemoryMarshal.GetReference(output);
            for (int element = 0; element < end; element += 4)
            {
                Vector128<float> sum = Vector128<float>.Zero;
                for (int index = tap; index < tap + taps; index++)
                {
                    nint position = ((nint)indices[index] * inner) + element;
                    sum += Vector128.Create(weights[index]) * Vector128.LoadUnsafe(ref Unsafe.Add(ref from, position));
                }

                sum.StoreUnsafe(ref to, (nuint)element);
            }
        }
    }
}
