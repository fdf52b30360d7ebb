using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace ModelCompiler.Plans;

/// <summary>Reads the values of one line of a plan.</summary>
internal sealed class PlanScanner(string text, int line)
{
    // Far above what a compiler nests, far below what the stack holds.
    private const int DeepestNesting = 32;

    private int position;
    private int nesting;

    /// <summary>Whether only blanks are left.</summary>
    public bool IsAtEnd
    {
        get
        {
            SkipBlanks();
            return position >= text.Length;
        }
    }

    /// <summary>Fails unless only blanks are left.</summary>
    public void ExpectEnd()
    {
        if (!IsAtEnd)
        {
            throw Error("the end of the line");
        }
    }

    /// <summary>Reads an identifier.</summary>
    public string Word()
    {
        SkipBlanks();
        int start = position;
        while (position < text.Length && (char.IsLetterOrDigit(text[position]) || text[position] == '_'))
        {
            position++;
        }

        return position > start ? text.Substring(start, position - start) : throw Error("a word");
    }

    /// <summary>Reads a given word or fails.</summary>
    public void ExpectWord(string expected)
    {
        if (Word() != expected)
        {
            throw Error(expected);
        }
    }

    /// <summary>Reads <c>true</c> or <c>false</c>.</summary>
    public bool Boolean() => Word() switch
    {
        "true" => true,
        "false" => false,
        _ => throw Error("true or false"),
    };

    /// <summary>Reads an enumeration's member by its name.</summary>
    public TEnum Enumeration<TEnum>()
        where TEnum : struct
    {
        string word = Word();
        return !char.IsDigit(word[0]) && Enum.TryParse(word, out TEnum value) ? value : throw Error(typeof(TEnum).Name);
    }

    /// <summary>Reads a string in quotes.</summary>
    public string Text()
    {
        Expect('"');
        var builder = new StringBuilder();
        while (position < text.Length && text[position] != '"')
        {
            builder.Append(text[position] == '\\' ? Escape() : text[position++]);
        }

        Expect('"');
        return builder.ToString();
    }

    /// <summary>Reads a whole number.</summary>
    public long Integer() => Value() is IntegerValue integer ? integer.Value : throw Error("a whole number");

    /// <summary>Reads <c>name=12</c>.</summary>
    public int Integer(string name)
    {
        Name(name);
        return checked((int)Integer());
    }

    /// <summary>Reads <c>name=0.5f</c>.</summary>
    public float Float(string name)
    {
        Name(name);
        return Value() is FloatValue real ? real.Value : throw Error("a real number");
    }

    /// <summary>Reads a list of whole numbers.</summary>
    public EquatableArray<int> Integers() => LongIntegers().Select(number => checked((int)number)).ToEquatableArray();

    /// <summary>Reads a list of whole numbers of up to 64 bits.</summary>
    public EquatableArray<long> LongIntegers()
    {
        var items = new List<long>();
        foreach (PlanValue item in Value() is ListValue list ? list.Items : throw Error("a list"))
        {
            items.Add(item is IntegerValue integer ? integer.Value : throw Error("a list of whole numbers"));
        }

        return items.ToEquatableArray();
    }

    /// <summary>Reads any value.</summary>
    public PlanValue Value()
    {
        SkipBlanks();
        char first = position < text.Length ? text[position] : '\0';
        switch (first)
        {
            case '"':
                return new TextValue(Text());
            case '[':
                return List();
            case '$':
                position++;
                return Places(new TensorValue(Text(), TypeSuffix(), 0));
            case '@':
                position++;
                return new ConstantValue(Text(), TypeSuffix());
            case '^':
                position++;
                return new PortValue(Text(), TypeSuffix());
            case '-' or (>= '0' and <= '9'):
                return Number();
            default:
                return WordValue();
        }
    }

    /// <summary>Consumes a character if it is next.</summary>
    public bool TryTake(char expected)
    {
        SkipBlanks();
        if (position < text.Length && text[position] == expected)
        {
            position++;
            return true;
        }

        return false;
    }

    /// <summary>Whether a character is next.</summary>
    public bool IsNext(char expected)
    {
        SkipBlanks();
        return position < text.Length && text[position] == expected;
    }

