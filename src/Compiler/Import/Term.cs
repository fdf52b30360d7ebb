using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import;

/// <summary>
/// Writes elementwise expressions as arithmetic: <c>(x &gt; 0).Select(x, alpha * x)</c>. Numbers beside a term take its type.
/// A function that is not defined for the type fails here rather than in the generated code.
/// </summary>
/// <param name="Expression">The expression so far.</param>
internal readonly record struct Term(Expression Expression)
{
    /// <summary>The type of the value.</summary>
    public ElementType Type => Expression.Type;

    /// <summary>The element of an input.</summary>
    public static Term Input(int index, ElementType type) => new(new InputExpression(index, type));

    /// <summary>A number.</summary>
    public static Term Literal(double value, ElementType type) => new(new LiteralExpression(value, type));

    /// <summary>A number of the same type as this.</summary>
    public Term Like(double value) => Literal(value, Type);

    public static implicit operator Expression(Term term) => term.Expression;

    public static Term operator +(Term left, Term right) => left.Arithmetic(ElementwiseFunction.Add, right);

    public static Term operator +(Term left, double right) => left + left.Like(right);

    public static Term operator +(double left, Term right) => right.Like(left) + right;

    public static Term operator -(Term left, Term right) => left.Arithmetic(ElementwiseFunction.Subtract, right);

    public static Term operator -(Term left, double right) => left - left.Like(right);

    public static Term operator -(double left, Term right) => right.Like(left) - right;

    public static Term operator *(Term left, Term right) => left.Arithmetic(ElementwiseFunction.Multiply, right);

    public static Term operator *(Term left, double right) => left * left.Like(right);

    public static Term operator *(double left, Term right) => right.Like(left) * right;

    public static Term operator /(Term left, Term right) => left.Arithmetic(ElementwiseFunction.Divide, right);

    public static Term operator /(Term left, double right) => left / left.Like(right);

    public static Term operator /(double left, Term right) => right.Like(left) / right;

    public static Term operator -(Term operand) => operand.Arithmetic(ElementwiseFunction.Negate);

    public static Term operator <(Term left, Term right) => left.Compare(ElementwiseFunction.Less, right);

    public static Term operator <(Term left, double right) => left < left.Like(right);

    public static Term operator >(Term left, Term right) => left.Compare(ElementwiseFunction.Greater, right);

    public static Term operator >(Term left, double right) => left > left.Like(right);

    public static Term operator <=(Term left, Term right) => left.Compare(ElementwiseFunction.LessOrEqual, right);

    public static Term operator <=(Term left, double right) => left <= left.Like(right);

    public static Term operator >=(Term left, Term right) => left.Compare(ElementwiseFunction.GreaterOrEqual, right);

    public static Term operator >=(Term left, double right) => left >= left.Like(right);

    public Term Abs() => Arithmetic(ElementwiseFunction.Abs);

    public Term Sign() => Arithmetic(ElementwiseFunction.Sign);

    public Term Exp() => Real(ElementwiseFunction.Exp);

    public Term Log() => Real(ElementwiseFunction.Log);

    public Term Sqrt() => Real(ElementwiseFunction.Sqrt);

    public Term Tanh() => Real(ElementwiseFunction.Tanh);

    public Term Erf() => Real(ElementwiseFunction.Erf);

    public Term Sigmoid() => Real(ElementwiseFunction.Sigmoid);

    public Term Floor() => Real(ElementwiseFunction.Floor);

    /// <summary>To the nearest integer, ties to even.</summary>
    public Term Round() => Real(ElementwiseFunction.Round);

    public Term Square() => this * this;

    public Term Minimum(Term other) => Arithmetic(ElementwiseFunction.Minimum, other);

    public Term Maximum(Term other) => Arithmetic(ElementwiseFunction.Maximum, other);

    public Term Minimum(double other) => Minimum(Like(other));

    public Term Maximum(double other) => Maximum(Like(other));

    public Term Clamp(double least, double greatest) => Maximum(least).Minimum(greatest);

    /// <summary>This to the power of another. An integer to the power of another type goes through float64: exact up to 2^53.</summary>
    public Term Power(Term exponent) =>
        Type == exponent.Type
            ? Arithmetic(ElementwiseFunction.Power, exponent)
            : To(ElementType.Float64).Real(ElementwiseFunction.Power, exponent.To(ElementType.Float64)).To(Type);

    public Term EqualTo(Term other) => Compare(ElementwiseFunction.Equal, other);

    public Term EqualTo(double other) => EqualTo(Like(other));

    public Term Not() => Logical(ElementwiseFunction.Not);

    public Term And(Term other) => Logical(ElementwiseFunction.And, other);

    /// <summary>Choice by this condition.</summary>
    public Term Select(Term whenTrue, Term whenFalse)
    {
        Require(Type == ElementType.Boolean, $"a condition of {Type}");
        Require(whenTrue.Type == whenFalse.Type, $"a choice between {whenTrue.Type} and {whenFalse.Type}");
        return new(new SelectExpression(this, whenTrue, whenFalse));
    }

    /// <summary>Choice between two numbers of a type.</summary>
    public Term Select(double whenTrue, double whenFalse, ElementType type) => Select(Literal(whenTrue, type), Literal(whenFalse, type));

    /// <summary>A conversion as C# casts; truth values are 1 and 0, and whatever is not 0 is true.</summary>
    public Term To(ElementType type) =>
        type == Type ? this
        : Type == ElementType.Boolean ? Select(1, 0, type)
        : type == ElementType.Boolean ? EqualTo(0).Not()
        : new(new ConvertExpression(this, type));

    /// <summary>The bits of this real number, as the signed integer of its size.</summary>
    public Term ToBits() => Real(ElementwiseFunction.ToBits);

    /// <summary>The real number that has the bits of this 32-bit or 64-bit signed integer.</summary>
    public Term FromBits()
    {
        Require(Type is ElementType.Int32 or ElementType.Int64, $"bits of a real number as {Type}");
        return Call(ElementwiseFunction.FromBits, this);
    }

    /// <summary>A function of one number: not of truth values.</summary>
    public Term Arithmetic(ElementwiseFunction function)
    {
        Require(Type != ElementType.Boolean, $"{function} of {Type}");
        return Call(function, this);
    }

    /// <summary>A function of two numbers.</summary>
    public Term Arithmetic(ElementwiseFunction function, Term other)
    {
        Require(Type != ElementType.Boolean, $"{function} of {Type}");
        return Call(function, this, other);
    }

    /// <summary>A function of a real number.</summary>
    public Term Real(ElementwiseFunction function)
    {
        Require(Type.IsFloat(), $"{function} of {Type}");
        return Call(function, this);
    }

    /// <summary>A function of two real numbers.</summary>
    public Term Real(ElementwiseFunction function, Term other)
    {
        Require(Type.IsFloat(), $"{function} of {Type}");
        return Call(function, this, other);
    }

    /// <summary>A function of integers.</summary>
    public Term Bits(ElementwiseFunction function)
    {
        Require(!Type.IsFloat() && Type != ElementType.Boolean, $"{function} of {Type}");
        return Call(function, this);
    }

    /// <summary>A function of two integers.</summary>
    public Term Bits(ElementwiseFunction function, Term other)
    {
        Require(!Type.IsFloat() && Type != ElementType.Boolean, $"{function} of {Type}");
        return Call(function, this, other);
    }

    /// <summary>A function of a truth value.</summary>
    public Term Logical(ElementwiseFunction function)
    {
        Require(Type == ElementType.Boolean, $"{function} of {Type}");
        return Call(function, this);
    }

    /// <summary>A function of two truth values.</summary>
    public Term Logical(ElementwiseFunction function, Term other)
    {
        Require(Type == ElementType.Boolean, $"{function} of {Type}");
        return Call(function, this, other);
    }

    /// <summary>A predicate of a real number.</summary>
    public Term Test(ElementwiseFunction function)
    {
        Require(Type.IsFloat(), $"{function} of {Type}");
        return Call(function, this);
    }

    /// <summary>A comparison. Truth values compare as 0 and 1.</summary>
    public Term Compare(ElementwiseFunction function, Term other) =>
        Type == ElementType.Boolean && other.Type == ElementType.Boolean
            ? To(ElementType.Int32).Compare(function, other.To(ElementType.Int32))
            : Call(function, this, other);

    private static Term Call(ElementwiseFunction function, params Term[] operands)
    {
        foreach (Term operand in operands)
        {
            Require(operand.Type == operands[0].Type, $"{function} of {operands[0].Type} and {operand.Type}");
        }

        return new(new CallExpression(function, new EquatableArray<Expression>(System.Array.ConvertAll(operands, operand => operand.Expression)), ExpressionText.ResultOf(function, operands[0].Type)));
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ShapeException(message);
        }
    }
}
