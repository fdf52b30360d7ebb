using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class LookupUInt8
{
    /// <summary>At least 64 lookups, so many at a time: one permutation a half of the table, chosen by the top bit of the index.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512Vbmi(ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output)
    {
        ref byte source = ref MemoryMarshal.GetReference(input);
        ref byte target = ref MemoryMarshal.GetReference(output);
        ref Vector512<byte> quarters = ref Unsafe.As<byte, Vector512<byte>>(ref MemoryMarshal.GetReference(table));
        Vector512<byte> table0 = quarters, table1 = Unsafe.Add(ref quarters, 1), table2 = Unsafe.Add(ref quarters, 2), table3 = Unsafe.Add(ref quarters, 3);

        // The last 64 are looked up first, and stored last: results may replace what is looked up, and some are looked up twice.
        int last = input.Length - 64;
        Vector512<byte> end = LookUp(ref Unsafe.Add(ref source, last), table0, table1, table2, table3);
        for (int at = 0; at < last; at += 64)
        {
            Unsafe.As<byte, Vector512<byte>>(ref Unsafe.Add(ref target, at)) = LookUp(ref Unsafe.Add(ref source, at), table0, table1, table2, table3);
        }

        Unsafe.As<byte, Vector512<byte>>(ref Unsafe.Add(ref target, last)) = end;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> LookUp(ref byte source, Vector512<byte> table0, Vector512<byte> table1, Vector512<byte> table2, Vector512<byte> table3)
    {
        Vector512<byte> index = Unsafe.As<byte, Vector512<byte>>(ref source);
        Vector512<byte> lower = Avx512Vbmi.PermuteVar64x8x2(table0, index, table1);
        Vector512<byte> upper = Avx512Vbmi.PermuteVar64x8x2(table2, index, table3);
        Vector512<byte> isUpper = Avx512BW.CompareGreaterThanOrEqual(index, Vector512.Create((byte)128));
        return Avx512BW.BlendVariable(lower, upper, isUpper);
    }
}
