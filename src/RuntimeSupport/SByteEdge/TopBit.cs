using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>What <c>ExtractSByte</c> and <c>InsertSByte</c> share.</summary>
internal static class TopBit
{
    /// <summary>Copies bytes with the top bit flipped. The output holds at least as many as the input and may be the same memory.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void Flip(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ref byte from = ref MemoryMarshal.GetReference(input);
        ref byte to = ref MemoryMarshal.GetReference(output);
        int done = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; done + Vector128<byte>.Count <= input.Length; done += Vector128<byte>.Count)
            {
                (Vector128.LoadUnsafe(ref from, (nuint)done) ^ Vector128.Create((byte)0x80)).StoreUnsafe(ref to, (nuint)done);
            }
        }

        for (; done < input.Length; done++)
        {
            output[done] = (byte)(input[done] ^ 0x80);
        }
    }
}
