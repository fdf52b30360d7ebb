using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Collects the constants of a plan, equal ones once. Those whose elements are all equal are not stored: the plan says what fills them.</summary>
public sealed class ConstantPool
{
    private const int Alignment = 16;

    // Constants of some length begin with a cache line, where the memory that holds them all does.
    private const int LongAlignment = 64;
    private const int LeastLongBytes = 1 << 10;

    // Less is stored, as most models' zero biases are: they are mapped then, and need no memory of their own.
    private const int LeastUniformBytes = 1 << 16;

    private readonly List<(PlanConstant Constant, Array Data)> stored = [];
    private readonly List<PlanConstant> uniform = [];
    private readonly List<LiteralExpression> fillings = [];
    private readonly Dictionary<LiteralExpression, long> filledBytes = [];
    private readonly Dictionary<string, string> byContent = new(StringComparer.Ordinal);
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private long storedBytes;

    /// <summary>The constants so far.</summary>
    public EquatableArray<PlanConstant> Constants => stored.Select(item => item.Constant).Concat(PlaceUniform()).ToEquatableArray();

    /// <summary>Adds an array of numbers, to which nobody writes any more.</summary>
    /// <param name="name">Preferred name.</param>
    /// <param name="data">The numbers.</param>
    public ConstantValue Add<T>(string name, T[] data)
        where T : unmanaged => Add(name, Tensor.Of<T>([data.Length], data));

    /// <summary>Adds a tensor's elements.</summary>
    public ConstantValue Add(string name, Tensor tensor)
    {
        LiteralExpression? filling = FillingOf(tensor);
        Array data = filling is null ? tensor.Data : Array.Empty<byte>();
        string content = filling is null ? Convert.ToHexString(SHA256.HashData(Bytes(data))) : ExpressionText.Write(filling);
        string key = string.Create(CultureInfo.InvariantCulture, $"{tensor.Type} {tensor.Count} {content}");
        if (!byContent.TryGetValue(key, out string? existing))
        {
            existing = Unique(name);
            byContent.Add(key, existing);
            if (filling is null)
            {
                Store(new PlanConstant(existing, tensor.Type, 0, tensor.Count), data);
            }
            else
            {
                Fill(new PlanConstant(existing, tensor.Type, 0, tensor.Count, filling));
            }
        }

        return new ConstantValue(existing, tensor.Type);
    }

    /// <summary>The constants that are stored, each at its offset; a multiple of 8 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[storedBytes];
        foreach ((PlanConstant constant, Array data) in stored)
        {
            Bytes(data).CopyTo(bytes.AsSpan(constant.Offset));
        }

        return bytes;
    }

    // NaN is not told from another NaN, and long integers are not exact: those are stored.
    private static LiteralExpression? FillingOf(Tensor tensor)
    {
        if ((long)tensor.Count * tensor.Type.SizeOf() < LeastUniformBytes || !(tensor.IsUniform || AreEqual(Bytes(tensor.Data), tensor.Type.SizeOf())))
        {
            return null;
        }

        object first = (tensor.IsUniform ? tensor.Element : tensor).Data.GetValue(0)!;
        double value = first is bool truth ? (truth ? 1 : 0) : Convert.ToDouble(first, CultureInfo.InvariantCulture);
        return double.IsNaN(value) || (first is long or ulong && Math.Abs(value) > 1L << 53) ? null : new LiteralExpression(value, tensor.Type);
    }

    private static bool AreEqual(ReadOnlySpan<byte> bytes, int size) => bytes[size..].SequenceEqual(bytes[..^size]);

    private static Span<byte> Bytes(Array data) => MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(data), System.Buffer.ByteLength(data));

    private static long Aligned(long bytes, int alignment = Alignment) => (bytes + alignment - 1) / alignment * alignment;

    private void Store(PlanConstant constant, Array data)
    {
        bool isLong = System.Buffer.ByteLength(data) >= LeastLongBytes;
        constant = constant with { Offset = (int)(isLong ? Aligned(storedBytes, LongAlignment) : storedBytes) };
        stored.Add((constant, data));
        storedBytes = Aligned(PlanConstants.End(constant));
        CheckSize();
    }

    private void Fill(PlanConstant constant)
    {
        LiteralExpression filling = constant.Uniform!;
        if (filledBytes.TryAdd(filling, 0))
        {
            fillings.Add(filling);
        }

        uniform.Add(constant);
        filledBytes[filling] = Math.Max(filledBytes[filling], Aligned(PlanConstants.End(constant)));
        CheckSize();
    }

    // Whatever is filled with one number shares a place, as long as the longest.
    private IEnumerable<PlanConstant> PlaceUniform()
    {
        var places = new Dictionary<LiteralExpression, int>();
        long place = 0;
        foreach (LiteralExpression filling in fillings)
        {
            places.Add(filling, (int)place);
            place += filledBytes[filling];
        }

        return uniform.Select(constant => constant with { Offset = places[constant.Uniform!] });
    }

    private void CheckSize()
    {
        if (storedBytes + filledBytes.Values.Sum() > GraphBuilder.MaximumTensorBytes)
        {
            throw new ShapeException($"the weights have more than {GraphBuilder.MaximumTensorBytes >> 20} MB");
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
