using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What decides which nodes run.</summary>
internal static class ControlOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries => [new("If", 1, If)];

    // A condition known now leaves one branch. Else both are computed, which nobody notices as nodes have no effects, and one is chosen.
    private static ImmutableArray<string?> If(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        if (context.ElementTypeOf(node[0]) != ElementType.Boolean || shape.ElementCount != 1)
        {
            throw new ShapeException($"a condition of {context.TypeOf(node[0])}");
        }

        if (context.ConstantOf(node[0]) is { } condition)
        {
            return [.. context.ImportGraph(node.Graph(condition.Values<bool>()[0] ? "then_branch" : "else_branch"))];
        }

        ImmutableArray<string> whenTrue = context.ImportGraph(node.Graph("then_branch"));
        ImmutableArray<string> whenFalse = context.ImportGraph(node.Graph("else_branch"));
        if (whenTrue.Concat(whenFalse).Any(context.IsSequence))
        {
            throw ImportException.ElementType(node.OutputName, "sequence");
        }

        if (whenTrue.Length != whenFalse.Length || whenTrue.Zip(whenFalse).Any(pair => context.TypeOf(pair.First) != context.TypeOf(pair.Second)))
        {
            throw ImportException.Attribute("If", "a condition computed from the model's inputs, with branches of different shapes,", "make the shapes the same");
        }

        if (whenTrue.Concat(whenFalse).Any(value => context.LabelsOf(value)?.Role is LabelRole.Text or LabelRole.Map))
        {
            throw ImportException.ElementType(node.OutputName, "string");
        }

        string choice = context.Reshape(node[0], Shape.Scalar);
        return [.. whenTrue.Zip(whenFalse, (x, y) => context.Map(choice, x, y, (c, a, b) => c.Select(a, b)))];
    }
}
