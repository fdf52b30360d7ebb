using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class SoftmaxFloat32
{
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512(ReadOnlySpan<float> input, Span<float> output)
    {
        ref float source = ref MemoryMarshal.GetReference(input);
        ref float target = ref MemoryMarshal.GetReference(output);
        Vector512<float> maxima = Vector512.Create(float.NegativeInfinity);
        int column = 0;
        for (; column <= input.Length - 16; column += 16)
        {
            Vector512<float> values = Vector512.LoadUnsafe(ref source, (nuint)column);
            maxima = Vector512.ConditionalSelect(Vector512.GreaterThan(values, maxima), values, maxima);
        }

        float maximum = Maximum(input.Slice(column), float.NegativeInfinity);
        for (int lane = 0; lane < 16; lane++)
        {
            maximum = maxima.GetElement(lane) > maximum ? maxima.GetElement(lane) : maximum;
        }

        Vector512<float> subtrahend = Vector512.Create(maximum);
        Vector512<float> partials0 = default;
        for (column = 0; column <= input.Length - Partials; column += Partials)
        {
            Vector512<float> exponentials = Exponential.Avx512(Vector512.LoadUnsafe(ref source, (nuint)column) - subtrahend);
            exponentials.StoreUnsafe(ref target, (nuint)column);
            partials0 += exponentials;
        }

        Span<float> partials = stackalloc float[Partials];
        partials0.CopyTo(partials);
        Finish(input, output, maximum, partials, column);
    }
}
