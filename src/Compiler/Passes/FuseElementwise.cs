using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Merges elementwise nodes that feed each other into one, so that a chain is one loop (float) or one table (int8).</summary>
public static class FuseElementwise
{
    private const int LargestExpression = 64;
    private const int MostInputs = 6;

    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph, Precision precision) => GraphRewriter.Rewrite(graph, (rewriter, node) => Rewrite(rewriter, node, precision));

    private static bool Rewrite(GraphRewriter rewriter, Node node, Precision precision)
    {
        if (node.Op is not Elementwise { Expression: var expression })
        {
            return false;
        }

        List<string> inputs = [.. rewriter.InputsOf(node)];
        bool changed = false;
        for (int index = 0; index < inputs.Count; index++)
        {
            if (!CanMerge(rewriter, node, inputs, index, expression, precision, out Node? producer))
            {
                continue;
            }

            int first = inputs.Count;
            Expression inner = ExpressionRewriter.ReplaceInputs(((Elementwise)producer!.Op).Expression, input => input with { Index = input.Index + first });
            int merged = index;
            expression = ExpressionRewriter.ReplaceInputs(expression, input => input.Index == merged ? inner : input);
            inputs.AddRange(producer.Inputs);
            (expression, ImmutableArray<string> distinct) = ExpressionRewriter.Deduplicate(expression, inputs);
            inputs = [.. distinct];
            changed = true;
            index = -1;
        }

        return changed && rewriter.Replace(node, node.Name, new Elementwise(expression), [.. inputs]);
    }

    private static bool CanMerge(
        GraphRewriter rewriter, Node node, List<string> inputs, int index, Expression expression, Precision precision, out Node? producer)
    {
        GraphBuilder target = rewriter.Target;
        producer = target.ProducerOf(inputs[index]);
        if (producer is not { Op: Elementwise inner } || target.ShapeOf(inputs[index]) != rewriter.Source.ShapeOf(node.Output))
        {
            return false;
        }

        // A value that others read too is computed twice when merged: worth it for x · sigmoid(x), where the other reader is this node.
        string[] running = [.. inputs.Where((input, other) => other != index).Concat(producer.Inputs).Where(input => target.ConstantOf(input) is null).Distinct()];
        bool readElsewhere = rewriter.Source.Values.ContainsKey(producer.Output) && rewriter.Source.UseCount(producer.Output) > 1;
        if (readElsewhere || ExpressionRewriter.Size(expression) + ExpressionRewriter.Size(inner.Expression) > LargestExpression
            || inputs.Count + producer.Inputs.Length > MostInputs)
        {
            return false;
        }

        // In int8 a function of one tensor is a table, and sums and products have kernels of their own, which clamp:
        // merging more into those would lose them.
        return precision.HasFloatActivations() || running.Length <= 1
            || (inputs.Count == 1 && ExpressionRewriter.AsClamp(expression) is { Operand: InputExpression });
    }
}
