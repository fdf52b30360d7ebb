using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class SoftmaxFloat32
{
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<float> input, Span<float> output)
    {
        ref float source = ref MemoryMarshal.GetReference(input);
        ref float target = ref MemoryMarshal.GetReference(output);
        Vector256<float> maxima = Vector256.Create(float.NegativeInfinity);
        int column = 0;
        for (; column <= input.Length - 8; column += 8)
        {
            Vector256<float> values = Vector256.LoadUnsafe(ref source, (nuint)column);
            maxima = Vector256.ConditionalSelect(Vector256.GreaterThan(values, maxima), values, maxima);
        }

        float maximum = Maximum(input.Slice(column), float.NegativeInfinity);
        for (int lane = 0; lane < 8; lane++)
        {
            maximum = maxima.GetElement(lane) > maximum ? maxima.GetElement(lane) : maximum;
        }

        Vector256<float> subtrahend = Vector256.Create(maximum);
        Vector256<float> partials0 = default, partials1 = default;
        for (column = 0; column <= input.Length - Partials; column += Partials)
        {
            Vector256<float> exponentials = Exponential.Avx2(Vector256.LoadUnsafe(ref source, (nuint)column) - subtrahend);
            exponentials.StoreUnsafe(ref target, (nuint)column);
            partials0 += exponentials;
            exponentials = Exponential.Avx2(Vector256.LoadUnsafe(ref source, (nuint)column + 8) - subtrahend);
            exponentials.StoreUnsafe(ref target, (nuint)column + 8);
            partials1 += exponentials;
        }

        Span<float> partials = stackalloc float[Partials];
        partials0.CopyTo(partials);
        partials1.CopyTo(partials.Slice(8));
        Finish(input, output, maximum, partials, column);
    }
}
