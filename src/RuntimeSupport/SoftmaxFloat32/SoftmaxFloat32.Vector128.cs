using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class SoftmaxFloat32
{
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<float> input, Span<float> output)
    {
        ref float source = ref MemoryMarshal.GetReference(input);
        ref float target = ref MemoryMarshal.GetReference(output);
        Vector128<float> maxima = Vector128.Create(float.NegativeInfinity);
        int column = 0;
        for (; column <= input.Length - 4; column += 4)
        {
            Vector128<float> values = Vector128.LoadUnsafe(ref source, (nuint)column);
            maxima = Vector128.ConditionalSelect(Vector128.GreaterThan(values, maxima), values, maxima);
        }

        float maximum = Maximum(input.Slice(column), float.NegativeInfinity);
        for (int lane = 0; lane < 4; lane++)
        {
            maximum = maxima.GetElement(lane) > maximum ? maxima.GetElement(lane) : maximum;
        }

        Vector128<float> subtrahend = Vector128.Create(maximum);
        Vector128<float> partials0 = default, partials1 = default, partials2 = default, partials3 = default;
        for (column = 0; column <= input.Length - Partials; column += Partials)
        {
            Vector128<float> exponentials = Exponential.Of(Vector128.LoadUnsafe(ref source, (nuint)column) - subtrahend);
            exponentials.StoreUnsafe(ref target, (nuint)column);
            partials0 += exponentials;
            exponentials = Exponential.Of(Vector128.LoadUnsafe(ref source, (nuint)column + 4) - subtrahend);
            exponentials.StoreUnsafe(ref target, (nuint)column + 4);
            partials1 += exponentials;
            exponentials = Exponential.Of(Vector128.LoadUnsafe(ref source, (nuint)column + 8) - subtrahend);
            exponentials.StoreUnsafe(ref target, (nuint)column + 8);
            partials2 += exponentials;
            exponentials = Exponential.Of(Vector128.LoadUnsafe(ref source, (nuint)column + 12) - subtrahend);
            exponentials.StoreUnsafe(ref target, (nuint)column + 12);
            partials3 += exponentials;
        }

        Span<float> partials = stackalloc float[Partials];
        partials0.CopyTo(partials);
        partials1.CopyTo(partials.Slice(4));
        partials2.CopyTo(partials.Slice(8));
        partials3.CopyTo(partials.Slice(12));
        Finish(input, output, maximum, partials, column);
    }
}
