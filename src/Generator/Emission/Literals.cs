using System;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis.CSharp;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Values as C# text, and as text for people. All of it is the same in every culture.</summary>
internal static class Literals
{
    public static string Integer(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Text(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    public static string Boolean(bool value) => value ? "true" : "false";

    public static string Float(float value) =>
        float.IsNaN(value) ? "float.NaN"
        : float.IsInfinity(value) ? (value > 0 ? "float.PositiveInfinity" : "float.NegativeInfinity")
        : Sign(value, 1 / value) + Math.Abs(value).ToString("R", CultureInfo.InvariantCulture) + "f";

    public static string Double(double value)
    {
        if (double.IsNaN(value))
        {
            return "double.NaN";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "double.PositiveInfinity" : "double.NegativeInfinity";
        }

        // "R" of .NET Framework, where Visual Studio runs the generator, is not always enough to read the same number back.
        double size = Math.Abs(value);
        string digits = size.ToString("R", CultureInfo.InvariantCulture);
        bool exact = double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double read) && read == size;
        return Sign(value, 1 / value) + (exact ? digits : size.ToString("G17", CultureInfo.InvariantCulture)) + "d";
    }

    /// <summary>A literal of a type, saturated where the type is too small.</summary>
    public static string Of(double value, ElementType type) => type switch
    {
        ElementType.Float32 => Float((float)value),
        ElementType.Float64 => Double(value),
        ElementType.Boolean => Boolean(value != 0),
        ElementType.Int8 => "(sbyte)" + Small(value, sbyte.MinValue, sbyte.MaxValue),
        ElementType.UInt8 => "(byte)" + Small(value, byte.MinValue, byte.MaxValue),
        ElementType.Int16 => "(short)" + Small(value, short.MinValue, short.MaxValue),
        ElementType.UInt16 => "(ushort)" + Small(value, ushort.MinValue, ushort.MaxValue),
        ElementType.Int32 => Integer((long)Saturate(value, int.MinValue, int.MaxValue)),
        ElementType.UInt32 => Integer((long)Saturate(value, 0, uint.MaxValue)) + "u",
        ElementType.Int64 => Integer(value >= long.MaxValue ? long.MaxValue : (long)Saturate(value, long.MinValue, long.MaxValue)) + "L",
        _ => (value >= ulong.MaxValue ? ulong.MaxValue : (ulong)Saturate(value, 0, ulong.MaxValue)).ToString(CultureInfo.InvariantCulture) + "UL",
    };

    /// <summary>A shape for people: <c>28 × 28 × 1</c>.</summary>
    public static string Shape(EquatableArray<int> shape) =>
        shape.Count == 0 ? "one value" : string.Join(" × ", shape.Select(extent => Integer(extent)));

    /// <summary>A number of bytes for people: <c>23.4 KB</c>, 1 KB being 1024 bytes.</summary>
    public static string Bytes(long bytes) =>
        bytes < 1024 ? $"{Integer(bytes)} bytes"
        : bytes < 1024 * 1024 ? $"{(bytes / 1024.0).ToString("0.0", CultureInfo.InvariantCulture)} KB"
        : $"{(bytes / (1024.0 * 1024)).ToString("0.0", CultureInfo.InvariantCulture)} MB";

    /// <summary>A count for people: <c>12.5 million</c>.</summary>
    public static string Count(long count) =>
        count < 10_000 ? Integer(count)
        : count < 1_000_000_000 ? (count / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + " million"
        : (count / 1e9).ToString("0.##", CultureInfo.InvariantCulture) + " billion";

    /// <summary>Text on one line, for comments.</summary>
    public static string OneLine(string text) => string.Concat(text.Select(character => IsLineBreak(character) ? ' ' : character)).Trim();

    /// <summary>Text on one line, for XML documentation.</summary>
    public static string Xml(string text) => OneLine(text).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    private static bool IsLineBreak(char character) => character is < ' ' or '\u0085' or '\u2028' or '\u2029';

    private static string Small(double value, int minimum, int maximum)
    {
        string digits = Integer((long)Saturate(value, minimum, maximum));
        return digits[0] == '-' ? $"({digits})" : digits;
    }

    private static double Saturate(double value, double minimum, double maximum) =>
        double.IsNaN(value) ? 0 : Math.Min(Math.Max(value, minimum), maximum);

    private static string Sign(double value, double reciprocal) => value < 0 || (value == 0 && reciprocal < 0) ? "-" : "";
}
