namespace ModelCompiler.Plans;

/// <summary>A value in a plan.</summary>
public abstract record PlanValue;

/// <summary>A whole number; written <c>12</c>.</summary>
public sealed record IntegerValue(long Value) : PlanValue;

/// <summary>A float32; written <c>0.5f</c>.</summary>
public sealed record FloatValue(float Value) : PlanValue
{
    /// <summary>Bitwise, so that NaN equals itself and −0 differs from 0.</summary>
    public bool Equals(FloatValue? other) =>
        other is not null && System.BitConverter.DoubleToInt64Bits(Value) == System.BitConverter.DoubleToInt64Bits(other.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();
}

/// <summary>A truth value; written <c>true</c> or <c>false</c>.</summary>
public sealed record BooleanValue(bool Value) : PlanValue;

/// <summary>A string; written in quotes.</summary>
public sealed record TextValue(string Value) : PlanValue;

/// <summary>A list; written <c>[1, 2, 3]</c>.</summary>
public sealed record ListValue(EquatableArray<PlanValue> Items) : PlanValue;

/// <summary>A region of the arena viewed as elements of <paramref name="Type"/>; written <c>$name:Float32</c>, with <c>+n</c> for an offset.</summary>
/// <param name="Tensor">Name of the <see cref="PlanTensor"/>.</param>
/// <param name="Type">Elements to view it as.</param>
/// <param name="Offset">Elements (of <paramref name="Type"/>) to skip.</param>
public sealed record TensorValue(string Tensor, ElementType Type, int Offset) : PlanValue
{
    /// <summary>In a loop: elements to skip in each iteration, for the outermost loop first; written <c>+i0*n</c>.</summary>
    public EquatableArray<int> Strides { get; init; }
}

/// <summary>A constant; written <c>@name:Float32</c>.</summary>
/// <param name="Constant">Name of the <see cref="PlanConstant"/>.</param>
/// <param name="Type">Elements to view it as.</param>
public sealed record ConstantValue(string Constant, ElementType Type) : PlanValue;

/// <summary>The caller's span in a <see cref="PlanConversion"/>; written <c>^port:Float32</c>.</summary>
/// <param name="Port">Name of the input or output.</param>
/// <param name="Type">Elements to view it as.</param>
public sealed record PortValue(string Port, ElementType Type) : PlanValue;

/// <summary>A readonly record struct of RuntimeSupport; written <c>Name(field: value, …)</c>.</summary>
public sealed record StructureValue(string Type, EquatableArray<PlanArgument> Fields) : PlanValue;
