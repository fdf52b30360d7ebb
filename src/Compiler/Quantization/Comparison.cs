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

    /// <summary>Adds an example that both programs have just run on.</summary>
    public void Add(PlanExecutor reference, PlanExecutor candidate)
    {
        Samples++;
        string[] outputs = [.. reference.Plan.Outputs.Where(output => output.Type == ElementType.Float32).Select(output => output.Name)];
        for (int index = 0; index < outputs.Length; index++)
        {
            Add(reference.Fetch<float>(outputs[index]), candidate.Fetch<float>(outputs[index]), isFirst: index == 0);
        }
    }

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
