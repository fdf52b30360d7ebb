using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Reports;

/// <summary>Puts a report together.</summary>
public static class ReportBuilder
{
    /// <summary>Most examples that layers are measured on: their figures are means over very many elements.</summary>
    public const int MostSamples = 16;

    /// <summary>The report of a compiled model, measured on its calibration files where it has some.</summary>
    /// <param name="facts">Of the compilation.</param>
    /// <param name="graph">The graph that was lowered.</param>
    /// <param name="model">The plan made of it.</param>
    /// <param name="reference">The float32 program of the same values.</param>
    /// <param name="options">What the user says of the model.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    public static ModelReport Measure(
        CompileReport facts, Graph graph, LoweredModel model, LoweredModel reference, CompileOptions options, CancellationToken cancellation)
    {
        if (options.Calibration.IsEmpty || ReferenceEquals(reference, model))
        {
            return Build(facts, graph, model, null);
        }

        var data = new CalibrationData(options.Calibration, model.Plan.Inputs[0]);
        var observer = new LayerObserver(
            reference, new PlanExecutor(reference.Plan, reference.Weights), model, new PlanExecutor(model.Plan, model.Weights));
        foreach (Sample sample in data.Samples().Take(MostSamples))
        {
            cancellation.ThrowIfCancellationRequested();
            observer.Observe(executor => executor.FeedSample(model.Plan.Inputs[0].Name, sample));
        }

        return Build(facts, graph, model, observer);
    }

    /// <summary>The report of a compiled model.</summary>
    /// <param name="facts">Of the compilation.</param>
    /// <param name="graph">The graph that was lowered.</param>
    /// <param name="model">The plan made of it.</param>
    /// <param name="observer">What was measured, or <see langword="null"/> when there were no examples.</param>
    public static ModelReport Build(CompileReport facts, Graph graph, LoweredModel model, LayerObserver? observer)
    {
        ModelPlan plan = model.Plan;
        return new ModelReport(
            facts,
            new ModelSummary(plan.ClassName, plan.Source, plan.Precision, observer?.Samples ?? 0),
            [.. plan.Inputs.Select(Port)],
            [.. plan.Outputs.Select(Port)],
            Layers(graph, model, observer),
            Nodes(graph),
            ArenaTimeline.Of(plan),
            observer?.Pairs ?? []);
    }

    private static PortReport Port(PlanPort port) => new(port.Name, $"{port.Type} {string.Join('×', port.Shape)}");

    private static ImmutableArray<LayerReport> Layers(Graph graph, LoweredModel model, LayerObserver? observer)
    {
        var layers = ImmutableArray.CreateBuilder<LayerReport>();
        Dictionary<string, PlanConstant> constants = model.Plan.Constants.ToDictionary(constant => constant.Name, StringComparer.Ordinal);
        for (int index = 0; index < model.Plan.Steps.Count; index++)
        {
            PlanStep step = model.Plan.Steps[index];

            // What only has another name for the same elements comes later in the list.
            string? value = model.Results[index].FirstOrDefault(result => graph.Producer(result)?.Name == step.Name) ?? model.Results[index].FirstOrDefault();
            View? view = value is null ? null : model.Views[value];
            Node? node = value is null ? null : graph.Producer(value);
            layers.Add(new LayerReport(
                step.Name,
                step.Kernel,
                view is null ? "" : view.Shape.ToString(),
                view is null ? "" : view.Type.ToString(),
                node is null ? 0 : node.Op.MultiplyAccumulates(graph.TypesOf(node.Inputs), graph.TypesOf(node.Outputs)),
                ArenaTimeline.ValuesOf(step).OfType<ConstantValue>().Select(constant => constant.Constant).Distinct().Sum(name => Bytes(constants[name])),
                view?.Quantization?.Scale,
                view?.Quantization?.ZeroPoint,
                value is null ? null : observer?.Find(value)));
        }

        return layers.ToImmutable();
    }

    private static long Bytes(PlanConstant constant) => constant.Uniform is null ? (long)constant.Length * constant.Type.SizeOf() : 0;

    private static ImmutableArray<NodeReport> Nodes(Graph graph)
    {
        Dictionary<string, int> places = graph.Nodes.SelectMany((node, index) => node.Outputs.Select(output => (output, index)))
            .ToDictionary(pair => pair.output, pair => pair.index, StringComparer.Ordinal);
        return
        [
            .. graph.Nodes.Select(node => new NodeReport(
                node.Name,
                node.Op.GetType().Name,
                graph.Values[node.Output] is { Quantization: null } value ? value.Type.Type.ToString() : "UInt8",
                [.. node.Inputs.Where(places.ContainsKey).Select(input => places[input]).Distinct().Order()])),
        ];
    }
}
