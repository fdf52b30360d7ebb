using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Makes weights fast rather than exact: the scale of a channel is as much greater as it takes for any four products that are summed in an int16 to hold. Processors without dot-product
/// instructions then multiply bytes as bytes. It makes weights coarser, which outputs hardly notice where the rounding of activations is most of their
/// error; where they do, only layers that lose less have it.
/// </summary>
public sealed class Int16Sums() : QuantizationTechnique(MetadataName)
{
    /// <summary>As its metadata is named.</summary>
    public const string MetadataName = "Int16Sums";

    // What the error of the outputs may become for it: a tenth more, or what does not change answers anyway.
    private const double MostError = 1.1;
    private const double NoError = 0.02;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.Int16Sums;

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        Graph graph = choice.Equalize(trials.Graph);
        Graph quantized = trials.Quantize(choice);
        Candidate[] candidates = [.. quantized.Nodes
            .Where(node => graph.Producer(node.Output) is not null && IsFaster(quantized, node))
            .Select(node => Coarser(node, LayerConstants.Of(quantized, node)!))
            .OrderBy(candidate => candidate.Coarsening)];
        if (candidates.Length == 0)
        {
            return null;
        }

        // The most layers, those first that lose least.
        double before = Error(trials, choice);
        (int good, int bad) = (0, candidates.Length + 1);
        for (int count = candidates.Length; bad - good > 1; count = (good + bad) / 2)
        {
            bool isGood = IsWorthIt(before, Error(trials, With(choice, candidates[..count])));
            (good, bad) = isGood ? (count, bad) : (good, count);
        }

        return With(choice, candidates[..Math.Max(good, 1)]);
    }

    /// <inheritdoc/>
    internal override double Error(QuantizationTrials trials, QuantizationChoice choice) => trials.ErrorWithoutMeans(choice);

    /// <inheritdoc/>
    internal override bool IsWorthIt(double before, double after) => after <= Math.Max(MostError * before, NoError);

    private static QuantizationChoice With(QuantizationChoice choice, Candidate[] layers) =>
        choice with { WeightScales = choice.WeightScales.AddRange(layers.Select(layer => KeyValuePair.Create(layer.Output, layer.Scales))) };

    // Layers of 3×3 that are computed in tiles have no use for it, whether the user lets them be or not.
    private static bool IsFaster(Graph graph, Node node)
    {
        if (node.Op is not Conv2D convolution || graph.Values[node.Output].Quantization is null || graph.Values[node.Inputs[0]].Quantization is null
            || LayerConstants.Of(graph, node) is not { IsOfFile: false } layer)
        {
            return false;
        }

        (Shape weights, Shape output) = (layer.Weights.Shape, graph.ShapeOf(node.Output));
        int runLength = RunLength(convolution, weights);
        return !convolution.IsDepthwise(weights)
            && output[0] * output[1] * output[2] > 1
            && ByteConvolution.IsFasterInInt16(layer.Each / runLength, runLength, weights[0] / convolution.Groups, output[2])
            && !WinogradChoice.Suits(convolution, weights, output, SymmetricWeights.OfRows(layer.Weights).Levels);
    }

    // As the lowering has it where an image lies alone in memory; elsewhere runs of whole quads are the same.
    private static int RunLength(Conv2D convolution, Shape weights) =>
        convolution is { Groups: 1, Window.DilationWidth: 1 } ? weights[2] * weights[3] : weights[3];

    private static Candidate Coarser(Node node, LayerConstants layer)
    {
        int runLength = RunLength((Conv2D)node.Op, layer.Weights.Shape);
        float[] weights = layer.Weights.Values<float>();
        float[] scales = layer.Scales();
        double coarsening = 0;
        for (int channel = 0; channel < scales.Length; channel++)
        {
            float scale = Int16SumWeights.Scale(weights.AsSpan(channel * layer.Each, layer.Each), runLength, scales[channel]);
            coarsening += scale / (double)scales[channel];
            scales[channel] = scale;
        }

        return new Candidate(node.Output, [.. scales], coarsening / scales.Length);
    }

    /// <summary>A layer with coarser weights.</summary>
    /// <param name="Output">Its output.</param>
    /// <param name="Scales">What a level stands for, one an output channel.</param>
    /// <param name="Coarsening">How many times as much as before, on average.</param>
    private sealed record Candidate(string Output, ImmutableArray<float> Scales, double Coarsening);
}
