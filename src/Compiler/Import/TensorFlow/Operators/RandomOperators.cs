using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>
/// Random numbers, as dropout takes them: they compile where the answer does not depend on them, as ⌊1 + random⌋ does not.
/// </summary>
internal static class RandomOperators
{
    // One number of the range, which stands for all.
    private const double Middle = 0.5;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries => [new("RandomUniform", Uniform)];

    /// <summary>A sum of random numbers and one that is known is random in a range beside.</summary>
    public static TensorFlowEntry Sum(TensorFlowEntry entry) => Following(entry, (range, number) => (range.Least + number, range.Bound + number));

    /// <summary>A product of random numbers and a positive one is random in a range as much larger.</summary>
    public static TensorFlowEntry Product(TensorFlowEntry entry) =>
        Following(entry, (range, number) => number > 0 ? (range.Least * number, range.Bound * number) : throw Refused(entry.Name));

    /// <summary>Rounded down, all numbers of a range may be the same.</summary>
    public static TensorFlowEntry Floor(TensorFlowEntry entry) => entry with
    {
        TakesRandom = true,
        Import = (node, context) => context.Session.Random.TryGetValue(node[0], out (double Least, double Bound) range)
            && Math.Floor(range.Least) != Math.Ceiling(range.Bound) - 1 ? throw Refused(entry.Name) : entry.Import(node, context),
    };

    /// <summary>Compared, all numbers of a range may be on one side.</summary>
    public static TensorFlowEntry NotLess(TensorFlowEntry entry) => entry with
    {
        TakesRandom = true,
        Import = (node, context) => context.Session.Random.ContainsKey(node[1])
            || (context.Session.Random.TryGetValue(node[0], out (double Least, double Bound) range)
            && (context.NumberOf(node[1]) is not { } number || (range.Least < number && range.Bound > number))) ? throw Refused(entry.Name) : entry.Import(node, context),
    };

    private static string Uniform(TensorFlowNode node, TensorFlowContext context)
    {
        string value = context.Expand(context.Scalar(Middle, node.Type("dtype", TensorFlowTypes.Float)), ShapeOperators.ShapeOf(context.IntegerInput(0)));
        context.Session.Random[value] = (0, 1);
        return value;
    }

    private static TensorFlowEntry Following(TensorFlowEntry entry, Func<(double Least, double Bound), double, (double Least, double Bound)> follow) => entry with
    {
        TakesRandom = true,
        Import = (node, context) =>
        {
            ImmutableArray<string?> results = entry.Import(node, context);
            int random = node.Inputs.ToList().FindIndex(context.Session.Random.ContainsKey);
            if (random >= 0 && results[0] is { } result)
            {
                context.Session.Random[result] = context.NumberOf(node[1 - random]) is { } number && !context.Session.Random.ContainsKey(node[1 - random])
                    ? follow(context.Session.Random[node[random]], number)
                    : throw Refused(entry.Name);
            }

            return results;
        },
    };

    private static ImportException Refused(string name) =>
        ImportException.Attribute(name, "a computation with random numbers", "export the model for inference, or set InputValue so that they do not matter");
}
