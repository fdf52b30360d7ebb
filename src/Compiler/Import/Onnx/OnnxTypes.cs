using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>The format's codes for element types, and what they become. The 16-bit floats become float32: there is no arithmetic in them.</summary>
internal static class OnnxTypes
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int UInt16 = 4;
    public const int Int16 = 5;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Text = 8;
    public const int Boolean = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int UInt32 = 12;
    public const int UInt64 = 13;
    public const int BFloat16 = 16;
    public const int Float8E4M3FN = 17;
    public const int Float8E4M3FNUZ = 18;
    public const int Float8E5M2 = 19;
    public const int Float8E5M2FNUZ = 20;
    public const int UInt4 = 21;
    public const int Int4 = 22;
    public const int Float4E2M1 = 23;
    public const int Float8E8M0 = 24;
    public const int UInt2 = 25;
    public const int Int2 = 26;

    private static readonly string[] Names =
    [
        "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64",
        "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
        "float8e8m0", "uint2", "int2",
    ];

    /// <summary>The type that a code becomes, or <see langword="null"/> when it has no counterpart.</summary>
    public static ElementType? Find(long code) => code switch
    {
        Float or Float16 or BFloat16 => ElementType.Float32,
        UInt8 => ElementType.UInt8,
        Int8 => ElementType.Int8,
        UInt16 => ElementType.UInt16,
        Int16 => ElementType.Int16,
        Int32 => ElementType.Int32,
        Int64 => ElementType.Int64,
        Boolean => ElementType.Boolean,
        Double => ElementType.Float64,
        UInt32 => ElementType.UInt32,
        UInt64 => ElementType.UInt64,
        _ => null,
    };

    /// <summary>The type that a code becomes.</summary>
    /// <param name="code">The code.</param>
    /// <param name="tensor">Of the tensor, for the message.</param>
    /// <exception cref="ImportException">The type is not supported.</exception>
    public static ElementType Get(long code, string tensor) => Find(code) ?? throw ImportException.ElementType(tensor, NameOf(code));

    /// <summary>The type that holds the elements of a code: that of <see cref="Get"/>, or where .NET has no such type the next wider one.</summary>
    /// <param name="code">The code.</param>
    /// <param name="tensor">Of the tensor, for the message.</param>
    /// <exception cref="ImportException">The type is not supported.</exception>
    public static ElementType GetStorage(long code, string tensor) => NarrowType.Find(code)?.Storage ?? Get(code, tensor);

    /// <summary>The format's name for a code.</summary>
    public static string NameOf(long code) => code >= 0 && code < Names.Length ? Names[code] : $"number {code}";
}
