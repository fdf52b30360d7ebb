using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Buffers on the stack that begin with a cache line: a vector of 512 bits that lies across two takes twice as long to load or store.</summary>
public static class CacheLine
{
    /// <summary>Bytes of a line.</summary>
    public const int Bytes = 64;

    /// <summary>The part of a buffer that begins with a line.</summary>
    /// <typeparam name="T">Elements of 1, 2, 4 or 8 bytes.</typeparam>
    /// <param name="buffer">A buffer that does not move, a line longer than needed.</param>
    /// <returns>The buffer without up to a line's elements at its begin.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<T> Align<T>(Span<T> buffer)
        where T : struct
    {
        nint address = Unsafe.ByteOffset(ref Unsafe.NullRef<T>(), ref MemoryMarshal.GetReference(buffer));
        return buffer.Slice((int)(-address & (Bytes - 1)) / Unsafe.SizeOf<T>());
    }
}
