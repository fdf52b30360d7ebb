using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>Two ways to make several predictions with an imported graph, what one leaves for the next included: op by op, and with the kernels that ship.</summary>
internal static class LiteRunning
{
    /// <summary>The outputs of each prediction, by the ops' reference evaluations of the graph as it was imported.</summary>
    public static Tensor[][] Evaluate(Graph graph, Tensor[][] predictions)
    {
        Dictionary<string, Tensor> state = graph.State.ToDictionary(link => link.Input, link => Tensor.Zeros(graph.Values[link.Input].Type), StringComparer.Ordinal);
        var results = new List<Tensor[]>();
        foreach (Tensor[] inputs in predictions)
        {
            var values = new Dictionary<string, Tensor>(graph.Constants, StringComparer.Ordinal);
            var given = new Queue<Tensor>(inputs);
            foreach (string input in graph.Inputs)
            {
                values.Add(input, state.TryGetValue(input, out Tensor? kept) ? kept : given.Dequeue());
            }

            foreach (Node node in graph.Nodes)
            {
                foreach ((string output, Tensor result) in node.Outputs.Zip(node.Op.Evaluate([.. node.Inputs.Select(input => values[input])])))
                {
                    values.Add(output, result);
                }
            }

            foreach (StateLink link in graph.State)
            {
                state[link.Input] = values[graph.Outputs.First(output => output.Name == link.Output).Value];
            }

            results.Add([.. Free(graph).Select(output => Running.Valid(output, values))]);
        }

        return [.. results];
    }

    /// <summary>The same by what a build does: all passes, the file's own grids, a plan, and the kernels.</summary>
    public static Tensor[][] Execute(Graph graph, Tensor[][] predictions, Rounding? rounding = null)
    {
        CompileOptions options = LiteModels.Options with { State = graph.State, Rounding = rounding };
        Graph prepared = Quantizer.Run(PassList.Run(graph, Precision.Float32)).Graph;
        LoweredModel model = ModelLowering.Lower(prepared, options);
        var executor = new PlanExecutor(model.Plan, model.Weights);
        var results = new List<Tensor[]>();
        foreach (Tensor[] inputs in predictions)
        {
            foreach ((PlanPort port, Tensor tensor) in model.Plan.Inputs.Zip(inputs))
            {
                Feed(executor, port.Name, tensor);
            }

            executor.Infer();
            results.Add([.. model.Plan.Outputs.Select(port => Fetch(executor, port))]);
        }

        return [.. results];
    }

    private static ImmutableArray<GraphOutput> Free(Graph graph) => (LiteModels.Options with { State = graph.State }).FreeOutputs(graph);

    private static void Feed(PlanExecutor executor, string name, Tensor tensor)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32:
                executor.Feed<float>(name, tensor.Values<float>());
                break;
            case ElementType.Int8:
                executor.Feed<sbyte>(name, tensor.Values<sbyte>());
                break;
            case ElementType.UInt8:
                executor.Feed<byte>(name, tensor.Values<byte>());
                break;
            case ElementType.Int16:
                executor.Feed<short>(name, tensor.Values<short>());
                break;
            case ElementType.Int32:
                executor.Feed<int>(name, tensor.Values<int>());
                break;
            case ElementType.Int64:
                executor.Feed<long>(name, tensor.Values<long>());
                break;
            case ElementType.Boolean:
                executor.Feed<bool>(name, tensor.Values<bool>());
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(tensor));
        }
    }

    private static Tensor Fetch(PlanExecutor executor, PlanPort port)
    {
        Array elements = port.Type switch
        {
            ElementType.Float32 => executor.Fetch<float>(port.Name),
            ElementType.Int8 => executor.Fetch<sbyte>(port.Name),
            ElementType.UInt8 => executor.Fetch<byte>(port.Name),
            ElementType.Int16 => executor.Fetch<short>(port.Name),
            ElementType.Int32 => executor.Fetch<int>(port.Name),
            ElementType.UInt32 => executor.Fetch<uint>(port.Name),
            ElementType.Int64 => executor.Fetch<long>(port.Name),
            ElementType.Boolean => executor.Fetch<bool>(port.Name),
            _ => throw new ArgumentOutOfRangeException(nameof(port)),
        };
        return Tensor.Of(Shape.From(executor.ShapeOf(port.Name)), elements);
    }
}
