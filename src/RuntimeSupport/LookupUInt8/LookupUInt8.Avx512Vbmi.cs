using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class LookupUInt8
{
    /// <summary>64 lookups at a time: one permutation a half of the table, chosen by the top bit of the index.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512Vbmi(ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output)
    {
        ref byte source = ref MemoryMarshal.GetReference(input);
        ref byte target = ref MemoryMarshal.GetReference(output);
        ref byte results = ref MemoryMarshal.GetReference(table);
        Vector512<byte> table0 = Vector512.LoadUnsafe(ref results), table1 = Vector512.LoadUnsafe(ref results, 64);
        Vector512<byte> table2 = Vector512.LoadUnsafe(ref results, 128), table3 = Vector512.LoadUnsafe(ref results, 192);
        int at = 0;
        for (; at <= input.Length - 64; at += 64)
        {
            Vector512<byte> index = Vector512.LoadUnsafe(ref source, (nuint)at);
            Vector512<byte> lower = Avx512Vbmi.PermuteVar64x8x2(table0, index, table1);
            Vector512<byte> upper = Avx512Vbmi.PermuteVar64x8x2(table2, index, table3);
            Vector512<byte> isUpper = Vector512.GreaterThanOrEqual(index, Vector512.Create((byte)128));
            Vector512.ConditionalSelect(isUpper, upper, lower).StoreUnsafe(ref target, (nuint)at);
        }

        RunScalar(input.Slice(at), table, output.Slice(at));
    }
}
