using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Evaluation;

/// <summary>How often a program names the right class, measured on examples whose class is known.</summary>
/// <param name="Examples">Examples.</param>
/// <param name="Correct">Examples that the compiled program gets right.</param>
/// <param name="CorrectInFloat">Examples that the float32 program gets right.</param>
/// <param name="Classes">The classes, by label where there are labels, else by number.</param>
/// <param name="Confusion">What the compiled program takes for what, without the zeros; in ascending order.</param>
public sealed record LabelledEvaluation(
    int Examples, int Correct, int CorrectInFloat, ImmutableArray<string> Classes, ImmutableArray<ConfusionCount> Confusion)
{
    /// <summary>Share (0…1) of the examples that the compiled program gets right.</summary>
    public double Accuracy => (double)Correct / Examples;

    /// <summary>Share (0…1) of the examples that the float32 program gets right.</summary>
    public double AccuracyInFloat => (double)CorrectInFloat / Examples;

    /// <summary>Makes it of what both programs say of each example.</summary>
    internal static LabelledEvaluation Of(IReadOnlyList<(int Actual, int Predicted, int PredictedInFloat)> results, ImmutableArray<string> classes) => new(
        results.Count,
        results.Count(result => result.Predicted == result.Actual),
        results.Count(result => result.PredictedInFloat == result.Actual),
        classes,
        [.. results.GroupBy(result => (result.Actual, result.Predicted))
            .Select(group => new ConfusionCount(group.Key.Actual, group.Key.Predicted, group.Count()))
            .OrderBy(count => count.Actual).ThenBy(count => count.Predicted)]);
}

/// <summary>An element of a confusion matrix.</summary>
/// <param name="Actual">The class of the examples.</param>
/// <param name="Predicted">The class that the program names; −1 for none of the model's.</param>
/// <param name="Count">How many examples.</param>
public sealed record ConfusionCount(int Actual, int Predicted, int Count);
