using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using Xunit;

namespace ModelCompiler.Compiler.Tests;

/// <summary>Two ways to run a graph: op by op with the reference evaluations, and as a plan with the kernels that ship.</summary>
internal static class Running
{
    public static CompileOptions Options { get; } = new() { ModelPath = "test.onnx", ClassName = "Test" };

    /// <summary>The first output by reference evaluation.</summary>
    public static Tensor Evaluate(Graph graph, params Tensor[] inputs)
    {
        var values = new Dictionary<string, Tensor>(graph.Constants, StringComparer.Ordinal);
        for (int index = 0; index < inputs.Length; index++)
        {
            values.Add(graph.Inputs[index], inputs[index]);
        }

        foreach (Node node in graph.Nodes)
        {
            ImmutableArray<Tensor> outputs = node.Op.Evaluate([.. node.Inputs.Select(input => values[input])]);
            for (int index = 0; index < outputs.Length; index++)
            {
                values[node.Outputs[index]] = outputs[index];
            }
        }

        return values[graph.Outputs[0].Value];
    }

    /// <summary>What is valid of an output.</summary>
    public static Tensor Valid(GraphOutput output, IReadOnlyDictionary<string, Tensor> values)
    {
        Tensor tensor = values[output.Value];
        if (output.Bound is not { } bound)
        {
            return tensor;
        }

        Shape shape = tensor.Shape.With(bound.Axis, (int)values[bound.Count].Values<long>()[0]);
        return Strided.Take(tensor, shape, tensor.Shape.Strides());
    }

    /// <summary>The first output, as float32, by lowering to a plan and executing it – twice, since the second run meets what the first left behind.</summary>
    public static float[] Execute(Graph graph, params Tensor[] inputs) => Execute(graph, Precision.Float32, inputs);

    /// <summary>The same in another precision.</summary>
    public static float[] Execute(Graph graph, Precision precision, params Tensor[] inputs)
    {
        LoweredModel model = ModelLowering.Lower(graph, Options with { Precision = precision });
        var executor = new PlanExecutor(model.Plan, model.Weights);
        float[] first = Infer(executor, graph, inputs);
        float[] second = Infer(executor, graph, inputs);
        Assert.Equal(first, second);
        return first;
    }

    public static void Close(float[] expected, float[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int index = 0; index < expected.Length; index++)
        {
            double difference = Math.Abs((double)expected[index] - actual[index]);
            Assert.True(difference <= tolerance * (1 + Math.Abs(expected[index])), $"{what}: element {index} is {actual[index]}, expected {expected[index]}");
        }
    }

    private static float[] Infer(PlanExecutor executor, Graph graph, Tensor[] inputs)
    {
        for (int index = 0; index < inputs.Length; index++)
        {
            Feed(executor, graph.Inputs[index], inputs[index]);
        }

        executor.Infer();
        return executor.Fetch<float>(graph.Outputs[0].Name);
    }

    private static void Feed(PlanExecutor executor, string name, Tensor tensor)
    {
        switch (tensor.Data)
        {
            case long[] integers:
                executor.Feed<long>(name, integers);
                break;
            default:
                executor.Feed<float>(name, tensor.Values<float>());
                break;
        }
    }
}
