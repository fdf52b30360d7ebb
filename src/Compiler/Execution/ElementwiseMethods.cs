using System;
using System.Linq;
using System.Reflection;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Execution;

/// <summary>Finds the methods of <see cref="ElementwiseMath"/> as the C# compiler finds them for generated code.</summary>
public static class ElementwiseMethods
{
    /// <summary>The method of a function for operands of one type: the overload for just that type, else the generic one.</summary>
    /// <param name="function">The function.</param>
    /// <param name="type">Type of all operands.</param>
    /// <returns>A method that can be called.</returns>
    /// <exception cref="InvalidOperationException">The function is not there for that type.</exception>
    public static MethodInfo Of(ElementwiseFunction function, ElementType type)
    {
        Type operand = type.NetType();
        int count = ExpressionText.OperandsOf(function);
        MethodInfo[] methods = [.. typeof(ElementwiseMath).GetMethods().Where(method => method.Name == function.ToString() && method.GetParameters().Length == count)];
        MethodInfo? exact = methods.FirstOrDefault(method => method.GetParameters().All(parameter => parameter.ParameterType == operand));
        try
        {
            return exact ?? methods.Single(method => method.IsGenericMethodDefinition).MakeGenericMethod(operand);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            throw new InvalidOperationException($"ElementwiseMath has no {function} for {type}", exception);
        }
    }

    /// <summary>The value of a literal in its own type, saturated where the type is too small.</summary>
    /// <param name="literal">The literal.</param>
    /// <returns>A boxed number or truth value of just the literal's type.</returns>
    public static object ValueOf(LiteralExpression literal) => literal.Type switch
    {
        ElementType.Float32 => (float)literal.Value,
        ElementType.Float64 => literal.Value,
        ElementType.Int8 => sbyte.CreateSaturating(literal.Value),
        ElementType.UInt8 => byte.CreateSaturating(literal.Value),
        ElementType.Int16 => short.CreateSaturating(literal.Value),
        ElementType.UInt16 => ushort.CreateSaturating(literal.Value),
        ElementType.Int32 => int.CreateSaturating(literal.Value),
        ElementType.UInt32 => uint.CreateSaturating(literal.Value),
        ElementType.Int64 => long.CreateSaturating(literal.Value),
        ElementType.UInt64 => ulong.CreateSaturating(literal.Value),
        _ => literal.Value != 0,
    };
}
