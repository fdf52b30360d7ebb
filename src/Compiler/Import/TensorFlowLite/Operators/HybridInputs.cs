using System.Linq;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>
/// A layer of real numbers whose weights are integers rounds what it reads to 8 bits, with a scale that each batch gets of its own. The format
/// means that: its tools compute so, and the file was tried out with them.
/// </summary>
internal static class HybridInputs
{
    /// <summary>The input of a layer as the layer takes it.</summary>
    /// <param name="node">The layer; its input is the first, its weights are the second.</param>
    /// <param name="context">The context.</param>
    /// <param name="value">The input, a batch along its first axis.</param>
    /// <param name="isAsymmetric">Whether the range need not be the same on both sides of zero.</param>
    public static string Rounded(LiteOperator node, LiteContext context, string value, bool isAsymmetric) =>
        AreRounded(node, context, 1) ? Rounded(context, value, isAsymmetric) : value;

    /// <summary>Whether an operator with such weights rounds what it reads: its first input, and what it remembers.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="context">The context.</param>
    /// <param name="weights">The input that is the weights.</param>
    public static bool AreRounded(LiteOperator node, LiteContext context, int weights) =>
        !node.Tensor(0).IsQuantized && node.Tensor(weights).IsQuantized && context.ConstantOf(node[weights]) is not null;

    /// <summary>A value rounded to 8 bits.</summary>
    public static string Rounded(LiteContext context, string value, bool isAsymmetric)
    {
        int[] axes = [.. Enumerable.Range(1, context.ShapeOf(value).Rank - 1)];
        return isAsymmetric ? Asymmetric(context, value, axes) : Symmetric(context, value, axes);
    }

    private static string Symmetric(LiteContext context, string value, int[] axes)
    {
        string greatest = context.Reduce(ReduceKind.Maximum, context.Map(value, x => x.Abs()), axes, keep: true);
        string scale = context.Map(greatest, x => x.EqualTo(0).Select(x.Like(1), x / 127));
        return context.Map(value, scale, (x, s) => Nearest(x / s).Clamp(-127, 127) * s);
    }

    // The grid reaches from the least to the greatest, both or 0, and has 0 on it.
    private static string Asymmetric(LiteContext context, string value, int[] axes)
    {
        string least = context.Map(context.Reduce(ReduceKind.Minimum, value, axes, keep: true), x => x.Minimum(0));
        string greatest = context.Map(context.Reduce(ReduceKind.Maximum, value, axes, keep: true), x => x.Maximum(0));
        string scale = context.Map(least, greatest, (low, high) => low.EqualTo(high).Select(low.Like(1), (high - low) / 255));
        string zero = context.Map(least, scale, (low, s) => Nearest(-128 - (low / s)).Clamp(-128, 127));
        return context.Map(value, scale, zero, (x, s, z) => (Nearest((x / s) + z).Clamp(-128, 127) - z) * s);
    }

    // Ties away from zero.
    private static Term Nearest(Term x) => x.Sign() * (x.Abs() + 0.5).Floor();
}
