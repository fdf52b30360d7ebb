using System;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The raw edge of an int8 model, from the outside's int8 to the inside's uint8: the two differ by 128, that is, in the top bit.</summary>
public static partial class InsertSByte
{
    /// <summary><c>output[i]</c> is <c>input[i]</c> with its top bit flipped.</summary>
    /// <param name="input">The values.</param>
    /// <param name="output">Where to write; may be the input.</param>
    /// <param name="count">Number of values.</param>
    /// <exception cref="ArgumentException">A span is too short, or the count is negative.</exception>
    public static void Run(ReadOnlySpan<sbyte> input, Span<byte> output, int count)
    {
        ExtentGuard.NotNegative(count, nameof(count));
        KernelGuard.Holds(input.Length, count, nameof(input));
        KernelGuard.Holds(output.Length, count, nameof(output));
        TopBit.Flip(MemoryMarshal.AsBytes(input[..count]), output);
    }
}
