using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
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
        string file = options.ModelPath;
        try
        {
            var writer = new StepWriter(graph);
            var ports = new PortLowering(writer, options);
            (PlanPort Port, string Value)[] inputs = [.. graph.Inputs.Select(ports.Input)];
            foreach ((_, string value) in inputs)
            {
                writer.FillBorder(value, writer.ViewOf(value));
            }

            LowerNodes(writer, file);
            PlanPort[] outputs = [.. graph.Outputs.Select(ports.Output)];
            ModelPlan plan = Assemble(writer, [.. inputs.Select(input => input.Port)], outputs) with
            {
                ClassName = options.ClassName,
                Namespace = options.Namespace,
                IsPublic = options.IsPublic,
                Source = Path.GetFileName(options.ModelPath),
                Precision = (graph.Values.Values.Any(value => value.Quantization is not null) ? Precision.Int8 : options.Precision).ToString(),
                MultiplyAccumulates = MultiplyAccumulates(graph),
                Classifier = classifier,
                HasFreeBatch = graph.HasFreeBatch,
                Labels = (labels.IsDefault ? [] : labels).ToEquatableArray(),
            };
            byte[] weights = writer.Constants.ToArray();
            bool isResource = weights.Length > options.LiteralLimit;
            plan = plan with
            {
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

    /// <summary>Multiply-accumulates of a graph.</summary>
    public static long MultiplyAccumulates(Graph graph) => graph.Nodes.Sum(node => node.Op.MultiplyAccumulates(
        [.. node.Inputs.Select(input => graph.Values[input].Type)], [.. node.Outputs.Select(output => graph.Values[output].Type)]));

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

    private static ModelPlan Assemble(StepWriter writer, PlanPort[] inputs, PlanPort[] outputs)
    {
        Dictionary<string, Lifetime> lifetimes = Lifetimes(writer, inputs, outputs);
        (IReadOnlyDictionary<string, int> offsets, int bytes) = MemoryPlanner.Place(lifetimes.Values);
        int arena = bytes + SlackBytes;
        HashSet<PlanStep> once = [.. writer.Borders.Where(border => IsAlone(BufferOf(border), lifetimes, offsets))];
        PlanTensor[] tensors = [.. writer.Views.Values.DistinctBy(view => view.Buffer).Where(view => lifetimes.ContainsKey(view.Buffer.Name)).Select(view =>
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
        Dictionary<string, int> sizes = writer.Views.Values.Select(view => view.Buffer).Distinct()
            .ToDictionary(buffer => buffer.Name, buffer => buffer.Length * buffer.Type.SizeOf(), StringComparer.Ordinal);
        var lifetimes = new Dictionary<string, Lifetime>(StringComparer.Ordinal);
        Touch(inputs, -1);
        for (int index = 0; index < writer.Steps.Count; index++)
        {
            TouchStep(writer.Steps[index], index);
        }

        Touch(outputs, writer.Steps.Count);
        return lifetimes;

        void Touch(PlanPort[] ports, int time)
        {
            foreach (PlanStep step in ports.SelectMany(port => port.Conversions).SelectMany(conversion => conversion.Steps))
            {
                TouchStep(step, time);
            }
        }

        void TouchStep(PlanStep step, int time)
        {
            foreach (TensorValue tensor in step.Arguments.Select(argument => argument.Value).OfType<TensorValue>())
            {
                lifetimes[tensor.Tensor] = lifetimes.TryGetValue(tensor.Tensor, out Lifetime? known)
                    ? known with { Last = time }
                    : new Lifetime(tensor.Tensor, sizes[tensor.Tensor], time, time);
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
