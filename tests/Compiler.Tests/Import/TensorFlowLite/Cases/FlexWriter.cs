using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>FlexBuffers maps from names to numbers, as options of custom operators are: real numbers of 4 bytes, offsets of 4 bytes.</summary>
internal static class FlexWriter
{
    private const int Width = 4, PackedWidth = 2, Real = 3, MapType = 9;

    /// <summary>The bytes of a map.</summary>
    public static byte[] Map(params (string Name, double Value)[] entries)
    {
        (string Name, double Value)[] sorted = [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        var bytes = new List<byte>();
        int[] names = new int[sorted.Length];
        for (int index = 0; index < sorted.Length; index++)
        {
            names[index] = bytes.Count;
            bytes.AddRange([.. Encoding.UTF8.GetBytes(sorted[index].Name), 0]);
        }

        bytes.AddRange(new byte[(Width - (bytes.Count % Width)) % Width]);
        Add(bytes, sorted.Length);
        int keys = bytes.Count;
        foreach (int name in names)
        {
            Add(bytes, bytes.Count - name);
        }

        Add(bytes, bytes.Count - keys);
        Add(bytes, Width);
        Add(bytes, sorted.Length);
        int values = bytes.Count;
        foreach ((_, double value) in sorted)
        {
            Add(bytes, BitConverter.SingleToInt32Bits((float)value));
        }

        bytes.AddRange(sorted.Select(_ => (byte)((Real << 2) | PackedWidth)));
        bytes.AddRange([(byte)(bytes.Count - values), (MapType << 2) | PackedWidth, 1]);
        return [.. bytes];
    }

    private static void Add(List<byte> bytes, int number)
    {
        var place = new byte[Width];
        BinaryPrimitives.WriteInt32LittleEndian(place, number);
        bytes.AddRange(place);
    }
}
