using System;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>The attribute <c>post_transform</c>: what becomes of a row of scores.</summary>
internal static class ScoreTransforms
{
    // Scores nearer to 0 than this are none, to SOFTMAX_ZERO.
    private const double Nothing = 1e-7;

    // Winitzki's approximation of the inverse error function, which PROBIT is in the format's reference implementation.
    private const double Winitzki = 0.147;

    /// <summary>Applies a transform to [N, scores].</summary>
    /// <exception cref="ImportException">There is no such transform.</exception>
    public static string Apply(OnnxNode node, OnnxContext context, string transform, string scores) => transform switch
    {
        "NONE" => scores,
        "LOGISTIC" => context.Map(scores, x => x.Sigmoid()),
        "SOFTMAX" => Distributions.Softmax(context, scores, 1),
        "SOFTMAX_ZERO" => SoftmaxOfSome(context, scores),
        "PROBIT" => context.Map(scores, x => Probit(x.To(ElementType.Float64)).To(x.Type)),
        _ => throw ImportException.Attribute(node.Operator, $"post_transform '{transform}'", "it is one of NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO, PROBIT"),
    };

    /// <summary>The two scores of a classifier that has one, of the second class: [N, 1] becomes [N, 2].</summary>
    /// <param name="node">The classifier.</param>
    /// <param name="context">The graph.</param>
    /// <param name="transform">The transform.</param>
    /// <param name="score">The score of the second class.</param>
    /// <param name="isProbability">Whether the first class gets what is left of 1, rather than the negative.</param>
    public static string ApplyToOne(OnnxNode node, OnnxContext context, string transform, string score, bool isProbability)
    {
        if (transform == "PROBIT")
        {
            throw ImportException.Attribute(node.Operator, "post_transform 'PROBIT' with the score of one class only", "give weights for both classes");
        }

        string other = context.Map(score, x => isProbability && transform != "LOGISTIC" ? 1 - x : -x);
        return Apply(node, context, transform, context.Concat(1, other, score));
    }

    private static string SoftmaxOfSome(OnnxContext context, string scores)
    {
        string greatest = context.Reduce(ReduceKind.Maximum, scores, [1], keep: true);
        string exponentials = context.Map(scores, greatest, (x, most) => (x.Abs() > Nothing).Select((x - most).Exp(), x.Like(0)));
        string sum = context.Reduce(ReduceKind.Sum, exponentials, [1], keep: true);
        string rest = context.Map(scores, greatest, (x, most) => (x.Abs() > Nothing).Select((x - most).Exp(), x * (-most).Exp()));
        return context.Map(rest, sum, (x, y) => x / y);
    }

    private static Term Probit(Term probability)
    {
        Term x = (2 * probability) - 1;
        Term logarithm = ((1 - x) * (1 + x)).Log();
        Term middle = (0.5 * logarithm) + (2 / (Math.PI * Winitzki));
        Term size = (((middle * middle) - (logarithm / Winitzki)).Sqrt() - middle).Sqrt();
        return (x < 0).Select(-size, size) * Math.Sqrt(2);
    }
}
