using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>
/// An element type of 2, 4 or 8 bits that .NET does not have. Its elements are held in the next wider type that there is, as the numbers they
/// are; a conversion to it rounds or wraps to the numbers that the type has.
/// </summary>
/// <param name="Name">The format's name for it.</param>
/// <param name="Bits">Bits of an element; the file packs as many into a byte as fit, the first into the lowest bits.</param>
/// <param name="Storage">What holds the elements.</param>
internal abstract record NarrowType(string Name, int Bits, ElementType Storage)
{
    // These bits are exact as a double, which is what a literal is.
    private const double ExponentOfDouble = 2047.0 * (1L << 52);

    private static readonly FrozenDictionary<long, NarrowType> ByCode = new Dictionary<long, NarrowType>
    {
        [OnnxTypes.Int2] = new NarrowInteger(2, IsSigned: true),
        [OnnxTypes.UInt2] = new NarrowInteger(2, IsSigned: false),
        [OnnxTypes.Int4] = new NarrowInteger(4, IsSigned: true),
        [OnnxTypes.UInt4] = new NarrowInteger(4, IsSigned: false),
        [OnnxTypes.Float4E2M1] = new NarrowFloat("float4e2m1", 2, 1, Bias: 1, SpecialCodes.None),
        [OnnxTypes.Float8E4M3FN] = new NarrowFloat("float8e4m3fn", 4, 3, Bias: 7, SpecialCodes.LastIsNaN),
        [OnnxTypes.Float8E4M3FNUZ] = new NarrowFloat("float8e4m3fnuz", 4, 3, Bias: 8, SpecialCodes.NegativeZeroIsNaN),
        [OnnxTypes.Float8E5M2] = new NarrowFloat("float8e5m2", 5, 2, Bias: 15, SpecialCodes.InfinityAndNaN),
        [OnnxTypes.Float8E5M2FNUZ] = new NarrowFloat("float8e5m2fnuz", 5, 2, Bias: 16, SpecialCodes.NegativeZeroIsNaN),
        [OnnxTypes.Float8E8M0] = new PowerOfTwoFloat(),
    }.ToFrozenDictionary();

    /// <summary>The type of a code, or <see langword="null"/> when .NET has it, or nobody.</summary>
    public static NarrowType? Find(long code) => ByCode.GetValueOrDefault(code);

    /// <summary>The number that a code of <see cref="Bits"/> bits stands for.</summary>
    public abstract double Decode(int code);

    /// <summary>The nearest number of the type, by the rules of the attributes <c>saturate</c> and <c>round_mode</c>.</summary>
    /// <param name="value">Any number or truth value.</param>
    /// <param name="node">Whose attributes say how.</param>
    public abstract Term Convert(Term value, OnnxNode node);

    /// <summary>Bytes that so many elements take in a file.</summary>
    public long PackedBytes(long elements) => (elements + (8 / Bits) - 1) / (8 / Bits);

    /// <summary>The elements, as an array of the .NET type of <see cref="Storage"/>.</summary>
    public Array Unpack(ReadOnlySpan<byte> bytes, int count) => Storage switch
    {
        ElementType.Int8 => Unpack<sbyte>(bytes, count),
        ElementType.UInt8 => Unpack<byte>(bytes, count),
        _ => Unpack<float>(bytes, count),
    };

    /// <summary>The greatest power of two that is not greater than a number of double's normal range: its bits without sign and mantissa.</summary>
    protected static Term PowerOf(Term value) =>
        value.ToBits().Bits(ElementwiseFunction.BitwiseAnd, Term.Literal(ExponentOfDouble, ElementType.Int64)).FromBits();

    private T[] Unpack<T>(ReadOnlySpan<byte> bytes, int count)
        where T : INumber<T>
    {
        T[] numbers = [.. Enumerable.Range(0, 1 << Bits).Select(code => T.CreateTruncating(Decode(code)))];
        var elements = new T[count];
        int perByte = 8 / Bits;
        for (int index = 0; index < count; index++)
        {
            elements[index] = numbers[(bytes[index / perByte] >> (index % perByte * Bits)) & (numbers.Length - 1)];
        }

        return elements;
    }
}

/// <summary>An integer of 2 or 4 bits, two's complement.</summary>
/// <param name="Bits">Bits of an element.</param>
/// <param name="IsSigned">Whether it may be negative.</param>
internal sealed record NarrowInteger(int Bits, bool IsSigned)
    : NarrowType($"{(IsSigned ? "int" : "uint")}{Bits}", Bits, IsSigned ? ElementType.Int8 : ElementType.UInt8)
{
    /// <summary>The least number.</summary>
    public int Least => IsSigned ? -SignBit : 0;

    /// <summary>The greatest number.</summary>
    public int Greatest => IsSigned ? SignBit - 1 : (2 * SignBit) - 1;

    private int SignBit => 1 << (Bits - 1);

    /// <inheritdoc/>
    public override double Decode(int code) => IsSigned && code >= SignBit ? code - (2 * SignBit) : code;

    /// <inheritdoc/>
    public override Term Convert(Term value, OnnxNode node)
    {
        // Real numbers are truncated; the bits that do not fit are dropped, as between wider integers.
        Term whole = value.To(ElementType.Int32);
        Term low = whole.Bits(ElementwiseFunction.BitwiseAnd, whole.Like((2 * SignBit) - 1));
        return (IsSigned ? low.Bits(ElementwiseFunction.BitwiseXor, low.Like(SignBit)) - SignBit : low).To(Storage);
    }
}

/// <summary>Which operators take values of narrow types: those that only move elements, and those that convert them.</summary>
internal static class NarrowOperators
{
    // The output's type is that of the first input.
    private static readonly FrozenSet<string> Moving = FrozenSet.Create(
        StringComparer.Ordinal,
        "Concat", "DepthToSpace", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "Pad", "Reshape", "Slice", "SpaceToDepth", "Split",
        "Squeeze", "Tile", "Transpose", "Unsqueeze");

    private static readonly FrozenSet<string> Converting = FrozenSet.Create(
        StringComparer.Ordinal, "BitCast", "Cast", "CastLike", "DequantizeLinear", "QuantizeLinear", "Shape", "Size");

    /// <summary>Fails when a node would compute with values of a narrow type as with those of the type that holds them.</summary>
    /// <exception cref="ImportException">It would.</exception>
    public static void Check(OperatorEntry entry, OnnxNode node, OnnxSession session)
    {
        for (int index = 0; index < node.Inputs.Length && !Knows(entry); index++)
        {
            if (node.Inputs[index] is { } input && session.NarrowTypeOf(input) is { } type)
            {
                throw new ImportException(DiagnosticKinds.NarrowArithmetic, node.Operator, node.InputName(index), type.Name);
            }
        }
    }

    /// <summary>Marks what a node that moves elements of a narrow type has made.</summary>
    public static void Pass(OperatorEntry entry, OnnxNode node, IEnumerable<string?> outputs, OnnxSession session)
    {
        if (entry.Domain.Length == 0 && Moving.Contains(entry.Name) && node.Optional(0) is { } input)
        {
            foreach (string output in outputs.OfType<string>())
            {
                session.Mark(output, session.NarrowTypeOf(input));
            }
        }
    }

    private static bool Knows(OperatorEntry entry) => entry.Domain.Length == 0 && (Moving.Contains(entry.Name) || Converting.Contains(entry.Name));
}
