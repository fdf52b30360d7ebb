using System;
using System.Reflection;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>Outputs whose extent depends on the data: the caller gives room for all there can be and is told how much there is.</summary>
public class BoundTests
{
    private const string Caller =
        """
        using System;

        internal static class Caller
        {
            public static long[] Places(float[] input)
            {
                long[] places = new long[12];
                Array.Fill(places, -1);
                new Finder().Run(input, places, out int placesCount);
                Array.Resize(ref places, 13);
                places[12] = placesCount;
                return places;
            }

            public static long Allocated(float[] input)
            {
                var model = new Finder();
                long[] places = new long[12];
                long before = 0;
                for (int round = 0; round < 200; round++)
                {
                    before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
                    model.Run(input, places, out _);
                }

                return GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }
        """;

    private static readonly float[] Input = [0, 2, 0, 1, 0, 3];

    [Fact]
    public void What_is_valid_lies_side_by_side_with_zeros_behind_it()
    {
        (ModelPlan plan, byte[] weights) = Finder();
        GeneratorHarness.Execute(GeneratorHarness.Files(plan, weights), Caller, assembly =>
        {
            Assert.Equal([0L, 1, 1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 3], Invoke<long[]>(assembly, "Places", Input));
            Assert.Equal(new long[13], Invoke<long[]>(assembly, "Places", new float[6]));
            Assert.Equal(0L, Invoke<long>(assembly, "Allocated", Input));
        });
    }

    [Fact]
    public void The_executor_gives_only_what_is_valid()
    {
        (ModelPlan plan, byte[] weights) = Finder();
        var executor = new PlanExecutor(plan, weights);
        executor.Feed<float>("input", Input);
        executor.Infer();
        Assert.Equal(new EquatableArray<int>([2, 3]), executor.ShapeOf("places"));
        Assert.Equal([0L, 1, 1, 1, 0, 2], executor.Fetch<long>("places"));
    }

    [Theory]
    [InlineData("bound axis=1", "bound axis=2")]
    [InlineData("bound axis=1", "bound axis=-1")]
    [InlineData("bound axis=1 $\"count\":Int64", "bound axis=1 $\"count\":Float32")]
    [InlineData("bound axis=1 $\"count\":Int64", "bound axis=1 $\"gone\":Int64")]
    [InlineData("bound axis=1 $\"count\":Int64", "bound axis=1 7")]
    [InlineData("bound axis=1", "bond axis=1")]
    public void A_damaged_bound_is_reported(string from, string to)
    {
        string text = PlanWriter.Write(Finder().Plan);
        Assert.Contains(from, text, StringComparison.Ordinal);
        Assert.Equal("MC8001", Assert.Single(GeneratorHarness.Run(new TextFile("X.modelplan", text.Replace(from, to, StringComparison.Ordinal))).GetRunResult().Diagnostics).Id);
    }

    private static T Invoke<T>(Assembly assembly, string method, float[] input) =>
        (T)assembly.GetType("Caller")!.GetMethod(method, BindingFlags.Public | BindingFlags.Static)!.Invoke(null, [input])!;

    // Where a matrix of 2 × 3 is greater than 0.
    private static (ModelPlan Plan, byte[] Weights) Finder()
    {
        var builder = new PlanBuilder();
        TensorValue input = builder.Tensor("input", ElementType.Float32, 2, 3);
        TensorValue flags = builder.Tensor("flags", ElementType.Boolean, 2, 3);
        TensorValue places = builder.Tensor("places", ElementType.Int64, 2, 6);
        TensorValue count = builder.Tensor("count", ElementType.Int64);
        builder.Steps.Add(PlanBuilder.Elementwise("positive", "Greater(x0:Float32, Float32'0)", flags, 6, input));
        builder.Steps.Add(PlanBuilder.Step(
            "places", "NonZero", "", ("input", flags with { Type = ElementType.UInt8 }), ("indices", places), ("count", count), ("shape", PlanBuilder.List(2, 3))));
        var port = new PortValue("places", ElementType.Int64);
        PlanStep trim = PlanBuilder.Step(
            "places", "TrimAxis64", "", ("data", port), ("count", count), ("outer", PlanBuilder.Integer(2)), ("axisLength", PlanBuilder.Integer(6)), ("inner", PlanBuilder.Integer(1)));
        ModelPlan plan = builder.Build("Finder") with
        {
            Inputs = new([new PlanPort("input", ElementType.Float32, new([2, 3]), 0, 0, new([new PlanConversion(
                ConversionKind.Declared, new([2, 3]), new([PlanBuilder.Elementwise("input", "x0:Float32", input, 6, new PortValue("input", ElementType.Float32))]))]))]),
            Outputs = new([new PlanPort("places", ElementType.Int64, new([2, 6]), 0, 0, new([new PlanConversion(
                ConversionKind.Declared, new([2, 6]), new([PlanBuilder.Elementwise("places", "x0:Int64", port, 12, places), trim]))]), new PlanBound(1, count))]),
        };
        return (plan, builder.Weights);
    }
}
