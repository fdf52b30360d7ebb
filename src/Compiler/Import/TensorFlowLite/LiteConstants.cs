using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>Reads the file's constants. Sizes are checked against the bytes at hand before anything is allocated.</summary>
/// <param name="model">The file.</param>
internal sealed class LiteConstants(LiteModel model)
{
    // Tensors may share a buffer; some do, but not by the thousand.
    private readonly long budget = Math.Max(1L << 30, 16L * model.Content.Length);
    private long read;

    /// <summary>Whether the file has the tensor's elements.</summary>
    public bool Has(LiteTensor tensor) => tensor.Buffer != 0 && !tensor.IsVariable && model.Buffer(tensor.Buffer).Length > 0;

    /// <summary>The elements as they are stored; narrow floats as float32, int4 as int8.</summary>
    /// <exception cref="ImportException">Their type is not supported, or they are not there.</exception>
    public Tensor Stored(LiteTensor tensor)
    {
        if (tensor.IsSparse)
        {
            throw ImportException.Attribute("Tensor", $"the sparse form of '{tensor.Name}'", "convert the model without sparsity; zeros cost nothing but memory");
        }

        ElementType type = tensor.Storage;
        Shape shape = tensor.Shape;
        ReadOnlyMemory<byte> bytes = tensor.Buffer == 0 ? default : model.Buffer(tensor.Buffer);
        long count = shape.ElementCount;
        int bits = tensor.Code switch
        {
            LiteTypes.Float16 or LiteTypes.BFloat16 => 16,
            LiteTypes.Int4 => 4,
            _ => 8 * type.SizeOf(),
        };
        if (tensor.IsExternal || bytes.Length != ((count * bits) + 7) / 8)
        {
            throw FlatTable.Damaged($"tensor '{tensor.Name}' of shape {shape} has {bytes.Length} bytes");
        }

        read += count * Math.Max(4, type.SizeOf());
        if (read > budget)
        {
            throw new ImportException(DiagnosticKinds.TooLarge, "the tensors that share weights are very many", $"{budget >> 20} MB");
        }

        return Tensor.Of(shape, Elements(tensor.Code, type, bytes.Span, (int)count));
    }

    /// <summary>The real numbers that a constant stands for, with the integers beside them; the elements as they are when they stand for nothing else.</summary>
    public Tensor Real(LiteTensor tensor)
    {
        Tensor stored = Stored(tensor);
        return tensor is { IsQuantized: true, Grid: { } grid } ? Dequantized(stored, grid, tensor.Name) : stored;
    }

    /// <summary>The real numbers that integers stand for, with the integers beside them.</summary>
    /// <exception cref="ImportException">The scales are not those of the axis.</exception>
    public static Tensor Dequantized(Tensor levels, LiteGrid grid, string name)
    {
        bool isPerSlice = grid.Scales.Length > 1 || grid.Zeros.Length > 1;
        int axis = isPerSlice ? levels.Shape.Axis(grid.Axis) : 0;
        if (isPerSlice && levels.Shape[axis] != grid.Scales.Length)
        {
            throw ImportException.Invalid($"tensor '{name}' has {grid.Scales.Length} scales for axis {axis} of {levels.Shape}");
        }

        int inner = isPerSlice ? (int)Shape.From(levels.Shape.Extents[(axis + 1)..]).ElementCount : Math.Max(1, levels.Count);
        long[] integers = levels.ToInt64();
        var real = new float[integers.Length];
        for (int index = 0; index < real.Length; index++)
        {
            int slice = isPerSlice ? index / inner % grid.Scales.Length : 0;
            real[index] = (integers[index] - (grid.Zeros.Length > 1 ? grid.Zeros[slice] : grid.Zero)) * grid.Scales[slice];
        }

        return Tensor.Of(levels.Shape, real).WithIntegers(StoredIntegers.Of(levels, grid.Scales, grid.Zeros, axis));
    }

    private static Array Elements(int code, ElementType type, ReadOnlySpan<byte> bytes, int count)
    {
        switch (code)
        {
            case LiteTypes.Float16 or LiteTypes.BFloat16:
                var narrow = new float[count];
                for (int index = 0; index < count; index++)
                {
                    ReadOnlySpan<byte> element = bytes[(2 * index)..];
                    narrow[index] = code == LiteTypes.Float16
                        ? (float)BinaryPrimitives.ReadHalfLittleEndian(element)
                        : BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(element) << 16);
                }

                return narrow;
            case LiteTypes.Int4:
                var nibbles = new sbyte[count];
                for (int index = 0; index < count; index++)
                {
                    // The lower half comes first; the shifts carry its sign.
                    nibbles[index] = (sbyte)((sbyte)(index % 2 == 0 ? bytes[index / 2] << 4 : bytes[index / 2] & 0xF0) >> 4);
                }

                return nibbles;
            case 6:
                return Array.ConvertAll(bytes.ToArray(), value => value != 0);
            default:
                Array elements = Array.CreateInstance(type.NetType(), count);
                bytes.CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(elements), bytes.Length));
                return elements;
        }
    }
}
