using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>Every function on every type, every conversion: the loops that the generator writes against those of the executor, bit for bit.</summary>
public class ElementwiseEquivalenceTests
{
    private static readonly ElementType[] Types = Enum.GetValues<ElementType>();

    [Fact]
    public void Functions_give_the_same_bits_in_generated_code_and_in_the_executor() =>
        AssertSame(Enum.GetValues<ElementwiseFunction>().SelectMany(function => Types.Where(type => Takes(function, type)).Select(type => Call(function, type))));

    [Fact]
    public void Conversions_give_the_same_bits_in_generated_code_and_in_the_executor() =>
        AssertSame(Types.SelectMany(from => Types.Select(to => (Expression)new ConvertExpression(new InputExpression(0, from), to))));

    [Fact]
    public void Literals_and_nesting_give_the_same_bits_in_generated_code_and_in_the_executor()
    {
        AssertSame(
        [
            ExpressionText.Read("Add(Negate(Negate(x0:Float32)), Float32'-0)"),
            ExpressionText.Read("Subtract(x0:Float32, Float32'-1.5)"),
            ExpressionText.Read("Negate(Int8'-128)"),
            ExpressionText.Read("Multiply(Select(Less(x0:Int16, x1:Int16), x0:Int16, Int16'-3), Add(x1:Int16, Int16'7))"),
            ExpressionText.Read("Add(x0:Int64, Int64'9.223372036854775807E+18)"),
            ExpressionText.Read("Subtract(x0:UInt64, UInt64'1.8446744073709552E+19)"),
            ExpressionText.Read("Add(x0:UInt8, UInt8'300)"),
            ExpressionText.Read("Float32(Float64(x0:Int64))"),
            ExpressionText.Read("Select(Or(IsNaN(x0:Float32), Boolean'0), Float32'NaN, Multiply(x0:Float32, Float32'-Infinity))"),
            ExpressionText.Read("Int8(Add(Float32(x0:UInt8), Float32(x1:UInt8)))"),
            ExpressionText.Read("BitwiseNot(BitwiseXor(UInt16(x0:Int32), UInt16'65535))"),
            ExpressionText.Read("Divide(Float64'1E-05, x0:Float64)"),
            ExpressionText.Read("Select(LessOrEqual(x0:Float32, Float32'0), Multiply(x0:Float32, x1:Float32), Sqrt(Abs(x1:Float32)))"),
            ExpressionText.Read("Minimum(Maximum(Exp(x0:Float32), Negate(x1:Float32)), Float32'6)"),
            ExpressionText.Read("Multiply(Sign(Divide(x0:Float32, x1:Float32)), Float32'127)"),
            ExpressionText.Read("Multiply(x0:Float32, Sigmoid(Subtract(Floor(x0:Float32), Ceiling(x1:Float32))))"),
        ]);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(21)]
    [InlineData(32)]
    [InlineData(47)]
    public void Strided_loops_give_the_same_bits_in_generated_code_and_in_the_executor(int columns)
    {
        var builder = new PlanBuilder();
        var random = new Random(11);
        ConstantValue left = builder.Constant("left", ElementType.Float32, [.. Enumerable.Range(0, 12 * columns).Select(_ => random.NextSingle())]);
        ConstantValue right = builder.Constant("right", ElementType.Float32, [.. Enumerable.Range(0, columns).Select(_ => random.NextSingle())]);
        TensorValue output = builder.Tensor("result0", ElementType.Float32, 3, 4, columns);
        TensorValue rows = builder.Tensor("result1", ElementType.Float32, 3, 4, columns);
        builder.Steps.Add(PlanBuilder.Step(
            "transposed",
            PlanStep.ElementwiseKernel,
            "",
            ("shape", PlanBuilder.List(3, 4, columns)),
            ("expression", new TextValue("Add(x0:Float32, Multiply(x1:Float32, x1:Float32))")),
            ("x0", left),
            ("strides0", PlanBuilder.List(1, 3, 12)),
            ("x1", right),
            ("strides1", PlanBuilder.List(0, 0, 1)),
            ("output", output),
            ("outputStrides", PlanBuilder.List(4 * columns, columns, 1))));
        builder.Steps.Add(PlanBuilder.Step(
            "rows",
            PlanStep.ElementwiseKernel,
            "",
            ("shape", PlanBuilder.List(3, 4, columns)),
            ("expression", new TextValue("Subtract(x0:Float32, Multiply(x1:Float32, x0:Float32))")),
            ("x0", left),
            ("strides0", PlanBuilder.List(columns, 3 * columns, 1)),
            ("x1", right),
            ("strides1", PlanBuilder.List(1, 0, 0)),
            ("output", rows),
            ("outputStrides", PlanBuilder.List(4 * columns, columns, 1))));
        AssertSame(builder, ["transposed", "rows"]);
    }

    private static bool Takes(ElementwiseFunction function, ElementType type) => function switch
    {
        ElementwiseFunction.Quantize => type == ElementType.Float32,
        ElementwiseFunction.Not or ElementwiseFunction.And or ElementwiseFunction.Or or ElementwiseFunction.Xor => type == ElementType.Boolean,
        ElementwiseFunction.BitwiseNot or ElementwiseFunction.BitwiseAnd or ElementwiseFunction.BitwiseOr or ElementwiseFunction.BitwiseXor
            or ElementwiseFunction.ShiftLeft or ElementwiseFunction.ShiftRight => !type.IsFloat() && type != ElementType.Boolean,
        ElementwiseFunction.ToBits => type.IsFloat(),
        ElementwiseFunction.FromBits => type is ElementType.Int32 or ElementType.Int64,
        ElementwiseFunction.Equal => true,
        >= ElementwiseFunction.Exp and <= ElementwiseFunction.Sigmoid => type.IsFloat(),
        _ => type != ElementType.Boolean,
    };

