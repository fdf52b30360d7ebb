using System;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Elementwise expressions as C#: operators where they mean exactly the same, calls of <c>ElementwiseMath</c> elsewhere.</summary>
internal sealed class ExpressionEmitter(Func<InputExpression, string> input)
{
    private const string Functions = "Kernels.ElementwiseMath.";

    /// <summary>Whether the expression calls <c>ElementwiseMath</c>.</summary>
    public bool CallsFunctions { get; private set; }

    /// <summary>Whether the expression wraps around, which the project's <c>checked</c> setting must not change.</summary>
    public bool WrapsAround { get; private set; }

    /// <summary>The expression as the right side of an assignment.</summary>
    public string Write(Expression expression) => expression switch
    {
        InputExpression read => input(read),
        LiteralExpression literal => Literals.Of(literal.Value, literal.Type),
        SelectExpression select => $"{Operand(select.Condition)} ? {Operand(select.WhenTrue)} : {Operand(select.WhenFalse)}",
        ConvertExpression convert => Convert(convert),
        _ => Call((CallExpression)expression),
    };

    // The expression as a part of another: with parentheses unless it is one word, call, indexing or cast.
    private string Operand(Expression expression)
    {
        string text = Write(expression);
        return expression is InputExpression || text.All(IsPartOfName) || IsOneCall(text) || IsCast(expression) ? text : $"({text})";
    }

    private string Call(CallExpression call)
    {
        if (Operator(call) is not { } text)
        {
            CallsFunctions = true;
            return $"{Functions}{call.Function}({string.Join(", ", call.Operands.Select(Write))})";
        }

        WrapsAround |= call.Type != ElementType.Boolean && !call.Type.IsFloat();
        return IsSmall(call.Type) ? $"({call.Type.Keyword()})({text})" : text;
    }

    private string? Operator(CallExpression call)
    {
        ElementType type = call.Operands[0].Type;
        string? binary = call.Function switch
        {
            ElementwiseFunction.Add => "+",
            ElementwiseFunction.Subtract => "-",
            ElementwiseFunction.Multiply => "*",
            ElementwiseFunction.Divide when type.IsFloat() => "/",
            ElementwiseFunction.Equal => "==",
            ElementwiseFunction.Less => "<",
            ElementwiseFunction.LessOrEqual => "<=",
            ElementwiseFunction.Greater => ">",
            ElementwiseFunction.GreaterOrEqual => ">=",
            ElementwiseFunction.And or ElementwiseFunction.BitwiseAnd => "&",
            ElementwiseFunction.Or or ElementwiseFunction.BitwiseOr => "|",
            ElementwiseFunction.Xor or ElementwiseFunction.BitwiseXor => "^",
            _ => null,
        };
        if (binary is not null)
        {
            return $"{Operand(call.Operands[0])} {binary} {Operand(call.Operands[1])}";
        }

        return call.Function switch
        {
            ElementwiseFunction.Not => "!" + Operand(call.Operands[0]),
            ElementwiseFunction.BitwiseNot => "~" + Operand(call.Operands[0]),

            // C# has no − for ulong, and makes a long of − uint.
            ElementwiseFunction.Negate when type is not (ElementType.UInt32 or ElementType.UInt64) => "-" + Operand(call.Operands[0]),
            _ => null,
        };
    }

    private string Convert(ConvertExpression convert)
    {
        ElementType from = convert.Operand.Type;
        ElementType to = convert.Type;
        if (from == to)
        {
            return Write(convert.Operand);
        }

        if (to == ElementType.Boolean)
        {
            return $"{Operand(convert.Operand)} != {Literals.Of(0, from)}";
        }

        if (from == ElementType.Boolean)
        {
            return $"{Operand(convert.Operand)} ? {Literals.Of(1, to)} : {Literals.Of(0, to)}";
        }

        if (!from.IsFloat() || to.IsFloat())
        {
            WrapsAround |= !to.IsFloat();
            return $"({to.Keyword()}){Operand(convert.Operand)}";
        }

        // A cast from a real number that does not fit differs between processors and versions of .NET.
        CallsFunctions = true;
        WrapsAround |= IsSmall(to);
        return (IsSmall(to) ? $"({to.Keyword()})" : "") + $"{Functions}To{(IsSmall(to) ? ElementType.Int32 : to)}({Write(convert.Operand)})";
    }

    private static bool IsSmall(ElementType type) => type is ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16;

    // Whether the text is a cast as a whole; a cast binds more strongly than any operator.
    private static bool IsCast(Expression expression) => expression switch
    {
        LiteralExpression literal => IsSmall(literal.Type),
        CallExpression call => IsSmall(call.Type),
        ConvertExpression convert => convert.Type != convert.Operand.Type && convert.Type != ElementType.Boolean && convert.Operand.Type != ElementType.Boolean,
        _ => false,
    };

    private static bool IsPartOfName(char character) => char.IsLetterOrDigit(character) || character is '_' or '.';

    private static bool IsOneCall(string text)
    {
        int open = text.IndexOf('(');
        if (open <= 0 || !text.Take(open).All(IsPartOfName))
        {
            return false;
        }

        int depth = 0;
        for (int position = open; position < text.Length; position++)
        {
            depth += text[position] == '(' ? 1 : text[position] == ')' ? -1 : 0;
            if (depth == 0)
            {
                return position == text.Length - 1;
            }
        }

        return false;
    }
}
