using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace ModelCompiler.Plans;

/// <summary>The text form of <see cref="Expression"/>s in plans: <c>Maximum(Add(x0:Float32, x1:Float32), Float32'0)</c>.</summary>
public static class ExpressionText
{
    // Far above what a compiler fuses, far below what the stack holds.
    private const int DeepestNesting = 400;

    /// <summary>Writes an expression.</summary>
    public static string Write(Expression expression) => expression switch
    {
        InputExpression input => $"x{input.Index.ToString(CultureInfo.InvariantCulture)}:{input.Type}",
        LiteralExpression literal => $"{literal.Type}'{Number(literal.Value)}",
        CallExpression call => $"{call.Function}({string.Join(", ", call.Operands.Select(Write))})",
        ConvertExpression convert => $"{convert.Type}({Write(convert.Operand)})",
        SelectExpression select => $"Select({Write(select.Condition)}, {Write(select.WhenTrue)}, {Write(select.WhenFalse)})",
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    /// <summary>Reads an expression.</summary>
    /// <exception cref="FormatException">The text is not an expression.</exception>
    public static Expression Read(string text)
    {
        int position = 0;
        Expression expression;
        try
        {
            expression = Read(text, ref position, 0);
        }
        catch (OverflowException exception)
        {
            throw new FormatException($"'{text}' has a number out of range", exception);
        }

        return position == text.Length ? expression : throw new FormatException($"'{text}' is not an expression");
    }

    /// <summary>The number of operands of a function: 1, 2 or 3.</summary>
    public static int OperandsOf(ElementwiseFunction function) => function switch
    {
        ElementwiseFunction.Quantize => 3,
        <= ElementwiseFunction.IsNaN => 1,
        _ => 2,
    };

    /// <summary>The type a function returns when its operands have type <paramref name="operand"/>.</summary>
    public static ElementType ResultOf(ElementwiseFunction function, ElementType operand) => function switch
    {
        ElementwiseFunction.Equal or ElementwiseFunction.Less or ElementwiseFunction.LessOrEqual or ElementwiseFunction.Greater
            or ElementwiseFunction.GreaterOrEqual or ElementwiseFunction.IsNaN => ElementType.Boolean,
        ElementwiseFunction.Quantize => ElementType.UInt8,
        ElementwiseFunction.ToBits => operand == ElementType.Float64 ? ElementType.Int64 : ElementType.Int32,
        ElementwiseFunction.FromBits => operand == ElementType.Int64 ? ElementType.Float64 : ElementType.Float32,
        _ => operand,
    };

    private static Expression Read(string text, ref int position, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw new FormatException("the expression is nested too deeply");
        }

        string word = Word(text, ref position);
        char next = position < text.Length ? text[position] : '\0';
        if (next == ':' && word.StartsWith("x", StringComparison.Ordinal))
        {
            position++;
            return new InputExpression(
                int.Parse(word.Substring(1), NumberStyles.None, CultureInfo.InvariantCulture), ParseType(Word(text, ref position)));
        }

        if (next == '\'')
        {
            position++;
            return new LiteralExpression(ParseNumber(NumberText(text, ref position)), ParseType(word));
        }

        List<Expression> operands = Operands(text, ref position, depth + 1);
        if (word == "Select")
        {
            Expect(operands, 3, word);
            return new SelectExpression(operands[0], operands[1], operands[2]);
        }

        if (TryParse(word, out ElementwiseFunction function))
        {
            Expect(operands, OperandsOf(function), word);
            return new CallExpression(function, operands.ToEquatableArray(), ResultOf(function, operands[0].Type));
        }

        Expect(operands, 1, word);
        return new ConvertExpression(operands[0], ParseType(word));
    }

    private static List<Expression> Operands(string text, ref int position, int depth)
    {
        Take(text, ref position, '(');
        var operands = new List<Expression> { Read(text, ref position, depth) };
        while (position < text.Length && text[position] == ',')
        {
            position++;
            Take(text, ref position, ' ');
            operands.Add(Read(text, ref position, depth));
        }

        Take(text, ref position, ')');
        return operands;
    }

    private static void Expect(List<Expression> operands, int count, string word)
    {
        if (operands.Count != count)
        {
            throw new FormatException($"{word} takes {count.ToString(CultureInfo.InvariantCulture)} operands");
        }
    }

    // By name only: TryParse takes numbers, too.
    private static bool TryParse<TEnum>(string word, out TEnum value)
        where TEnum : struct
    {
        value = default;
        return word.Length > 0 && char.IsLetter(word[0]) && Enum.TryParse(word, out value);
    }

    private static void Take(string text, ref int position, char expected)
    {
        if (position >= text.Length || text[position++] != expected)
        {
            throw new FormatException($"'{expected}' expected in '{text}'");
        }
    }

    private static string Word(string text, ref int position)
    {
        int start = position;
        while (position < text.Length && char.IsLetterOrDigit(text[position]))
        {
            position++;
        }

        return text.Substring(start, position - start);
    }

    private static string NumberText(string text, ref int position)
    {
        int start = position;
        while (position < text.Length && text[position] is not (',' or ')'))
        {
            position++;
        }

        return text.Substring(start, position - start);
    }

    private static ElementType ParseType(string word) =>
        TryParse(word, out ElementType type) ? type : throw new FormatException($"'{word}' is not a type");

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsInfinity(value) ? (value > 0 ? "Infinity" : "-Infinity")
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static double ParseNumber(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,

        // .NET Framework, where Visual Studio runs the generator, reads −0 as 0.
        "-0" => -0.0,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };
}
