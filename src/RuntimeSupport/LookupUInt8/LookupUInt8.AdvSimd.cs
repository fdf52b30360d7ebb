using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelCompiler.RuntimeSupport;

public static partial class LookupUInt8
{
    /// <summary>16 lookups at a time in four quarters of the table; an index outside a quarter gives 0 there, so that an or joins them.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAdvSimd(ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output)
    {
        ref byte source = ref MemoryMarshal.GetReference(input);
        ref byte target = ref MemoryMarshal.GetReference(output);
        ref byte results = ref MemoryMarshal.GetReference(table);
        Vector128<byte> quarter = Vector128.Create((byte)64);
        int at = 0;
        for (; at <= input.Length - 16; at += 16)
        {
            Vector128<byte> index = Vector128.LoadUnsafe(ref source, (nuint)at);
            Vector128<byte> found = LookUp(ref results, 0, index);
            index -= quarter;
            found |= LookUp(ref results, 64, index);
            index -= quarter;
            found |= LookUp(ref results, 128, index);
            index -= quarter;
            found |= LookUp(ref results, 192, index);
            found.StoreUnsafe(ref target, (nuint)at);
        }

        RunScalar(input.Slice(at), table, output.Slice(at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LookUp(ref byte results, nuint at, Vector128<byte> index) =>
        AdvSimd.Arm64.VectorTableLookup(
            (Vector128.LoadUnsafe(ref results, at), Vector128.LoadUnsafe(ref results, at + 16), Vector128.LoadUnsafe(ref results, at + 32), Vector128.LoadUnsafe(ref results, at + 48)),
            index);
}
