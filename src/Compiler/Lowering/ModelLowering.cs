using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>From a graph to a plan: steps, packed constants, the arena.</summary>
public static class ModelLowering
{
    // Kernels may read a few bytes past a tensor: the arena ends in this many that nobody needs.
    private const int SlackBytes = 64;

    /// <summary>Lowers a graph.</summary>
    /// <param name="graph">The optimised, and where wanted quantised, graph.</param>
    /// <param name="options">Names and preprocessing.</param>
    /// <param name="classifier">What makes the model a classifier, if it is one.</param>
    /// <param name="labels">Class labels.</param>
    /// <exception cref="DiagnosticException">A node has no lowering, or the memory does not suffice.</exception>
    public static LoweredModel Lower(Graph graph, CompileOptions options, PlanClassifier? classifier = null, ImmutableArray<string> labels = default)
    {
        // The memory of tiles is what a model that becomes too large with it can do without.
        if (options.Winograd)
        {
            try
            {
                LoweredModel model = LowerAs(graph, options, classifier, labels);
                if (!(model.Plan.ArenaBytes > options.MaximumArenaBytes))
                {
                    return model;
                }
            }
            catch (DiagnosticException)
            {
                // What is wrong with the model itself is found again.
            }
        }

        return LowerAs(graph, options with { Winograd = false }, classifier, labels);
    }

    private static LoweredModel LowerAs(Graph graph, CompileOptions options, PlanClassifier? classifier, ImmutableArray<string> labels)
    {
        string file = options.ModelPath;
        try
        {
            string[] stateInputs = [.. graph.Inputs.Except(options.FreeInputs(graph))];
            graph = SeparateFromState(graph, stateInputs);
            var writer = new StepWriter(graph, options.Precision, options.IsFixedPoint, options.Winograd);
            var ports = new PortLowering(writer, options);
            (PlanPort Port, string Value)[] inputs = [.. options.FreeInputs(graph).Select(ports.Input)];
            string[] states = [.. stateInputs.Select(input => PortLowering.Stored(graph, input))];
            foreach (string value in inputs.Select(input => input.Value).Concat(states))
            {
                writer.FillBorder(value, writer.ViewOf(value));
            }

            LowerNodes(writer, file);
            foreach (StateLink link in options.State)
            {
                writer.Add(ports.KeepState(link));
            }

            PlanPort[] outputs = [.. options.FreeOutputs(graph).Select(ports.Output)];
            ModelPlan plan = Assemble(writer, [.. inputs.Select(input => input.Port)], outputs, [.. states.Select(writer.ViewOf)]) with
            {
                ResetSteps = stateInputs.Select(ports.ForgetState).ToEquatableArray(),
                ClassName = options.ClassName,
                Namespace = options.Namespace,
                IsPublic = options.IsPublic,
                Source = Path.GetFileName(options.ModelPath),
                Precision = PrecisionOf(graph, options).ToString(),
                MultiplyAccumulates = graph.MultiplyAccumulates(),
                Classifier = classifier,

                // How many slices an element of a batch has is told of one at a time only; and a batch shares no state.
                HasFreeBatch = graph.HasFreeBatch && options.State.IsEmpty && graph.Outputs.All(output => output.Bound is null),
                Threads = options.Threads,
                Labels = (labels.IsDefault ? [] : labels).ToEquatableArray(),
            };
            byte[] weights = writer.Constants.ToArray();
            bool isResource = weights.Length > options.LiteralLimit;
            plan = plan with
            {
                Steps = Int16SumSteps.Worthwhile(plan.Steps),
                WeightBytes = weights.Length,
                WeightStorage = isResource ? WeightStorage.Resource : WeightStorage.Literals,
                WeightResource = isResource ? options.WeightResource : "",
            };
            ImmutableArray<ImmutableArray<string>> results = Results(writer, plan);
            return new LoweredModel(plan, weights, writer.Views, [.. inputs.Select(input => input.Value)], results[0], results[1..]);
        }
        catch (ShapeException exception)
        {
            throw new DiagnosticException(DiagnosticKinds.ShapeInvalid.At(file, "", exception.Message));
        }
    }

