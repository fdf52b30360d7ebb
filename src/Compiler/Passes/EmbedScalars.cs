using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Writes constants whose elements are all equal as literals into the expressions that use them.</summary>
public static class EmbedScalars
{
    private const int MostElementsLookedAt = 1 << 16;

    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Elementwise { Expression: var expression })
        {
            return false;
        }

        ImmutableArray<string> inputs = rewriter.InputsOf(node);
        var literals = new Dictionary<int, LiteralExpression>();
        for (int index = 0; index < inputs.Length; index++)
        {
            if (rewriter.Target.ConstantOf(inputs[index]) is { } constant && UniformValue(constant) is { } value)
            {
                literals.Add(index, new LiteralExpression(value, constant.Type));
            }
        }

        int[] kept = [.. Enumerable.Range(0, inputs.Length).Where(index => !literals.ContainsKey(index))];
        if (literals.Count == 0 || kept.Length == 0)
        {
            return false;
        }

        // A constant may also be what gives the output its shape: then it stays an input.
        Shape shape = kept.Select(index => rewriter.Target.ShapeOf(inputs[index])).Aggregate(Shape.Broadcast);
        if (shape != rewriter.Source.ShapeOf(node.Output))
        {
            return false;
        }

        Expression embedded = ExpressionRewriter.ReplaceInputs(
            expression, input => literals.TryGetValue(input.Index, out LiteralExpression? literal) ? literal : input with { Index = Array.IndexOf(kept, input.Index) });
        return rewriter.Replace(node, node.Name, new Elementwise(embedded), [.. kept.Select(index => inputs[index])]);
    }

    private static double? UniformValue(Tensor constant)
    {
        if (constant.Count == 0 || (!constant.IsUniform && constant.Count > MostElementsLookedAt))
        {
            return null;
        }

        Array data = (constant.IsUniform ? constant.Element : constant).Data;
        object first = data.GetValue(0)!;
        for (int index = 1; index < data.Length; index++)
        {
            if (!first.Equals(data.GetValue(index)))
            {
                return null;
            }
        }

        // A literal is a double: 64-bit integers that it does not hold stay tensors.
        double value = first is bool truth ? (truth ? 1 : 0) : Convert.ToDouble(first, null);
        return first is long or ulong && Math.Abs(value) > 1L << 53 ? null : value;
    }
}
