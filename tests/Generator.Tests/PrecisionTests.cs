using System;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Generator.Tests;

/// <summary>Models whose weights are stored in fewer bits, from ONNX to the class at work.</summary>
public class PrecisionTests
{
    private const string Caller =
        """
        using System;

        internal static class Caller
        {
            public static float[] Run(float[] x, long[] tokens)
            {
                var model = new Layers();
                float[] y = new float[24];
                long before = 0;
                for (int round = 0; round < 200; round++)
                {
                    // The first rounds make the runtime compile.
                    before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
                    model.Run(x, tokens, y);
                }

                return GC.GetAllocatedBytesForCurrentThread() == before ? y : throw new InvalidOperationException("allocated");
            }
        }
        """;

    [Theory]
    [InlineData(Precision.DynamicInt8)]
    [InlineData(Precision.WeightInt8)]
    [InlineData(Precision.Float16Weights)]
    public void A_generated_class_computes_the_bits_of_the_executor_and_allocates_nothing(Precision precision)
    {
        LoweredModel model = Lower(precision);
        float[] x = Numbers(7, 20 * 8 * 8);
        long[] tokens = [3, -1, 49];
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<float>("x", x);
        executor.Feed<long>("tokens", tokens);
        executor.Infer();
        float[] expected = executor.Fetch<float>("y");

        GeneratorHarness.Execute(
            GeneratorHarness.Files(model.Plan, model.Weights),
            Caller,
            assembly => Assert.Equal(expected, (float[])assembly.GetType("Caller")!.GetMethod("Run")!.Invoke(null, [x, tokens])!));
        Assert.True(expected.Distinct().Count() > 20);
    }

    [Theory]
    [InlineData(Precision.DynamicInt8)]
    [InlineData(Precision.WeightInt8)]
    [InlineData(Precision.Float16Weights)]
    public void It_compiles_without_a_warning_for_the_oldest_framework(Precision precision)
    {
        LoweredModel model = Lower(precision);

        Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(model.Plan, model.Weights), [], isNet10: false, out _));
    }

    // A convolution, a depthwise one, a fully connected layer, a table, and a product with a constant on its left.
    private static LoweredModel Lower(Precision precision)
    {
        ModelProto model = Model(Graph(
            [
                Node("Conv", "x full bias", "a", Integers("pads", 1, 1, 1, 1)),
                Node("Conv", "a single", "b", Attribute("group", 24L)),
                Node("Flatten", "b", "c"),
                Node("MatMul", "c rows", "d"),
                Node("Gather", "table tokens", "e"),
                Node("MatMul", "left e", "f"),
                Node("ReduceMean", "f axes", "g", Attribute("keepdims", 0L)),
                Node("Add", "d g", "y"),
            ],
            "y",
            [
                Floats("full", [24, 20, 3, 3], Numbers(1, 24 * 20 * 9)),
                Floats("bias", [24], Numbers(2, 24)),
                Floats("single", [24, 1, 3, 3], Numbers(3, 24 * 9)),
                Floats("rows", [24 * 36, 24], Numbers(4, 24 * 36 * 24)),
                Floats("table", [50, 24], Numbers(5, 50 * 24)),
                Floats("left", [400, 3], Numbers(6, 1200)),
                Longs("axes", 0),
            ],
            Input("x", OnnxTypes.Float, 1, 20, 8, 8),
            Input("tokens", OnnxTypes.Int64, 3)));
        var options = new CompileOptions { ModelPath = "layers.onnx", ClassName = "Layers", Precision = precision };
        return ModelLowering.Lower(PassList.Run(Accept(model), precision), options);
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) / 4)];
    }
}