    private static void LowerNodes(StepWriter writer, string file)
    {
        var problems = new List<Diagnostic>();
        HashSet<string> absorbed = [.. writer.Graph.Inputs.Select(input => PortLowering.AbsorbedLayout(writer.Graph, input)?.Output).OfType<string>()];
        foreach (Node node in writer.Graph.Nodes.Where(node => !absorbed.Contains(node.Output)))
        {
            try
            {
                OpLowering.Lower(writer, node);
            }
            catch (ShapeException exception)
            {
                problems.Add(DiagnosticKinds.ShapeInvalid.At(file, node.Name, exception.Message));
            }
        }

        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }
    }

    // As the plan names it: that of what has become of the layers.
    private static Precision PrecisionOf(Graph graph, CompileOptions options) => options.Precision switch
    {
        Precision.Int8Only => Precision.Int8Only,
        _ when graph.Values.Values.Any(value => value.Quantization is not null) => Precision.Int8,
        Precision.Auto => Precision.Float32,
        Precision other => other,
    };

    // The state changes before the caller takes the outputs: an output that is the state as it was needs a place of its own.
    private static Graph SeparateFromState(Graph graph, string[] inputs)
    {
        foreach (GraphOutput output in graph.Outputs.Where(output => inputs.Any(input => output.Value == input || output.Value == PortLowering.Stored(graph, input))))
        {
            Value value = graph.Values[output.Value];
            string copy = value.Name;
            while (graph.Values.ContainsKey(copy))
            {
                copy += ".before";
            }

            var node = new Node(output.Name, new Elementwise(new InputExpression(0, value.Type.Type)), [value.Name], [copy]);
            graph = new Graph(
                graph.Inputs,
                graph.Outputs.Replace(output, output with { Value = copy }),
                graph.Nodes.Add(node),
                graph.Values.Append(KeyValuePair.Create(copy, value with { Name = copy })).ToFrozenDictionary(StringComparer.Ordinal),
                graph.Constants) { HasFreeBatch = graph.HasFreeBatch };
        }

        return graph;
    }

    private static ModelPlan Assemble(StepWriter writer, PlanPort[] inputs, PlanPort[] outputs, View[] states)
    {
        Dictionary<string, Lifetime> lifetimes = Lifetimes(writer, inputs, outputs);
        foreach (Buffer kept in states.Select(view => view.Buffer))
        {
            lifetimes[kept.Name] = new Lifetime(kept.Name, kept.Length * kept.Type.SizeOf(), int.MinValue, int.MaxValue);
        }

        (IReadOnlyDictionary<string, int> offsets, int bytes) = MemoryPlanner.Place(lifetimes.Values);
        int arena = bytes + SlackBytes;
        HashSet<PlanStep> once = [.. writer.Borders.Where(border => IsAlone(BufferOf(border), lifetimes, offsets))];
        PlanTensor[] tensors = [.. writer.AllViews.DistinctBy(view => view.Buffer).Where(view => lifetimes.ContainsKey(view.Buffer.Name)).Select(view =>
        {
            int offset = offsets[view.Buffer.Name];
            int length = Math.Min(view.Buffer.Length + (SlackBytes / view.Type.SizeOf()), (arena - offset) / view.Type.SizeOf());
            return new PlanTensor(
                view.Buffer.Name, view.Type, view.Shape.ToEquatableArray(), offset, length, view.Quantization?.Scale ?? 0, view.Quantization?.ZeroPoint ?? 0);
        })];
        return new ModelPlan
        {
            ClassName = "",
            ArenaBytes = arena,
            Inputs = inputs.ToEquatableArray(),
            Outputs = outputs.ToEquatableArray(),
            Tensors = tensors.ToEquatableArray(),
            Constants = writer.Constants.Constants,
            InitialSteps = writer.Steps.Where(once.Contains).ToEquatableArray(),
            Steps = writer.Steps.Where(step => !once.Contains(step)).ToEquatableArray(),
        };
    }

    private static Dictionary<string, Lifetime> Lifetimes(StepWriter writer, PlanPort[] inputs, PlanPort[] outputs)
    {
        Dictionary<string, int> sizes = writer.AllViews.Select(view => view.Buffer).Distinct()
            .ToDictionary(buffer => buffer.Name, buffer => buffer.Length * buffer.Type.SizeOf(), StringComparer.Ordinal);
        var lifetimes = new Dictionary<string, Lifetime>(StringComparer.Ordinal);
        var loops = new List<(int First, int Last)>();
        int time = 0;
        Touch(inputs, -1);
        foreach (PlanStep step in writer.Steps)
        {
            TouchInOrder(step);
        }

        Touch(outputs, time);
        foreach ((int first, int last) in loops)
        {
            foreach (Lifetime lifetime in lifetimes.Values.ToList())
            {
                lifetimes[lifetime.Name] = lifetime.Through(first, last);
            }
        }

        return lifetimes;

        void Touch(PlanPort[] ports, int at)
        {
            foreach (PlanStep step in ports.SelectMany(port => port.Conversions).SelectMany(conversion => conversion.Steps))
            {
                TouchStep(step, at);
            }
        }

        // Inner loops come before those around them.
        void TouchInOrder(PlanStep step)
        {
            TouchStep(step, time++);
            int first = time;
            foreach (PlanStep inner in step.Body)
            {
                TouchInOrder(inner);
            }

            if (time > first)
            {
                loops.Add((first, time - 1));
            }
        }

        void TouchStep(PlanStep step, int at)
        {
            foreach (TensorValue tensor in step.Arguments.Select(argument => argument.Value).OfType<TensorValue>())
            {
                lifetimes[tensor.Tensor] = lifetimes.TryGetValue(tensor.Tensor, out Lifetime? known)
                    ? known with { Last = at }
                    : new Lifetime(tensor.Tensor, sizes[tensor.Tensor], at, at);
            }
        }
    }

    // What is complete before the first step, then after each. Steps that run once in the life of an instance are none of a prediction's:
    // what is complete after them is complete after the step before.
    private static ImmutableArray<ImmutableArray<string>> Results(StepWriter writer, ModelPlan plan)
    {
        HashSet<PlanStep> initial = [.. plan.InitialSteps];
        var results = new List<ImmutableArray<string>> { writer.Results[0] };
        for (int index = 0; index < writer.Steps.Count; index++)
        {
            if (initial.Contains(writer.Steps[index]))
            {
                results[^1] = results[^1].AddRange(writer.Results[index + 1]);
            }
            else
            {
                results.Add(writer.Results[index + 1]);
            }
        }

        return [.. results];
    }

    private static string BufferOf(PlanStep border) => ((TensorValue)border.Find("buffer")!).Tensor;

    // A border that no other buffer's bytes ever touch needs filling once in the life of an instance.
    private static bool IsAlone(string name, Dictionary<string, Lifetime> lifetimes, IReadOnlyDictionary<string, int> offsets)
    {
        int begin = offsets[name];
        int end = begin + lifetimes[name].Bytes;
        return lifetimes.Values.All(other => other.Name == name || offsets[other.Name] >= end || offsets[other.Name] + other.Bytes <= begin);
    }
}