    /// <summary>Consumes a character or fails.</summary>
    public void Expect(char expected)
    {
        if (!TryTake(expected))
        {
            throw Error($"'{expected}'");
        }
    }

    private PlanFormatException Error(string expected) => new(line, $"{expected} expected at column {position + 1}");

    private void Name(string name)
    {
        ExpectWord(name);
        Expect('=');
    }

    private int Offset() =>
        position < text.Length && text[position] is '-' or (>= '0' and <= '9') && Number() is IntegerValue integer
            ? checked((int)integer.Value)
            : throw Error("a whole number");

    // An offset, then a stride for each loop: +5+i0*12+i1*3.
    private TensorValue Places(TensorValue tensor)
    {
        var strides = new List<int>();
        for (bool isFirst = true; TryTake('+'); isFirst = false)
        {
            if (isFirst && !IsNext('i'))
            {
                tensor = tensor with { Offset = Offset() };
                continue;
            }

            ExpectWord("i" + strides.Count.ToString(CultureInfo.InvariantCulture));
            Expect('*');
            strides.Add(Offset());
        }

        return strides.Count == 0 ? tensor : tensor with { Strides = strides.ToEquatableArray() };
    }

    private void Enter()
    {
        if (++nesting > DeepestNesting)
        {
            throw Error("less nesting");
        }
    }

    private ListValue List()
    {
        Enter();
        Expect('[');
        var items = new List<PlanValue>();
        while (!TryTake(']'))
        {
            items.Add(Value());
            TryTake(',');
        }

        nesting--;
        return new ListValue(items.ToEquatableArray());
    }

    private PlanValue WordValue()
    {
        string word = Word();
        switch (word)
        {
            case "true" or "false":
                return new BooleanValue(word == "true");
            case "Infinity":
                return new FloatValue(float.PositiveInfinity);
            case "NaN":
                return new FloatValue(float.NaN);
        }

        Enter();
        Expect('(');
        var fields = new List<PlanArgument>();
        while (!TryTake(')'))
        {
            string name = Word();
            Expect(':');
            fields.Add(new PlanArgument(name, Value()));
            TryTake(',');
        }

        nesting--;
        return new StructureValue(word, fields.ToEquatableArray());
    }

    private ElementType TypeSuffix()
    {
        Expect(':');
        return Enumeration<ElementType>();
    }

    private PlanValue Number()
    {
        int start = position;
        if (text[position] == '-')
        {
            position++;
            if (string.CompareOrdinal(text, position, "Infinity", 0, 8) == 0)
            {
                position += 8;
                return new FloatValue(float.NegativeInfinity);
            }
        }

        while (position < text.Length && (char.IsDigit(text[position]) || text[position] is '.' or 'E' or '-'
            || (text[position] == '+' && text[position - 1] == 'E')))
        {
            position++;
        }

        string digits = text.Substring(start, position - start);
        if (position < text.Length && text[position] == 'f')
        {
            position++;

            // .NET Framework, where Visual Studio runs the generator, reads −0 as 0.
            return float.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out float real)
                ? new FloatValue(real == 0 && digits[0] == '-' ? -0f : real)
                : throw Error("a number");
        }

        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
            ? new IntegerValue(whole)
            : throw Error("a number");
    }

    private char Escape()
    {
        position++;
        char kind = position < text.Length ? text[position++] : throw Error("an escape");
        if (kind != 'u')
        {
            return kind == 'n' ? '\n' : kind;
        }

        if (position + 4 > text.Length
            || !int.TryParse(text.Substring(position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
        {
            throw Error("four hexadecimal digits");
        }

        position += 4;
        return (char)code;
    }

    private void SkipBlanks()
    {
        while (position < text.Length && text[position] == ' ')
        {
            position++;
        }
    }
}

/// <summary>The text is not a plan this version reads.</summary>
/// <param name="line">Line number, from 1.</param>
/// <param name="message">What is wrong with it.</param>
public sealed class PlanFormatException(int line, string message) : Exception($"line {line}: {message}")
{
    /// <summary>Line number, from 1.</summary>
    public int Line { get; } = line;
}