    private static Expression Call(ElementwiseFunction function, ElementType type)
    {
        Expression[] operands = function == ElementwiseFunction.Quantize
            ? [new InputExpression(0, type), new LiteralExpression(3, type), new LiteralExpression(20, type)]
            : [.. Enumerable.Range(0, ExpressionText.OperandsOf(function)).Select(index => new InputExpression(index, type))];
        return new CallExpression(function, operands.ToEquatableArray(), ExpressionText.ResultOf(function, type));
    }

    private static void AssertSame(IEnumerable<Expression> expressions)
    {
        var builder = new PlanBuilder();
        var texts = new List<string>();
        foreach (Expression expression in expressions)
        {
            (byte[] first, byte[] second, int length) = Pairs(TypeOfInputs(expression));
            ConstantValue left = builder.Constant($"left{texts.Count}", TypeOfInputs(expression), first);
            ConstantValue right = builder.Constant($"right{texts.Count}", TypeOfInputs(expression), second);
            TensorValue output = builder.Tensor($"result{texts.Count}", expression.Type, length);
            builder.Steps.Add(PlanBuilder.Elementwise($"expression {texts.Count}", ExpressionText.Write(expression), output, length, left, right));
            texts.Add(ExpressionText.Write(expression));
        }

        AssertSame(builder, texts);
    }

    private static void AssertSame(PlanBuilder builder, IReadOnlyList<string> texts)
    {
        const string Source =
            """
            using System;

            partial class Elementwise
            {
                public static byte[] Results()
                {
                    var model = new Elementwise();
                    model.Infer();
                    return model.arena.AsSpan(model.arenaStart).ToArray();
                }
            }
            """;

        ModelPlan plan = builder.Build("Elementwise");
        var executor = new PlanExecutor(plan, builder.Weights);
        executor.Infer();
        GeneratorHarness.Execute(GeneratorHarness.Files(plan, builder.Weights), Source, assembly =>
        {
            byte[] arena = (byte[])assembly.GetType("Elementwise")!.GetMethod("Results", BindingFlags.Public | BindingFlags.Static)!.Invoke(null, null)!;
            for (int index = 0; index < texts.Count; index++)
            {
                PlanTensor tensor = plan.Tensors[index];
                ReadOnlySpan<byte> generated = arena.AsSpan(tensor.Offset, tensor.Length * tensor.Type.SizeOf());
                Assert.True(executor.Tensor<byte>(tensor.Name).SequenceEqual(generated), $"{texts[index]}: {Convert.ToHexString(executor.Tensor<byte>(tensor.Name))} and {Convert.ToHexString(generated)}");
            }
        });
    }

    private static ElementType TypeOfInputs(Expression expression) => expression switch
    {
        InputExpression input => input.Type,
        CallExpression call => TypeOfInputs(call.Operands.FirstOrDefault(operand => operand is not LiteralExpression) ?? call.Operands[0]),
        ConvertExpression convert => TypeOfInputs(convert.Operand),
        SelectExpression select => TypeOfInputs(select.Condition),
        _ => expression.Type,
    };

    // Every special value of a type paired with every other.
    private static (byte[] First, byte[] Second, int Length) Pairs(ElementType type) => type switch
    {
        ElementType.Float32 => Pairs<float>(0, -0f, 1, -1, 0.5f, -1.5f, 2.5f, 7, 100, -300.7f, 3e9f, -3e9f, 1e20f, float.MaxValue, float.Epsilon, float.NaN, float.PositiveInfinity, float.NegativeInfinity),
        ElementType.Float64 => Pairs<double>(0, -0d, 1, -1, 0.5, -1.5, 2.5, 7, 100, -300.7, 3e9, -3e9, 1e20, double.MaxValue, double.Epsilon, double.NaN, double.PositiveInfinity, double.NegativeInfinity),
        ElementType.Int8 => Pairs<sbyte>(0, 1, -1, 2, -2, 3, 7, 8, 100, -100, sbyte.MaxValue, sbyte.MinValue),
        ElementType.UInt8 => Pairs<byte>(0, 1, 2, 3, 7, 8, 100, 200, 254, 255),
        ElementType.Int16 => Pairs<short>(0, 1, -1, 2, -2, 3, 15, 16, 1000, short.MaxValue, short.MinValue),
        ElementType.UInt16 => Pairs<ushort>(0, 1, 2, 3, 15, 16, 1000, 40000, ushort.MaxValue),
        ElementType.Int32 => Pairs(0, 1, -1, 2, -2, 3, 31, 32, 100_000, 16_777_217, int.MaxValue, int.MinValue),
        ElementType.UInt32 => Pairs<uint>(0, 1, 2, 3, 31, 32, 100_000, 3_000_000_001, uint.MaxValue),
        ElementType.Int64 => Pairs(0, 1, -1, 2, -2, 3, 63, 64, 9_007_199_254_740_993, long.MaxValue, long.MinValue),
        ElementType.UInt64 => Pairs<ulong>(0, 1, 2, 3, 63, 64, 9_007_199_254_740_993, 0x8000_0080_0000_0001, ulong.MaxValue),
        _ => Pairs<byte>(0, 1),
    };

    private static (byte[] First, byte[] Second, int Length) Pairs<T>(params T[] values)
        where T : unmanaged
    {
        T[] first = [.. values.SelectMany(value => values.Select(_ => value))];
        T[] second = [.. values.SelectMany(_ => values)];
        return (MemoryMarshal.AsBytes(first.AsSpan()).ToArray(), MemoryMarshal.AsBytes(second.AsSpan()).ToArray(), first.Length);
    }
}
