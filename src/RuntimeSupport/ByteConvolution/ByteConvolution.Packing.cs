using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>Puts each four bytes k0 k1 k2 k3 in the order k0 k2 k1 k3.</summary>
    private static Vector128<byte> PairOrder128 => Vector128.Create((byte)0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);

    private static Vector256<byte> PairOrder256
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create((byte)0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15, 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
    }

    /// <summary>Widens quads to the int16 pairs <c>[k0 k2][k1 k3]</c>, one at a time: what the vector loops leave over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackPairs(ref byte source, ref byte destination, nint quad, nint quads)
    {
        for (; quad < quads; quad++)
        {
            ulong bytes = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, quad * 4));
            ulong pairs = (bytes & 0x00FF00FF) | ((bytes & 0xFF00FF00) << 24);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref destination, quad * 8), pairs);
        }
    }

    /// <summary>Copies quads as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackBytes(ref byte source, ref byte destination, nint quads)
    {
        nint at = 0;
        for (; at <= (4 * quads) - 16; at += 16)
        {
            Vector128.LoadUnsafe(ref source, (nuint)at).StoreUnsafe(ref destination, (nuint)at);
        }

        for (; at < 4 * quads; at += 4)
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref destination, at), Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, at)));
        }
    }
}
