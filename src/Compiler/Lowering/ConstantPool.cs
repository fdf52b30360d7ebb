using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Collects the constants of a plan, equal ones once.</summary>
public sealed class ConstantPool
{
    private const int Alignment = 16;

    private readonly MemoryStream bytes = new();
    private readonly List<PlanConstant> constants = [];
    private readonly Dictionary<string, string> byContent = new(StringComparer.Ordinal);
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>The constants so far.</summary>
    public EquatableArray<PlanConstant> Constants => constants.ToEquatableArray();

    /// <summary>Adds an array of numbers.</summary>
    /// <param name="name">Preferred name.</param>
    /// <param name="data">The numbers.</param>
    public ConstantValue Add<T>(string name, ReadOnlySpan<T> data)
        where T : unmanaged
    {
        ElementType type = Tensor.ElementTypeOf(typeof(T));
        ReadOnlySpan<byte> content = MemoryMarshal.AsBytes(data);
        string key = type + Convert.ToHexString(SHA256.HashData(content));
        if (!byContent.TryGetValue(key, out string? existing))
        {
            existing = Unique(name);
            byContent.Add(key, existing);
            Pad();
            if (bytes.Length + content.Length > GraphBuilder.MaximumTensorBytes)
            {
                throw new ShapeException($"the weights have more than {GraphBuilder.MaximumTensorBytes >> 20} MB");
            }

            constants.Add(new PlanConstant(existing, type, (int)bytes.Length, data.Length));
            bytes.Write(content);
        }

        return new ConstantValue(existing, type);
    }

    /// <summary>Adds a tensor's elements.</summary>
    public ConstantValue Add(string name, Tensor tensor) => tensor.Type switch
    {
        // By type, not by matching the array: to the runtime a byte[] is an sbyte[] too.
        ElementType.Float32 => Add<float>(name, tensor.Values<float>()),
        ElementType.Float64 => Add<double>(name, tensor.Values<double>()),
        ElementType.Int8 => Add<sbyte>(name, tensor.Values<sbyte>()),
        ElementType.UInt8 => Add<byte>(name, tensor.Values<byte>()),
        ElementType.Int16 => Add<short>(name, tensor.Values<short>()),
        ElementType.UInt16 => Add<ushort>(name, tensor.Values<ushort>()),
        ElementType.Int32 => Add<int>(name, tensor.Values<int>()),
        ElementType.UInt32 => Add<uint>(name, tensor.Values<uint>()),
        ElementType.Int64 => Add<long>(name, tensor.Values<long>()),
        ElementType.UInt64 => Add<ulong>(name, tensor.Values<ulong>()),
        _ => Add<bool>(name, tensor.Values<bool>()),
    };

    /// <summary>All constants, each at its offset; a multiple of 8 bytes.</summary>
    public byte[] ToArray()
    {
        Pad();
        return bytes.ToArray();
    }

    private void Pad()
    {
        while (bytes.Length % Alignment != 0)
        {
            bytes.WriteByte(0);
        }
    }

    private string Unique(string name)
    {
        string candidate = name;
        for (int number = 2; !names.Add(candidate); number++)
        {
            candidate = name + "_" + number.ToString(CultureInfo.InvariantCulture);
        }

        return candidate;
    }
}
