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
        ref byte results = ref MemoryMarshal.GetReference(table);
        Vector512<byte> table0 = Vector512.LoadUnsafe(ref results), table1 = Vector512.LoadUnsafe(ref results, 64);
        Vector512<byte> table2 = Vector512.LoadUnsafe(ref results, 128), table3 = Vector512.LoadUnsafe(ref results, 192);

        // The last 64 are looked up first, and stored last: results may replace what is looked up, and some are looked up twice.
        nuint last = (nuint)(input.Length - 64);
        Vector512<byte> end = LookUp(Vector512.LoadUnsafe(ref source, last), table0, table1, table2, table3);
        for (nuint at = 0; at < last; at += 64)
        {
            LookUp(Vector512.LoadUnsafe(ref source, at), table0, table1, table2, table3).StoreUnsafe(ref target, at);
        }

        end.StoreUnsafe(ref target, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> LookUp(Vector512<byte> index, Vector512<byte> table0, Vector512<byte> table1, Vector512<byte> table2, Vector512<byte> table3)
    {
        Vector512<byte> lower = Avx512Vbmi.PermuteVar64x8x2(table0, index, table1);
        Vector512<byte> upper = Avx512Vbmi.PermuteVar64x8x2(table2, index, table3);
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(index, Vector512.Create((byte)128)), upper, lower);
    }
}
