using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

internal static partial class StridedCopy
{
    /// <summary>Pixels that are interleaved together.</summary>
    private const int Pixels = 16;

    /// <summary>
    /// Pictures that come as three planes and go as pixels: 16 bytes of each plane are put where they belong in the three vectors of 16 pixels, each byte
    /// in one of them, and what belongs together is selected.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Interleave3(ref byte input, ref byte output, int pixels, nint plane)
    {
        Vector128<byte> firsts = Vector128.Create(255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255);
        Vector128<byte> seconds = Vector128.Create(0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0);
        for (int begin = 0; begin < pixels; begin += Pixels)
        {
            // The last 16 pixels may be some of those before again.
            nint pixel = Math.Min(begin, pixels - Pixels);
            ref byte from = ref Unsafe.Add(ref input, pixel);
            ref byte to = ref Unsafe.Add(ref output, 3 * pixel);
            Vector128<byte> red = Vector128.Shuffle(Vector128.LoadUnsafe(ref from), Vector128.Create((byte)0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10, 5));
            Vector128<byte> green = Vector128.Shuffle(
                Vector128.LoadUnsafe(ref Unsafe.Add(ref from, plane)), Vector128.Create((byte)5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10));
            Vector128<byte> blue = Vector128.Shuffle(
                Vector128.LoadUnsafe(ref Unsafe.Add(ref from, 2 * plane)), Vector128.Create((byte)10, 5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15));
            Select(firsts, seconds, red, green, blue).StoreUnsafe(ref to);
            Select(firsts, seconds, green, blue, red).StoreUnsafe(ref to, 16);
            Select(firsts, seconds, blue, red, green).StoreUnsafe(ref to, 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Select(Vector128<byte> firsts, Vector128<byte> seconds, Vector128<byte> first, Vector128<byte> second, Vector128<byte> third) =>
        Vector128.ConditionalSelect(firsts, first, Vector128.ConditionalSelect(seconds, second, third));
}
