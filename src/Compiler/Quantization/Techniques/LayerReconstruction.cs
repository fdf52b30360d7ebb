using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Makes each layer anew, in the order of execution, so that its sums are those of the float program although it reads what the quantised layers before it really give. The weights are
/// first fitted to that – least squares, held to the float weights by a ridge that <see cref="CrossValidation"/> chooses –, then rounded with <see cref="NearestPlane"/>; the bias takes what is left of the mean. So a layer undoes
/// what it can of all rounding in front of it, of activations too, and its own rounding errors cancel on what it reads.
/// </summary>
public sealed class LayerReconstruction() : QuantizationTechnique("LayerReconstruction")
{
    // Products of so many terms are a few megabytes, and a layer some seconds; wider layers keep the weights that they have.
    private const int MostTerms = 1152;

    // What counts when rounding against errors that cancel only by chance in the data, as a share of the mean square of the inputs. Unlike the fit it may be weak:
    // the rounding errors are known, and how inputs hang together is less a matter of the examples than what int8 does to them.
    private const double RoundingDamping = 0.1;

    // The programs run anew for each layer while that many multiply-accumulates allow it, else for some layers together.
    private const long MostWork = 1L << 38;

    // Of the layers that the programs run for together, products are kept: 1 GB of them.
    private const long MostProducts = 1L << 27;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.LayerReconstruction;

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        Graph real = choice.Equalize(trials.Graph);
        QuantizationChoice rebuilt = choice.WithoutWeights();
        Graph quantized = trials.Quantize(rebuilt);
        Node[] layers = [.. quantized.Nodes.Where(node => IsRebuilt(quantized, node))];
        if (layers.Length == 0)
        {
            return null;
        }

        LoweredModel floating = trials.LowerFloat(real);
        int runs = (int)Math.Clamp(trials.Runs(MostWork) / Math.Max(1, trials.Samples.Length), 1, layers.Length);
        foreach (Node[] together in Together(quantized, layers, (layers.Length + runs - 1) / runs))
        {
            foreach (LayerMoments moments in Observe(trials, rebuilt, real, floating, together).Where(moments => !moments.IsEmpty))
            {
                rebuilt = Rebuild(rebuilt, moments);
            }
        }

        return rebuilt;
    }

    private static bool IsRebuilt(Graph graph, Node node) =>
        graph.Values[node.Output].Quantization is not null && LayerConstants.Of(graph, node) is { IsOfFile: false, Each: <= MostTerms };

    private static IEnumerable<Node[]> Together(Graph graph, Node[] layers, int most)
    {
        var together = new List<Node>();
        long products = 0;
        foreach (Node layer in layers)
        {
            long own = LayerMoments.Products(graph, layer);
            if (together.Count == most || (together.Count > 0 && products + own > MostProducts))
            {
                yield return [.. together];
                together.Clear();
                products = 0;
            }

            together.Add(layer);
            products += own;
        }

        yield return [.. together];
    }

    private static LayerMoments[] Observe(QuantizationTrials trials, QuantizationChoice choice, Graph real, LoweredModel floating, Node[] layers)
    {
        QuantizedProgram built = trials.Build(choice);
        LayerMoments[] moments = [.. layers.Select(layer => new LayerMoments(real, built.Graph, built.Graph.Producer(layer.Output)!, trials.Samples.Length))];
        ILookup<string, LayerMoments> byReal = moments.ToLookup(layer => layer.RealInput, StringComparer.Ordinal);
        ILookup<string, LayerMoments> byQuantized = moments.ToLookup(layer => layer.QuantizedInput, StringComparer.Ordinal);
        var realProgram = new ProgramObserver(floating, byReal.Contains);
        var program = new ProgramObserver(built.Model, byQuantized.Contains);
        foreach ((int index, Sample sample) in trials.Samples.Index())
        {
            trials.ThrowIfCancelled();

            // Parts are runs of the files' order: neighbours in it are often alike, and what is fitted to one is not to be measured on the other.
            int part = index * LayerMoments.Parts / trials.Samples.Length;
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
                    layer.AddQuantized(elements, part);
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
        double damping = CrossValidation.Damping(moments);
        int perGroup = bias.Length / moments.Groups;
        for (int group = 0; group < moments.Groups; group++)
        {
            var fit = new LayerFit(moments.All(group));
            (NearestPlane held, NearestPlane rounding) = (fit.Plane(damping), fit.Plane(RoundingDamping));
            for (int channel = group * perGroup; channel < (group + 1) * perGroup; channel++)
            {
                ReadOnlySpan<float> weights = layer.Weights.Values<float>().AsSpan(channel * layer.Each, layer.Each);
                Span<sbyte> own = levels.AsSpan(channel * layer.Each, layer.Each);
                scales[channel] = rounding.Round(fit.Fit(weights, held), own);
                bias[channel] = fit.Bias(weights, bias[channel], own, scales[channel]);
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
