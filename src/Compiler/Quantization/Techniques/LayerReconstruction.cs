using System;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Makes each layer anew, in the order of execution, so that its sums are those of the float program although it reads what the quantised layers before it really give. The weights are
/// first fitted to that – least squares, held to the float weights by a ridge –, then rounded with <see cref="NearestPlane"/>; the bias takes what is left of the mean. So a layer undoes
/// what it can of all rounding in front of it, of activations too, and its own rounding errors cancel on what it reads.
/// </summary>
public sealed class LayerReconstruction() : QuantizationTechnique("LayerReconstruction")
{
    // Products of so many terms are a few megabytes, and a layer some seconds; wider layers keep the weights that they have.
    private const int MostTerms = 1152;

    // Holds weights to what they were, as a share of the mean square of the inputs; more where there are not a hundred places a weight, many of them of one picture:
    // a close fit to few examples is worse than none on others.
    private const double Damping = 0.1;
    private const double DampingOfFew = 1;
    private const int EnoughPlaces = 100;

    // The programs run anew for each layer while that many multiply-accumulates allow it, else for some layers together.
    private const long MostWork = 1L << 38;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.LayerReconstruction;

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        Graph real = choice.Equalize(trials.Graph);
        QuantizationChoice rebuilt = choice.WithoutWeights();
        Graph quantized = trials.Quantize(rebuilt);
        string[] layers = [.. quantized.Nodes.Where(node => IsRebuilt(quantized, node)).Select(node => node.Output)];
        if (layers.Length == 0)
        {
            return null;
        }

        LoweredModel floating = trials.LowerFloat(real);
        int runs = (int)Math.Clamp(trials.Runs(MostWork) / Math.Max(1, trials.Samples.Length), 1, layers.Length);
        foreach (string[] together in layers.Chunk((layers.Length + runs - 1) / runs))
        {
            foreach (LayerMoments moments in Observe(trials, rebuilt, real, floating, together).Where(moments => moments.Count > 0))
            {
                rebuilt = Rebuild(rebuilt, moments);
            }
        }

        return rebuilt;
    }

    private static bool IsRebuilt(Graph graph, Node node) =>
        graph.Values[node.Output].Quantization is not null && LayerConstants.Of(graph, node) is { IsOfFile: false, Each: <= MostTerms };

    private static LayerMoments[] Observe(QuantizationTrials trials, QuantizationChoice choice, Graph real, LoweredModel floating, string[] layers)
    {
        QuantizedProgram built = trials.Build(choice);
        LayerMoments[] moments = [.. layers.Select(layer => new LayerMoments(real, built.Graph, built.Graph.Producer(layer)!, trials.Samples.Length))];
        ILookup<string, LayerMoments> byReal = moments.ToLookup(layer => layer.RealInput, StringComparer.Ordinal);
        ILookup<string, LayerMoments> byQuantized = moments.ToLookup(layer => layer.QuantizedInput, StringComparer.Ordinal);
        var realProgram = new ProgramObserver(floating, byReal.Contains);
        var program = new ProgramObserver(built.Model, byQuantized.Contains);
        foreach (Sample sample in trials.Samples)
        {
            trials.ThrowIfCancelled();
            realProgram.Run(sample, (value, elements) =>
            {
                foreach (LayerMoments layer in byReal[value])
                {
                    layer.AddReal(elements);
                }
            });
            program.Run(sample, (value, elements) =>
            {
                foreach (LayerMoments layer in byQuantized[value])
                {
                    layer.AddQuantized(elements);
                }
            });
        }

        return moments;
    }

    private static QuantizationChoice Rebuild(QuantizationChoice choice, LayerMoments moments)
    {
        LayerConstants layer = moments.Constants;
        float[] bias = [.. layer.Bias.Values<float>()];
        var levels = new sbyte[layer.Weights.Count];
        var scales = new float[bias.Length];
        int perGroup = bias.Length / moments.Groups;
        for (int group = 0; group < moments.Groups; group++)
        {
            var fit = new LayerFit(moments, group, moments.Count < EnoughPlaces * (long)layer.Each ? DampingOfFew : Damping);
            for (int channel = group * perGroup; channel < (group + 1) * perGroup; channel++)
            {
                (scales[channel], bias[channel]) = fit.Rebuild(layer.Weights.Values<float>().AsSpan(channel * layer.Each, layer.Each), bias[channel], levels.AsSpan(channel * layer.Each, layer.Each));
            }
        }

        string output = moments.Layer.Output;
        return choice with
        {
            Levels = choice.Levels.SetItem(output, [.. levels]),
            WeightScales = choice.WeightScales.SetItem(output, [.. scales]),
            Biases = choice.Biases.SetItem(output, [.. bias]),
        };
    }
}
