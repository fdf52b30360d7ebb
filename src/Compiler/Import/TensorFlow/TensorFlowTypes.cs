using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>The format's codes for element types, and what they become. The 16-bit floats become float32: there is no arithmetic in them.</summary>
internal static class TensorFlowTypes
{
    public const int Float = 1;
    public const int Double = 2;
    public const int Int32 = 3;
    public const int UInt8 = 4;
    public const int Int16 = 5;
    public const int Int8 = 6;
    public const int Text = 7;
    public const int Int64 = 9;
    public const int Boolean = 10;
    public const int QuantizedInt8 = 11;
    public const int QuantizedUInt8 = 12;
    public const int QuantizedInt32 = 13;
    public const int BFloat16 = 14;
    public const int QuantizedInt16 = 15;
    public const int QuantizedUInt16 = 16;
    public const int UInt16 = 17;
    public const int Float16 = 19;
    public const int Resource = 20;
    public const int UInt32 = 22;
    public const int UInt64 = 23;

    // What variables of the first version are when they are handed on to be assigned.
    private const int Reference = 100;

    private static readonly string[] Names =
    [
        "undefined", "float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64", "int64", "bool", "qint8", "quint8", "qint32", "bfloat16",
        "qint16", "quint16", "uint16", "complex128", "float16", "resource", "variant", "uint32", "uint64",
    ];

    /// <summary>The type that a code becomes.</summary>
    /// <param name="code">The code.</param>
    /// <param name="tensor">Of the tensor, for the message.</param>
    /// <exception cref="ImportException">The type is not supported.</exception>
    public static ElementType Get(long code, string tensor) => Plain(code) switch
    {
        Float or Float16 or BFloat16 => ElementType.Float32,
        Double => ElementType.Float64,
        Int32 or QuantizedInt32 => ElementType.Int32,
        UInt8 or QuantizedUInt8 => ElementType.UInt8,
        Int16 or QuantizedInt16 => ElementType.Int16,
        Int8 or QuantizedInt8 => ElementType.Int8,
        Int64 => ElementType.Int64,
        Boolean => ElementType.Boolean,
        UInt16 or QuantizedUInt16 => ElementType.UInt16,
        UInt32 => ElementType.UInt32,
        UInt64 => ElementType.UInt64,
        _ => throw ImportException.ElementType(tensor, NameOf(code)),
    };

    /// <summary>The code without the mark of a reference.</summary>
    public static long Plain(long code) => code > Reference ? code - Reference : code;

    /// <summary>The format's name for a code.</summary>
    public static string NameOf(long code) => Plain(code) is var plain && plain >= 0 && plain < Names.Length ? Names[plain] : $"number {code}";
}
