using System;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>The numbers beyond which there are none.</summary>
internal static class ElementLimits
{
    /// <summary>The least number of a type.</summary>
    public static double Least(ElementType type) => type switch
    {
        ElementType.Float32 or ElementType.Float64 => double.NegativeInfinity,
        ElementType.Int8 => sbyte.MinValue,
        ElementType.Int16 => short.MinValue,
        ElementType.Int32 => int.MinValue,
        ElementType.Int64 => long.MinValue,
        _ => 0,
    };

    /// <summary>The greatest number of a type that a double holds exactly: not of 64-bit integers.</summary>
    public static double Greatest(ElementType type) => type switch
    {
        ElementType.Float32 or ElementType.Float64 => double.PositiveInfinity,
        ElementType.Int8 => sbyte.MaxValue,
        ElementType.UInt8 => byte.MaxValue,
        ElementType.Int16 => short.MaxValue,
        ElementType.UInt16 => ushort.MaxValue,
        ElementType.Int32 => int.MaxValue,
        ElementType.UInt32 => uint.MaxValue,
        ElementType.Boolean => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
