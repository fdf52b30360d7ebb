using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>Support vector machines, as libsvm and liblinear have them: kernels of rows and support vectors, and matrix products of those.</summary>
internal static class VectorMachineOperators
{
    // What libsvm leaves between a pair's probability and certainty.
    private const double LeastProbability = 1e-7;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("SVMClassifier", 1, ClassicOperators.Newest, Classifier, ClassicOperators.Domain),
        ClassicOperators.Single("SVMRegressor", Regressor),
    ];

    private static ImmutableArray<string?> Classifier(OnnxNode node, OnnxContext context)
    {
        ClassLabels labels = ClassifierOutputs.Labels(node, "classlabels_ints", "classlabels_strings");
        int classes = labels.Texts.Count;
        string transform = node.Text("post_transform", "NONE");
        if (classes < 2)
        {
            throw ImportException.Attribute(node.Operator, "one class", "give two or more");
        }

        if ((node.Integers("vectors_per_class") ?? []).Sum() == 0)
        {
            return Linear(node, context, labels, transform);
        }

        string decisions = Decisions(node, context, classes);
        string label = ClassifierOutputs.Label(context, labels, Vote(context, decisions, classes));
        if (Probabilities(node, context, decisions, classes) is { } probabilities)
        {
            return [label, ClassifierOutputs.Scores(context, labels, ScoreTransforms.Apply(node, context, transform, probabilities))];
        }

        // One number for each pair of classes is no class's score; with two classes neither, as what speaks for the first class comes second.
        string raw = classes == 2 ? OfPair(node, context, transform, decisions) : ScoreTransforms.Apply(node, context, transform, decisions);
        return [label, context.WithLabels(raw, labels with { Role = LabelRole.Decisions })];
    }

    private static string OfPair(OnnxNode node, OnnxContext context, string transform, string decisions) => transform switch
    {
        "NONE" => context.Concat(1, context.Map(decisions, x => -x), decisions),
        _ => throw ImportException.Attribute(node.Operator, $"post_transform '{transform}' of two classes without probabilities", "use NONE, or give prob_a and prob_b"),
    };

    // Without support vectors the coefficients are the classes' own.
    private static ImmutableArray<string?> Linear(OnnxNode node, OnnxContext context, ClassLabels labels, string transform)
    {
        int classes = labels.Texts.Count;
        string rows = ClassifierOutputs.Rows(node, context);
        int features = context.ShapeOf(rows)[1];
        float[] rho = Rho(node, 1);
        float[] coefficients = Exactly(node, "coefficients", (long)classes * features);
        string bias = context.Constant(Tensor.Of([classes], Enumerable.Repeat(rho[0], classes).ToArray()));
        string scores = context.Emit(new FullyConnected(), rows, context.Constant(Tensor.Of([classes, features], coefficients)), bias);
        return ClassifierOutputs.OfScores(node, context, labels, scores, transform);
    }

    // [N, pairs]: positive for the first class of (0, 1), (0, 2), …, (1, 2), ….
    private static string Decisions(OnnxNode node, OnnxContext context, int classes)
    {
        long[] perClass = node.Integers("vectors_per_class")!;
        if (perClass.Length != classes || perClass.Any(count => count is < 0 or > 1 << 24))
        {
            throw ImportException.Invalid($"vectors_per_class of {node.Operator} does not say how many of {classes} classes");
        }

        int vectors = checked((int)perClass.Sum());
        int pairs = classes * (classes - 1) / 2;
        float[] coefficients = Exactly(node, "coefficients", (long)(classes - 1) * vectors);
        if ((long)vectors * pairs > GraphBuilder.MaximumTensorBytes / sizeof(float))
        {
            throw ImportException.Attribute(node.Operator, $"{classes} classes with {vectors} support vectors", "use fewer");
        }

        int[] classOf = [.. perClass.SelectMany((count, index) => Enumerable.Repeat(index, (int)count))];
        var weights = new float[vectors * pairs];
        int pair = 0;
        for (int first = 0; first < classes; first++)
        {
            for (int second = first + 1; second < classes; second++, pair++)
            {
                for (int vector = 0; vector < vectors; vector++)
                {
                    // Each vector has a coefficient against every class but its own.
                    weights[(vector * pairs) + pair] =
                        classOf[vector] == first ? coefficients[((second - 1) * vectors) + vector]
                        : classOf[vector] == second ? coefficients[(first * vectors) + vector]
                        : 0;
                }
            }
        }

        string kernels = Kernels(node, context, vectors);
        string sums = context.Emit(new MatMul(), kernels, context.Constant(Tensor.Of([vectors, pairs], weights)));
        return context.Map(sums, context.Constant(Tensor.Of([pairs], Rho(node, pairs))), (x, y) => x + y);
    }

    // The class that wins most of its pairs, the first of equals.
    private static string Vote(OnnxContext context, string decisions, int classes)
    {
        int pairs = context.ShapeOf(decisions)[1];
        var winners = new float[pairs * classes];
        var losers = new float[pairs * classes];
        int pair = 0;
        for (int first = 0; first < classes; first++)
        {
            for (int second = first + 1; second < classes; second++, pair++)
            {
                winners[(pair * classes) + first] = 1;
                losers[(pair * classes) + second] = 1;
            }
        }

        string won = context.Emit(new MatMul(), context.Map(decisions, x => (x > 0).Select(1, 0, x.Type)), context.Constant(Tensor.Of([pairs, classes], winners)));
        string lost = context.Emit(new MatMul(), context.Map(decisions, x => (x > 0).Select(0, 1, x.Type)), context.Constant(Tensor.Of([pairs, classes], losers)));
        return context.Emit(new ArgReduce(1, Maximum: true, LastIndex: false), context.Map(won, lost, (x, y) => x + y));
    }

    // Platt's sigmoid of each pair, coupled.
    private static string? Probabilities(OnnxNode node, OnnxContext context, string decisions, int classes)
    {
        float[] a = node.Numbers("prob_a") ?? [], b = node.Numbers("prob_b") ?? [];
        int pairs = context.ShapeOf(decisions)[1];
        if (a.Length == 0 && b.Length == 0)
        {
            return null;
        }

        if (a.Length != pairs || b.Length != pairs)
        {
            throw ImportException.Invalid($"prob_a and prob_b of {node.Operator} have not {pairs} elements");
        }

        string slopes = context.Constant(Tensor.Of([pairs], a));
        string intercepts = context.Constant(Tensor.Of([pairs], b));
        string first = context.Map(decisions, slopes, intercepts, (x, slope, intercept) =>
            (-((x * slope) + intercept)).Sigmoid().Clamp(LeastProbability, 1 - LeastProbability));
        return context.Emit(new PairwiseCoupling(classes), first);
    }

    private static string Regressor(OnnxNode node, OnnxContext context)
    {
        long supports = node.Integer("n_supports", 0);
        string transform = node.Text("post_transform", "NONE");
        if (transform != "NONE")
        {
            throw ImportException.Attribute(node.Operator, $"post_transform '{transform}'", "use NONE: others have no agreed meaning for one number");
        }

        if (supports is < 0 or > 1 << 24)
        {
            throw ImportException.Invalid($"attribute 'n_supports' of {node.Operator} is {supports}");
        }

        string rows = ClassifierOutputs.Rows(node, context);
        string inputs = supports > 0 ? Kernels(node, context, (int)supports) : rows;
        int count = context.ShapeOf(inputs)[1];
        float[] coefficients = Exactly(node, "coefficients", count);
        string weights = context.Constant(Tensor.Of([1, count], coefficients));
        string value = context.Emit(new FullyConnected(), inputs, weights, context.Constant(Tensor.Of([1], Rho(node, 1)[0])));
        return node.Flag("one_class") ? context.Map(value, x => (x > 0).Select(1, -1, x.Type)) : value;
    }

    // [N, vectors]: how alike each row is to each support vector.
    private static string Kernels(OnnxNode node, OnnxContext context, int vectors)
    {
        string rows = ClassifierOutputs.Rows(node, context);
        int features = context.ShapeOf(rows)[1];
        float[] support = Exactly(node, "support_vectors", (long)vectors * features);
        float[] parameters = node.Numbers("kernel_params") is { Length: > 0 } given ? given : new float[3];
        if (parameters.Length != 3)
        {
            throw ImportException.Invalid($"kernel_params of {node.Operator} has {parameters.Length} numbers, not gamma, coef0 and degree");
        }

        (float gamma, float offset, float degree) = (parameters[0], parameters[1], parameters[2]);
        return node.Text("kernel_type", "LINEAR") switch
        {
            "LINEAR" => Products(),
            "POLY" => context.Map(Products(), x => Power((x * gamma) + offset, degree)),
            "SIGMOID" => context.Map(Products(), x => ((x * gamma) + offset).Tanh()),
            "RBF" => context.Map(Distances(), x => (x * -gamma).Exp()),
            var other => throw ImportException.Attribute(node.Operator, $"kernel_type '{other}'", "it is one of LINEAR, POLY, RBF, SIGMOID"),
        };

        string Products()
        {
            string zeros = context.Constant(Tensor.Of([vectors], new float[vectors]));
            return context.Emit(new FullyConnected(), rows, context.Constant(Tensor.Of([vectors, features], support)), zeros);
        }

        // Not |x|² + |y|² − 2xy, which loses what matters where the two are near.
        string Distances()
        {
            string wide = context.Reshape(rows, [context.ShapeOf(rows)[0], 1, features]);
            string differences = context.Map(wide, context.Constant(Tensor.Of([vectors, features], support)), (x, y) => x - y);
            return context.Reduce(ReduceKind.SumOfSquares, differences, [2], keep: false);
        }
    }

    private static Term Power(Term x, float degree) => degree switch
    {
        1 => x,
        2 => x * x,
        3 => x * x * x,
        _ => x.Power(x.Like(degree)),
    };

    private static float[] Rho(OnnxNode node, int count) =>
        node.Numbers("rho") is { } rho && rho.Length >= count ? rho[..count] : throw ImportException.Invalid($"attribute 'rho' of {node.Operator} has not {count} elements");

    private static float[] Exactly(OnnxNode node, string name, long count) =>
        node.Numbers(name) is { } list && list.Length == count ? list : throw ImportException.Invalid($"attribute '{name}' of {node.Operator} has not {count} elements");
}
