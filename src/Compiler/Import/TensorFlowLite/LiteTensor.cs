using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>How a file stores real numbers as integers: real = (level − zero point) × scale.</summary>
/// <param name="Scales">One, or one for each slice of the axis.</param>
/// <param name="Zeros">As many, or none.</param>
/// <param name="Axis">The axis of the slices.</param>
internal sealed record LiteGrid(float[] Scales, long[] Zeros, int Axis)
{
    /// <summary>Whether all elements have one scale.</summary>
    public bool IsSingle => Scales.Length == 1;

    /// <summary>The only zero point.</summary>
    public long Zero => Zeros.Length == 0 ? 0 : Zeros[0];

    /// <summary>Whether two tensors store numbers alike.</summary>
    public bool Equals(LiteGrid? other) => other is not null && Scales.AsSpan().SequenceEqual(other.Scales) && Zero == other.Zero && Zeros.Length < 2 && other.Zeros.Length < 2;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Scales[0], Zero);
}

/// <summary>What the file says of a tensor.</summary>
internal sealed class LiteTensor
{
    // No operator of the format takes more.
    private const int MaximumRank = 64;

    private readonly FlatTable table;

    /// <summary>Reads the description.</summary>
    /// <param name="table">The file's table.</param>
    /// <param name="index">Its place in the subgraph's list.</param>
    public LiteTensor(FlatTable table, int index)
    {
        this.table = table;
        Index = index;
        Code = table.Byte(1);
        Grid = ReadGrid();
    }

    /// <summary>Its place in the subgraph's list.</summary>
    public int Index { get; }

    /// <summary>The format's number of the element type.</summary>
    public int Code { get; }

    /// <summary>How it stands for real numbers, or <see langword="null"/>.</summary>
    public LiteGrid? Grid { get; }

    /// <summary>The file's name for it, or a made one.</summary>
    public string Name => table.Text(3) is { Length: > 0 } name ? name : $"tensor_{Index}";

    /// <summary>The buffer that holds its elements; 0 is none.</summary>
    public long Buffer => (uint)table.Integer(2);

    /// <summary>Whether it keeps its elements from one prediction to the next.</summary>
    public bool IsVariable => table.Flag(5);

    /// <summary>Whether its elements are complex numbers: floats here, with an axis of two behind the others.</summary>
    public bool IsComplex => Code == LiteTypes.Complex64;

    /// <summary>Whether its elements are stored in a sparse form.</summary>
    public bool IsSparse => table.Table(6) is not null;

    /// <summary>Whether its elements lie in another file.</summary>
    public bool IsExternal => table.Integer(10) != 0;

    /// <summary>Whether its elements are narrow integers that stand for real numbers.</summary>
    public bool IsQuantized => Grid is not null && Code is (LiteTypes.UInt8 or LiteTypes.Int8 or LiteTypes.Int16 or LiteTypes.Int4);

    /// <summary>The extents, −1 where the file leaves one open.</summary>
    public int[] Signature => table.Integers(7, MaximumRank) is { Length: > 0 } signature && signature.Length == Extents.Length ? signature : Extents;

    /// <summary>The extents that the file assumes.</summary>
    public int[] Extents => table.Integers(0, MaximumRank) ?? [];

    /// <summary>The shape that the file assumes.</summary>
    public Shape Shape => Shape.From(Extents);

    /// <summary>The type of the elements, as they are stored.</summary>
    /// <exception cref="ImportException">It is not supported.</exception>
    public ElementType Storage => LiteTypes.Storage(Code, Name);

    private LiteGrid? ReadGrid()
    {
        if (table.Table(4) is not { } quantization)
        {
            return null;
        }

        float[] scales = quantization.Floats(2);
        long[] zeros = quantization.Longs(3);
        if (quantization.Byte(4) != 0)
        {
            throw ImportException.Attribute("Tensor", $"quantisation of '{Name}' in blocks", "quantise each channel or each tensor as a whole");
        }

        if (scales.Length == 0 || (scales.Length == 1 && scales[0] == 0))
        {
            return null;
        }

        // Zeros of channels are zero nearly always: one says as much.
        zeros = zeros.Length > 1 && zeros.All(zero => zero == zeros[0]) ? [zeros[0]] : zeros;
        return scales.All(scale => scale > 0 && float.IsFinite(scale)) && (zeros.Length <= 1 || zeros.Length == scales.Length)
            ? new LiteGrid(scales, zeros, quantization.Integer(6))
            : throw ImportException.Invalid($"the scales or zero points of tensor '{Name}' make no sense");
    }
}

/// <summary>The element types of the format.</summary>
internal static class LiteTypes
{
    public const int Float32 = 0;
    public const int Float16 = 1;
    public const int Int32 = 2;
    public const int UInt8 = 3;
    public const int Int64 = 4;
    public const int Int16 = 7;
    public const int Complex64 = 8;
    public const int Int8 = 9;
    public const int Int4 = 17;
    public const int BFloat16 = 18;

    private static readonly IReadOnlyList<string> Names =
        ["float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64", "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16", "int2", "uint4", "float8_e4m3fn", "float8_e5m2"];

    /// <summary>The type that holds the elements here; narrow floats become float32, int4 becomes int8.</summary>
    /// <exception cref="ImportException">There is none.</exception>
    public static ElementType Storage(int code, string tensor) => code switch
    {
        Float32 or Float16 or BFloat16 => ElementType.Float32,
        Int32 => ElementType.Int32,
        UInt8 => ElementType.UInt8,
        Int64 => ElementType.Int64,
        6 => ElementType.Boolean,
        Int16 => ElementType.Int16,
        Int8 or Int4 => ElementType.Int8,
        10 => ElementType.Float64,
        12 => ElementType.UInt64,
        15 => ElementType.UInt32,
        16 => ElementType.UInt16,
        _ => throw ImportException.ElementType(tensor, NameOf(code)),
    };

    /// <summary>The format's name for a type.</summary>
    public static string NameOf(int code) => code >= 0 && code < Names.Count ? Names[code] : $"number {code}";
}
