using System;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>What the executor refuses: everything that would not compile as C#, with the step and the parameter in the message.</summary>
public class PlanExecutorTests
{
    [Theory]
    [InlineData("rows", "missing")]
    [InlineData("input", "missing")]
    public void A_missing_argument_is_named(string parameter, string expected) =>
        AssertRefused(arguments => arguments.Where(argument => argument.Name != parameter).ToEquatableArray(), parameter, expected);

    [Fact]
    public void An_unknown_argument_is_named() =>
        AssertRefused(arguments => arguments.Append(new PlanArgument("speed", new IntegerValue(1))).ToEquatableArray(), "speed", "no such parameter");

    [Fact]
    public void An_argument_that_is_there_twice_is_named() =>
        AssertRefused(arguments => arguments.Append(new PlanArgument("rows", new IntegerValue(1))).ToEquatableArray(), "rows", "twice");

    [Fact]
    public void Arguments_of_other_types_are_named()
    {
        AssertRefused(Replace("rows", new FloatValue(1)), "rows", "Int32");
        AssertRefused(Replace("rows", new IntegerValue(long.MaxValue)), "rows", "Int32");
        AssertRefused(Replace("rows", new TensorValue("dense.q", ElementType.UInt8, 0)), "rows", "Int32");
        AssertRefused(Replace("bias", new ConstantValue("dense.bias", ElementType.Float32)), "bias", "Int32");
        AssertRefused(Replace("bias", new ConstantValue("gone", ElementType.Int32)), "bias", "gone");
        AssertRefused(Replace("input", new TensorValue("gone", ElementType.UInt8, 0)), "input", "gone");
        AssertRefused(Replace("input", new IntegerValue(1)), "input", "span");
        AssertRefused(Replace("output", new ConstantValue("image.pixels", ElementType.UInt8)), "output", "written");
        AssertRefused(Replace("output", PlanBuilder.List(1, 2, 3)), "output", "written");
    }

    [Fact]
    public void A_kernel_that_is_not_there_is_named()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        ModelPlan wrong = plan with { Steps = new([plan.Steps[0] with { Kernel = "Mystery" }]) };
        Assert.Contains("'Mystery'", Assert.Throws<InvalidOperationException>(() => new PlanExecutor(wrong, weights)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_names_types_and_lengths_of_ports_are_refused()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        var executor = new PlanExecutor(plan, weights);
        Assert.Throws<ArgumentException>(() => executor.Feed<float>("logits", new float[16]));
        Assert.Throws<ArgumentException>(() => executor.Feed<double>("image", new double[16]));
        Assert.Throws<ArgumentException>(() => executor.Feed<float>("image", new float[15]));
        Assert.Throws<ArgumentException>(() => executor.FeedPixels("image", new byte[17]));
        Assert.Throws<ArgumentException>(() => executor.Fetch<int>("logits"));
        Assert.Throws<ArgumentException>(() => executor.Tensor<byte>("gone"));
        Assert.ThrowsAny<ArgumentException>(() => new PlanExecutor(plan, new byte[8]));
    }

    [Fact]
    public void Steps_are_reported_in_order_and_tensors_can_be_looked_at_after_each()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        var executor = new PlanExecutor(plan, weights);
        executor.FeedPixels("image", Enumerable.Range(0, 16).Select(index => (byte)(index * 16)).ToArray());
        Assert.Equal(Enumerable.Range(0, 16).Select(index => (byte)(index * 8)), executor.Tensor<byte>("image.q").ToArray());
        string order = "";
        executor.Infer((step, index) => order += $"{index}:{step.Name};");
        Assert.Equal("0:dense;1:dense/dequantize;", order);
        Assert.Equal(executor.Tensor<byte>("dense.q").ToArray().Select(level => (level - 128) * 0.25f), executor.Fetch<float>("logits"));
    }

    private static Func<EquatableArray<PlanArgument>, EquatableArray<PlanArgument>> Replace(string parameter, PlanValue value) =>
        arguments => arguments.Select(argument => argument.Name == parameter ? argument with { Value = value } : argument).ToEquatableArray();

    private static void AssertRefused(Func<EquatableArray<PlanArgument>, EquatableArray<PlanArgument>> change, string parameter, string expected)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        PlanStep dense = plan.Steps[0];
        ModelPlan wrong = plan with { Steps = new([dense with { Arguments = change(dense.Arguments) }]) };
        string message = Assert.Throws<InvalidOperationException>(() => new PlanExecutor(wrong, weights)).Message;
        Assert.Contains($"'dense': argument '{parameter}'", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }
}
