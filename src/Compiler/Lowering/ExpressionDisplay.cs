using System.Globalization;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Elementwise expressions as people write them, for notes: <c>Maximum(x0 + x1, 0)</c>.</summary>
public static class ExpressionDisplay
{
    /// <summary>The text of an expression.</summary>
    public static string Of(Expression expression) => expression switch
    {
        InputExpression input => "x" + input.Index.ToString(CultureInfo.InvariantCulture),
        LiteralExpression literal => literal.Type == ElementType.Boolean
            ? (literal.Value != 0 ? "true" : "false")
            : literal.Type == ElementType.Float32
                ? ((float)literal.Value).ToString("R", CultureInfo.InvariantCulture)
                : literal.Value.ToString("R", CultureInfo.InvariantCulture),
        CallExpression call when Symbol(call.Function) is { } symbol => $"({Of(call.Operands[0])} {symbol} {Of(call.Operands[1])})",
        CallExpression call => $"{call.Function}({string.Join(", ", call.Operands.Select(Of))})",
        ConvertExpression convert => $"{convert.Type}({Of(convert.Operand)})",
        SelectExpression select => $"({Of(select.Condition)} ? {Of(select.WhenTrue)} : {Of(select.WhenFalse)})",
        _ => "",
    };

    private static string? Symbol(ElementwiseFunction function) => function switch
    {
        ElementwiseFunction.Add => "+",
        ElementwiseFunction.Subtract => "−",
        ElementwiseFunction.Multiply => "·",
        ElementwiseFunction.Divide => "/",
        ElementwiseFunction.Less => "<",
        ElementwiseFunction.LessOrEqual => "≤",
        ElementwiseFunction.Greater => ">",
        ElementwiseFunction.GreaterOrEqual => "≥",
        ElementwiseFunction.Equal => "=",
        _ => null,
    };
}
