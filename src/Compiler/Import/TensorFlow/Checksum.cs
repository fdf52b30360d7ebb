using System;
using System.Buffers.Binary;
using System.Numerics;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>The checksum of the format's data: CRC-32C, masked so that checksums of data with checksums are none of a special kind.</summary>
internal static class Checksum
{
    private const uint Mask = 0xa282ead8;

    /// <summary>The masked checksum of bytes.</summary>
    public static uint OfMasked(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return unchecked(BitOperations.RotateRight(~crc, 15) + Mask);
    }
}
