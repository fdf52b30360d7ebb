namespace ModelCompiler.Plans;

/// <summary>What an elementwise step computes for one element. Types are explicit: nothing converts by itself.</summary>
/// <param name="Type">Type of the value.</param>
public abstract record Expression(ElementType Type);

/// <summary>The element of input <paramref name="Index"/>; written <c>x0:Float32</c>.</summary>
public sealed record InputExpression(int Index, ElementType Type) : Expression(Type);

/// <summary>A literal; integers and truth values up to 2^53 are exact. Written <c>Float32'0.5</c>.</summary>
public sealed record LiteralExpression(double Value, ElementType Type) : Expression(Type)
{
    /// <summary>NaN equals itself and −0 differs from 0.</summary>
    public bool Equals(LiteralExpression? other) =>
        other is not null && Type == other.Type && System.BitConverter.DoubleToInt64Bits(Value) == System.BitConverter.DoubleToInt64Bits(other.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();
}

/// <summary>
/// A function of RuntimeSupport's <c>ElementwiseMath</c>; written <c>Maximum(x, y)</c>. All operands have one type, which is the
/// function's type but for predicates (<see cref="ElementType.Boolean"/>) and for what looks at bits.
/// </summary>
public sealed record CallExpression(ElementwiseFunction Function, EquatableArray<Expression> Operands, ElementType Type) : Expression(Type);

/// <summary>A conversion as a C# cast does it, truncating floats and wrapping integers; written <c>Int64(x)</c>.</summary>
public sealed record ConvertExpression(Expression Operand, ElementType Type) : Expression(Type);

/// <summary>One or the other; written <c>Select(condition, x, y)</c>.</summary>
public sealed record SelectExpression(Expression Condition, Expression WhenTrue, Expression WhenFalse) : Expression(WhenTrue.Type);

/// <summary>The functions of elementwise expressions; each is a method of RuntimeSupport's <c>ElementwiseMath</c>.</summary>
public enum ElementwiseFunction
{
#pragma warning disable CS1591 // The names are the documentation: they are those of mathematics and of ONNX.
    Negate,
    Abs,
    Sign,
    Exp,
    Log,
    Sqrt,
    Floor,
    Ceiling,
    Round,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Erf,
    Sigmoid,
    Not,
    BitwiseNot,

    /// <summary>The bits of a real number, as the signed integer of its size.</summary>
    ToBits,

    /// <summary>The real number that has the bits of a signed integer.</summary>
    FromBits,
    IsNaN,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Remainder,
    Power,
    Minimum,
    Maximum,
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    ShiftLeft,
    ShiftRight,

    /// <summary>(float x, float inverseScale, float zeroPoint): the uint8 round(clamp(x · inverseScale, −zp, 255 − zp)) + zp.</summary>
    Quantize,
#pragma warning restore CS1591
}
