using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;
using Xunit.Abstractions;

namespace ModelCompiler.Compiler.Tests.Lowering;

public class LoopLoweringTests(ITestOutputHelper output)
{
    private static readonly Shape Element = [4, 6];

    [Fact]
    public void Random_loops_compute_the_same_as_their_evaluation_before_and_after_the_passes()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            output.WriteLine($"seed {seed}");
            var random = new Random(seed);
            Graph graph = RandomGraph(random);
            ImmutableArray<Tensor> inputs = [.. graph.Inputs.Select(input => Numbers(random, graph.ShapeOf(input)))];
            ImmutableArray<Tensor> expected = GraphEvaluator.Evaluate(graph, inputs);
            AssertExecutes(expected, graph, inputs);
            AssertExecutes(expected, PassList.Run(graph, Precision.Float32), inputs);
        }
    }

    [Fact]
    public void A_plan_with_loops_survives_being_written_and_read()
    {
        ModelPlan plan = ModelLowering.Lower(RandomGraph(new Random(3)), Running.Options).Plan;
        Assert.Contains(plan.Steps, step => step.Body.Count > 0);
        Assert.Equal(plan, PlanReader.Read(PlanWriter.Write(plan)));
    }

    [Fact]
    public void What_a_loop_reads_in_every_iteration_keeps_its_memory_to_the_end()
    {
        var lifetime = new Lifetime("x", 64, 1, 4);
        Assert.Equal((1, 8), (lifetime.Through(3, 8).First, lifetime.Through(3, 8).Last));
        Assert.Equal((0, 4), (lifetime.Through(0, 2).First, lifetime.Through(0, 2).Last));
        Assert.Equal(lifetime, lifetime.Through(0, 8));
        Assert.Equal(lifetime, lifetime.Through(5, 8));
    }

    [Fact]
    public void Multiplications_in_a_loop_count_in_every_iteration()
    {
        var builder = new GraphBuilder();
        string state = builder.AddInput("x", new TensorType(ElementType.Float32, [2, 3]));
        var body = new GraphBuilder();
        string inside = body.AddInput("s", new TensorType(ElementType.Float32, [2, 3]));
        string product = body.Add("product", new MatMul(), inside, body.AddConstant(Tensor.Of<float>([3, 3], new float[9])));
        string last = builder.AddNode("loop", new Loop(body.ToGraph([new GraphOutput("0", product)]), 5, 1, default, default), [state], ["y"])[0];
        Assert.Equal(5 * 2 * 3 * 3, builder.ToGraph([new GraphOutput("y", last)]).MultiplyAccumulates());
    }

    private static void AssertExecutes(ImmutableArray<Tensor> expected, Graph graph, ImmutableArray<Tensor> inputs)
    {
        LoweredModel model = ModelLowering.Lower(graph, Running.Options);
        var executor = new PlanExecutor(model.Plan, model.Weights);
        for (int round = 0; round < 2; round++)
        {
            foreach ((string input, Tensor value) in graph.Inputs.Zip(inputs))
            {
                executor.Feed<float>(input, value.Values<float>());
            }

            executor.Infer();
            foreach ((GraphOutput given, Tensor value) in graph.Outputs.Zip(expected))
            {
                Running.Close(value.Values<float>(), executor.Fetch<float>(given.Name), 1e-4, given.Name);
            }
        }
    }

    // Values of one shape before, in and behind a loop, which may hold another loop.
    private static Graph RandomGraph(Random random)
    {
        var builder = new GraphBuilder();
        List<string> values = [builder.AddInput("x", new TensorType(ElementType.Float32, Element)), builder.AddInput("z", new TensorType(ElementType.Float32, Element))];
        Grow(random, builder, values, random.Next(4));
        List<string> results = [.. AddLoop(random, builder, values, depth: 0)];
        values.AddRange(results.Where(value => builder.ShapeOf(value) == Element));
        Grow(random, builder, values, random.Next(4));
        results.Add(values[^1]);
        return builder.ToGraph(results.Select((value, index) => new GraphOutput($"y{index}", value)));
    }

    private static ImmutableArray<string> AddLoop(Random random, GraphBuilder builder, List<string> values, int depth)
    {
        int count = random.Next(1, 5), states = random.Next(4), scanned = random.Next(states == 0 ? 1 : 0, 3), captured = random.Next(3);
        var body = new GraphBuilder(builder);
        var type = new TensorType(ElementType.Float32, Element);
        List<string> inside = [.. Enumerable.Range(0, states + scanned + captured).Select(index => body.AddInput($"i{index}", type))];
        List<string> operands = [.. Enumerable.Range(0, states).Select(_ => Any(random, values))];
        operands.AddRange(Enumerable.Range(0, scanned).Select(_ => Sequence(random, builder, values, count)));
        operands.AddRange(Enumerable.Range(0, captured).Select(_ => Any(random, values)));
        Grow(random, body, inside, random.Next(6));
        if (depth == 0 && random.Next(3) == 0)
        {
            inside.AddRange(AddLoop(random, body, inside, depth + 1).Where(value => body.ShapeOf(value) == Element));
            Grow(random, body, inside, random.Next(3));
        }

        int stacked = random.Next(states == 0 ? 1 : 0, 3);
        string[] outputs = [.. Enumerable.Range(0, states + stacked).Select(_ => random.Next(2) == 0 ? inside[^1] : Any(random, inside))];
        var loop = new Loop(
            body.ToGraph(outputs.Select((value, index) => new GraphOutput($"{index}", value))),
            count,
            states,
            Enumerable.Range(0, scanned).Select(_ => random.Next(2) == 0).ToEquatableArray(),
            Enumerable.Range(0, stacked).Select(_ => random.Next(2) == 0).ToEquatableArray());
        return builder.AddNode("loop", loop, [.. operands], [.. outputs.Select(_ => "loop")]);
    }

    private static string Sequence(Random random, GraphBuilder builder, List<string> values, int count)
    {
        if (random.Next(4) == 0)
        {
            return builder.AddConstant(Numbers(random, [count, .. Element]));
        }

        string[] elements = [.. Enumerable.Range(0, count).Select(_ => builder.Add("element", new Reshape([1, .. Element]), Any(random, values)))];
        return builder.Add("sequence", new Concat(0), elements);
    }

    private static void Grow(Random random, GraphBuilder builder, List<string> values, int nodes)
    {
        for (int count = 0; count < nodes; count++)
        {
            string x = Any(random, values), y = Any(random, values);
            values.Add(random.Next(6) switch
            {
                0 => builder.Add("sum", new Elementwise(Binary(ElementwiseFunction.Add)), x, y),
                1 => builder.Add("sigmoid", new Elementwise(new CallExpression(ElementwiseFunction.Sigmoid, new EquatableArray<Expression>([Input(0)]), ElementType.Float32)), x),
                2 => builder.Add("halves", new Concat(1), Half(builder, x, 3), Half(builder, y, 0)),
                3 => builder.Add("difference", new Elementwise(Binary(ElementwiseFunction.Subtract)), x, builder.Add("row", new Slice(new([1, 0]), new([1, 6]), new([1, 1])), y)),
                4 => builder.Add("swapped", new Reshape(Element), builder.Add("transposed", new Transpose(new([1, 0])), x)),
                _ => builder.Add("gated", new Concat(1), Product(builder, x), Product(builder, y)),
            });
        }
    }

    private static string Product(GraphBuilder builder, string value) =>
        builder.Add("product", new Elementwise(Binary(ElementwiseFunction.Minimum)), Half(builder, value, 0), Half(builder, value, 3));

    private static string Half(GraphBuilder builder, string value, int start) => builder.Add("half", new Slice(new([0, start]), new([4, 3]), new([1, 1])), value);

    private static CallExpression Binary(ElementwiseFunction function) => new(function, new EquatableArray<Expression>([Input(0), Input(1)]), ElementType.Float32);

    private static InputExpression Input(int index) => new(index, ElementType.Float32);

    private static string Any(Random random, List<string> values) => values[random.Next(values.Count)];

    private static Tensor Numbers(Random random, Shape shape) => Tensor.Of(shape, [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => random.NextSingle() - 0.5f)]);
}
