using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Lowering;

public sealed class LoweringTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_plan_computes_what_the_graph_says(int seed)
    {
        Graph graph = Networks.Random(seed);
        Graph optimized = PassList.Run(graph, Precision.Float32);
        Tensor image = Networks.Noise(new Random(seed), graph.ShapeOf(graph.Inputs[0]));

        Running.Close(Running.Evaluate(graph, image).Values<float>(), Running.Execute(optimized, image), 1e-4, $"seed {seed}, optimised");
        Running.Close(Running.Evaluate(graph, image).Values<float>(), Running.Execute(graph, image), 1e-4, $"seed {seed}, as imported");
    }

    [Fact]
    public void Operands_of_a_concatenation_are_written_in_place()
    {
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, 6, 6, 2]));
        string left = Convolution(builder, "left", image, 5);
        string right = Convolution(builder, "right", image, 3);
        string joined = builder.Add("joined", new Concat(3), left, right);
        Graph graph = builder.ToGraph([new GraphOutput("out", Convolution(builder, "last", joined, 2))]);

        ModelPlan plan = ModelLowering.Lower(graph, Running.Options).Plan;

        Assert.DoesNotContain(plan.Steps, step => step.Kernel.StartsWith("CopyStrided", StringComparison.Ordinal));
        Tensor noise = Networks.Noise(new Random(1), [1, 6, 6, 2]);
        Running.Close(Running.Evaluate(graph, noise).Values<float>(), Running.Execute(graph, noise), 1e-4, "concatenation");
    }

    [Fact]
    public void A_value_that_is_in_a_concatenation_twice_is_there_twice()
    {
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [4, 3]));
        string relu = builder.Add("relu", Networks.Relu, image);
        string joined = builder.Add("joined", new Concat(0), builder.Add("first", new Reshape([1, 12]), relu), builder.Add("second", new Reshape([1, 12]), relu));
        Graph graph = builder.ToGraph([new GraphOutput("out", joined)]);
        Tensor noise = Networks.Noise(new Random(3), [4, 3]);

        Assert.Equal(Running.Evaluate(graph, noise).Values<float>(), Running.Execute(graph, noise));
    }

    [Fact]
    public void A_value_read_after_a_result_was_written_over_it_is_not_lost()
    {
        // relu could lie where x is, but x is read again after it.
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, 4, 4, 3]));
        string x = Convolution(builder, "x", image, 3);
        string relu = builder.Add("relu", Networks.Relu, x);
        string flat = builder.Add("flat", new Reshape([1, 48]), x);
        string sum = builder.Add("sum", Networks.Add, builder.Add("flatRelu", new Reshape([1, 48]), relu), flat);
        Graph graph = builder.ToGraph([new GraphOutput("out", builder.Add("again", Networks.Multiply, sum, flat))]);
        Tensor noise = Networks.Noise(new Random(2), [1, 4, 4, 3]);

        Running.Close(Running.Evaluate(graph, noise).Values<float>(), Running.Execute(graph, noise), 1e-4, "reuse");
    }

    [Fact]
    public void An_operand_that_lies_in_another_part_of_a_concatenation_is_copied()
    {
        // x is the last part of the outer concatenation, and both parts of the inner one, which lies there too.
        var builder = new GraphBuilder();
        string input = builder.AddInput("input", new TensorType(ElementType.Float32, [1, 3]));
        string x = builder.Add("x", Networks.Multiply, input, input);
        string inner = builder.Add("inner", new Concat(1), x, x);
        Graph graph = builder.ToGraph([new GraphOutput("out", builder.Add("outer", new Concat(1), inner, x))]);

        Assert.Equal([1f, 4f, 9f, 1f, 4f, 9f, 1f, 4f, 9f], Running.Execute(graph, Tensor.Of<float>([1, 3], 1, 2, 3)));
    }

    [Fact]
    public void A_transposed_operand_of_a_product_is_read_where_it_lies()
    {
        var builder = new GraphBuilder();
        string x = builder.AddInput("x", new TensorType(ElementType.Float32, [3, 4]));
        string squared = builder.Add("squared", Networks.Multiply, x, x);
        string turned = builder.Add("turned", new Transpose(new EquatableArray<int>([1, 0])), squared);
        Graph graph = builder.ToGraph([new GraphOutput("out", builder.Add("product", new MatMul(), turned, x))]);

        Assert.Equal(["Elementwise", "MatMulFloat32"], ModelLowering.Lower(graph, Running.Options).Plan.Steps.Select(step => step.Kernel));
        Tensor noise = Networks.Noise(new Random(4), [3, 4]);
        Running.Close(Running.Evaluate(graph, noise).Values<float>(), Running.Execute(graph, noise), 1e-5, "product");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_transposed_operand_is_copied_when_its_source_changes_before_the_product(bool joins)
    {
        // The negative lies where x is, and the product comes after it.
        var builder = new GraphBuilder();
        string input = builder.AddInput("input", new TensorType(ElementType.Float32, [3, 3]));
        string x = builder.Add("x", Networks.Multiply, input, input);
        string turned = builder.Add("turned", new Transpose(new EquatableArray<int>([1, 0])), x);
        string negative = builder.Add("negative", new Elementwise(Networks.Call(ElementwiseFunction.Negate, Networks.Input(0))), x);
        string product = builder.Add("product", new MatMul(), negative, turned);
        Graph graph = builder.ToGraph([new GraphOutput("out", joins ? builder.Add("all", new Concat(0), product, negative, turned) : product)]);
        Tensor noise = Networks.Noise(new Random(5), [3, 3]);

        Running.Close(Running.Evaluate(graph, noise).Values<float>(), Running.Execute(graph, noise), 1e-5, "product");
    }

    [Fact]
    public void Weights_computed_at_run_time_are_packed_at_run_time()
    {
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, 5, 5, 2]));
        string weights = builder.AddInput("weights", new TensorType(ElementType.Float32, [18, 3, 3, 1]));
        string bias = builder.AddInput("bias", new TensorType(ElementType.Float32, [18]));
        Graph graph = builder.ToGraph([new GraphOutput("out", builder.Add("conv", new Conv2D(new Window(3, 3), 2), image, weights, bias))]);
        var random = new Random(3);
        Tensor[] inputs = [Networks.Noise(random, [1, 5, 5, 2]), Networks.Noise(random, [18, 3, 3, 1]), Networks.Noise(random, [18])];

        Running.Close(Running.Evaluate(graph, inputs).Values<float>(), Running.Execute(graph, inputs), 1e-4, "run-time weights");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Buffers_that_matter_at_one_time_do_not_overlap(int seed)
    {
        var random = new Random(seed);
        Lifetime[] lifetimes = [.. Enumerable.Range(0, 40).Select(index =>
        {
            int first = random.Next(30);
            return new Lifetime("buffer" + index, random.Next(1, 5000), first, first + random.Next(8));
        })];

        (IReadOnlyDictionary<string, int> offsets, int bytes) = MemoryPlanner.Place(lifetimes);

        foreach (Lifetime one in lifetimes)
        {
            Assert.True(offsets[one.Name] >= 0 && offsets[one.Name] + one.Bytes <= bytes, $"seed {seed}");
            Assert.DoesNotContain(lifetimes, other => other != one && other.Overlaps(one)
                && offsets[other.Name] < offsets[one.Name] + one.Bytes && offsets[one.Name] < offsets[other.Name] + other.Bytes);
        }

        int live = Enumerable.Range(0, 40).Max(time => lifetimes.Where(lifetime => lifetime.First <= time && time <= lifetime.Last).Sum(lifetime => lifetime.Bytes));
        Assert.True(bytes <= live * 1.15 + 64 * 20, $"seed {seed}: {bytes} bytes for {live} live at one time");
    }

    [Fact]
    public void A_border_that_nothing_overwrites_is_filled_once()
    {
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, 6, 6, 2]));
        Graph graph = builder.ToGraph([new GraphOutput("out", Convolution(builder, "conv", image, 2))]);

        ModelPlan plan = ModelLowering.Lower(graph, Running.Options).Plan;

        Assert.Equal(["FillBorder32"], plan.InitialSteps.Select(step => step.Kernel));
        Assert.Equal(["Conv2DFloat32"], plan.Steps.Select(step => step.Kernel));
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 80)];

    private static string Convolution(GraphBuilder builder, string name, string input, int outputs)
    {
        string weights = builder.AddConstant(Networks.Noise(new Random(outputs), [outputs, 3, 3, builder.ShapeOf(input)[3]]), name + ".weight");
        return builder.Add(name, new Conv2D(new Window(3, 3, 1, 1, 1, 1, 1, 1, 1, 1), 1), input, weights);
    }
}
