using System;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Compares the outputs of two programs of one model, example by example.</summary>
public sealed class Comparison
{
    private double squaredDifference;
    private double squaredReference;

    /// <summary>Examples compared.</summary>
    public int Samples { get; private set; }

    /// <summary>Examples on which the greatest element of the first float output is at the same place.</summary>
    public int SameTop { get; private set; }

    /// <summary>Root mean square of the difference over that of the reference.</summary>
    public double RelativeError => squaredReference > 0 ? Math.Sqrt(squaredDifference / squaredReference) : Math.Sqrt(squaredDifference);

    /// <summary>Whether there are float outputs; an index of the greatest, say, has no error.</summary>
    public bool ComparesFloats { get; private set; }

    /// <summary>The <see cref="RelativeError"/>; <see langword="null"/> when no output is float.</summary>
    public double? OutputError => ComparesFloats ? RelativeError : null;

    /// <summary>Share (0…1) of examples with the same top.</summary>
    public double Agreement => (double)SameTop / Samples;

    /// <summary>Adds an example that both programs have just run on.</summary>
    public void Add(PlanExecutor reference, PlanExecutor candidate) => Add(Outputs(reference), candidate);

    /// <summary>Adds an example that a program has just run on.</summary>
    /// <param name="reference">The <see cref="Outputs"/> that it should have.</param>
    /// <param name="candidate">The program.</param>
    public void Add(float[][] reference, PlanExecutor candidate)
    {
        Samples++;
        float[][] actual = Outputs(candidate);
        for (int index = 0; index < actual.Length; index++)
        {
            Add(reference[index], actual[index], isFirst: index == 0);
        }
    }

    /// <summary>The float outputs of the latest run.</summary>
    public static float[][] Outputs(PlanExecutor executor) =>
        [.. executor.Plan.Outputs.Where(output => output.Type == ElementType.Float32).Select(output => executor.Fetch<float>(output.Name))];

    private void Add(float[] expected, float[] actual, bool isFirst)
    {
        ComparesFloats = true;
        SameTop += isFirst && expected.Length > 0 && actual.Length > 0 && Array.IndexOf(expected, expected.Max()) == Array.IndexOf(actual, actual.Max()) ? 1 : 0;
        for (int index = 0; index < Math.Max(expected.Length, actual.Length); index++)
        {
            // Where extents depend on the data, the two may differ: what one of them lacks counts as 0.
            double wanted = index < expected.Length ? expected[index] : 0;
            double difference = (index < actual.Length ? actual[index] : 0) - wanted;
            squaredDifference += difference * difference;
            squaredReference += wanted * wanted;
        }
    }
}
