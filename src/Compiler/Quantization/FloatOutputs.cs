using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Execution;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What the float program gives for the examples: kept from when it is observed, so that it need not run again, unless that is too much.</summary>
/// <param name="executor">Runs the float program.</param>
internal sealed class FloatOutputs(PlanExecutor executor)
{
    /// <summary>What is kept, and what trials may keep, at most.</summary>
    public const long MostBytes = 256L << 20;

    private readonly List<float[][]> kept = [];
    private long bytes;

    /// <summary>Examples observed.</summary>
    public int Samples { get; private set; }

    /// <summary>Takes what the float program has just given for the next example.</summary>
    public void Add()
    {
        Samples++;
        if (bytes <= MostBytes)
        {
            kept.Add(Comparison.Outputs(executor));
            bytes += sizeof(float) * kept[^1].Sum(output => (long)output.Length);
        }
    }

    /// <summary>Some examples, with what the float program gives for them.</summary>
    /// <param name="samples">The examples and their numbers, in their order. With state, which depends on what came before, the first ones.</param>
    public IEnumerable<(Sample Sample, float[][] Outputs)> Of(IEnumerable<(int Index, Sample Sample)> samples)
    {
        if (kept.Count < Samples)
        {
            executor.ResetState();
        }

        foreach ((int index, Sample sample) in samples)
        {
            yield return (sample, kept.Count == Samples && index < Samples ? kept[index] : Run(sample));
        }
    }

    private float[][] Run(Sample sample)
    {
        executor.FeedSample(executor.Plan.Inputs[0].Name, sample);
        executor.Infer();
        return Comparison.Outputs(executor);
    }
}
