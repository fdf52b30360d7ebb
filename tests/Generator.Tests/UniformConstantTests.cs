using System;
using System.Linq;
using System.Reflection;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>Constants that are filled in rather than stored, in generated code and in the executor.</summary>
public class UniformConstantTests
{
    private const int Length = 50;

    private const string Source =
        """
        using System;

        partial class Filled
        {
            public static byte[] Results()
            {
                var model = new Filled();
                model.Infer();
                return model.arena.AsSpan(model.arenaStart).ToArray();
            }
        }
        """;

    [Fact]
    public void Filled_constants_are_the_same_in_generated_code_and_in_the_executor()
    {
        (ModelPlan plan, byte[] weights) = Plan();
        var executor = new PlanExecutor(plan, weights);
        executor.Infer();
        Assert.Equal(Enumerable.Range(0, Length).Select(index => index - 0.5f), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(executor.Tensor<byte>("sum")).ToArray());
        Assert.Equal(Enumerable.Repeat(-7L, Length), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(executor.Tensor<byte>("long")).ToArray());
        GeneratorHarness.Execute(GeneratorHarness.Files(plan, weights), Source, assembly =>
        {
            byte[] arena = (byte[])assembly.GetType("Filled")!.GetMethod("Results", BindingFlags.Public | BindingFlags.Static)!.Invoke(null, null)!;
            foreach (PlanTensor tensor in plan.Tensors)
            {
                Assert.True(executor.Tensor<byte>(tensor.Name).SequenceEqual(arena.AsSpan(tensor.Offset, tensor.Length * tensor.Type.SizeOf())), tensor.Name);
            }
        });
    }

    [Fact]
    public void A_plan_whose_constants_are_all_filled_needs_no_weights()
    {
        (ModelPlan plan, _) = Plan();
        PlanConstant[] filled = [.. plan.Constants.Where(constant => constant.Uniform is not null)];
        ModelPlan alone = plan with { Constants = filled.ToEquatableArray(), Steps = plan.Steps.Skip(1).ToEquatableArray(), WeightBytes = 0 };
        Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(alone, []), [], isNet10: false, out _));
        new PlanExecutor(alone, []).Infer();
    }

    [Theory]
    [InlineData("uniform=\"Float32'-0.5\"", "uniform=\"Int32'1\"")]
    [InlineData("length=50 uniform=\"Float32", "length=2000000000 uniform=\"Float32")]
    [InlineData("offset=208 length=50 uniform", "offset=-208 length=50 uniform")]
    public void A_filling_that_does_not_fit_is_reported(string from, string to)
    {
        (ModelPlan plan, _) = Plan();
        string text = PlanWriter.Write(plan);
        Assert.Contains(from, text, StringComparison.Ordinal);
        Assert.Equal("MC8001", Assert.Single(GeneratorHarness.Run(new TextFile("X.modelplan", text.Replace(from, to, StringComparison.Ordinal))).GetRunResult().Diagnostics).Id);
    }

    private static (ModelPlan Plan, byte[] Weights) Plan()
    {
        var builder = new PlanBuilder();
        ConstantValue counted = builder.Constant("counted", ElementType.Float32, [.. Enumerable.Range(0, Length).Select(index => (float)index)]);
        builder.Steps.Add(PlanBuilder.Elementwise(
            "sum", "Add(x0:Float32, x1:Float32)", builder.Tensor("sum", ElementType.Float32, Length), Length, counted, new ConstantValue("half", ElementType.Float32)));
        builder.Steps.Add(PlanBuilder.Elementwise(
            "long", "x0:Int64", builder.Tensor("long", ElementType.Int64, Length), Length, new ConstantValue("seven", ElementType.Int64)));
        builder.Steps.Add(PlanBuilder.Elementwise(
            "bytes", "x0:UInt8", builder.Tensor("bytes", ElementType.UInt8, Length), Length, new ConstantValue("bytes", ElementType.UInt8)));
        builder.Steps.Add(PlanBuilder.Elementwise(
            "bits", "x0:Int32", builder.Tensor("bits", ElementType.Int32, Length), Length, new ConstantValue("half", ElementType.Int32)));
        ModelPlan plan = builder.Build("Filled");
        return (plan with
        {
            Constants = plan.Constants.Concat(
            [
                new PlanConstant("half", ElementType.Float32, 0, Length, new LiteralExpression(-0.5, ElementType.Float32)),
                new PlanConstant("bytes", ElementType.UInt8, 208, Length, new LiteralExpression(200, ElementType.UInt8)),
                new PlanConstant("seven", ElementType.Int64, 272, Length, new LiteralExpression(-7, ElementType.Int64)),
            ]).ToEquatableArray(),
        }, builder.Weights);
    }
}
