using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What hands values on, calls functions, and decides which nodes run.</summary>
internal static class ControlOperators
{
    // Of the same value in inference.
    private static readonly string[] Wrappers =
    [
        "Identity", "StopGradient", "PreventGradient", "CheckNumerics", "CheckNumericsV2", "PlaceholderWithDefault", "Snapshot", "GuaranteeConst", "Print",
        "DebugIdentity", "DebugIdentityV2", "RefIdentity",
    ];

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        .. Wrappers.Select(name => new TensorFlowEntry(name, (node, _) => node[0])),
        new("IdentityN", (node, _) => [.. node.Inputs]),
        new("EnsureShape", EnsureShape),
        new("Placeholder", Placeholder),
        new("PlaceholderV2", Placeholder),
        new("Switch", Switch) { Outputs = ["output_false", "output_true"] },
        new("RefSwitch", Switch) { Outputs = ["output_false", "output_true"] },
        new("Merge", Merge) { TakesUnreached = true, Outputs = ["output", "value_index"] },
        new("RefMerge", Merge) { TakesUnreached = true, Outputs = ["output", "value_index"] },
        new("PartitionedCall", (node, context) => context.Call(node.Function("f"), node.Inputs)),
        new("StatefulPartitionedCall", (node, context) => context.Call(node.Function("f"), node.Inputs)),
        new("If", If),
        new("StatelessIf", If),
    ];

    private static string Placeholder(TensorFlowNode node, TensorFlowContext context) =>
        throw ImportException.Invalid($"the outputs depend on the placeholder '{node.FileName}', which is not among the inputs; add it to Inputs");

    private static string EnsureShape(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[]? declared = node.Shape("shape") is { UnknownRank: false } known ? [.. known.Dim.Select(dimension => dimension.Size)] : null;
        return declared is null || (declared.Length == shape.Rank && declared.Zip(shape).All(pair => pair.First < 0 || pair.First == pair.Second))
            ? node[0]
            : throw new ShapeException($"{shape} where the file demands {string.Join('×', declared)}");
    }

    // A condition known now leaves one side. Else both are computed, which nobody notices as nodes have no effects, and Merge chooses.
    private static ImmutableArray<string?> Switch(TensorFlowNode node, TensorFlowContext context)
    {
        if (context.ConstantOf(node[1]) is not { Type: ElementType.Boolean, Count: 1 } condition)
        {
            throw ImportException.Computed(node.Operator, node.InputName(1), null);
        }

        return condition.Values<bool>()[0] ? [TensorFlowSession.Unreached, node[0]] : [node[0], TensorFlowSession.Unreached];
    }

    private static ImmutableArray<string?> Merge(TensorFlowNode node, TensorFlowContext context)
    {
        int[] reached = [.. Enumerable.Range(0, node.Inputs.Length).Where(index => node[index] != TensorFlowSession.Unreached)];
        return reached switch
        {
            [] => [TensorFlowSession.Unreached],
            [var index] => [node[index], context.Constant(Tensor.Scalar(index))],
            _ => throw ImportException.Invalid("two branches of a Merge are taken"),
        };
    }

    private static ImmutableArray<string?> If(TensorFlowNode node, TensorFlowContext context)
    {
        TensorType type = context.TypeOf(node[0]);
        if (type.Shape.ElementCount != 1)
        {
            throw new ShapeException($"a condition of {type}");
        }

        ImmutableArray<string> inputs = node.Inputs.RemoveAt(0);
        string condition = context.Reshape(context.Convert(node[0], ElementType.Boolean), Shape.Scalar);
        if (context.ConstantOf(condition) is { } known)
        {
            return context.Call(node.Function(known.Values<bool>()[0] ? "then_branch" : "else_branch"), inputs);
        }

        ImmutableArray<string?> whenTrue = context.Call(node.Function("then_branch"), inputs);
        ImmutableArray<string?> whenFalse = context.Call(node.Function("else_branch"), inputs);
        if (whenTrue.Contains(null) || whenFalse.Contains(null))
        {
            throw new ReportedException();
        }

        bool fits = whenTrue.Length == whenFalse.Length
            && whenTrue.Zip(whenFalse).All(pair => context.IsTensor(pair.First!) && context.IsTensor(pair.Second!) && context.TypeOf(pair.First!) == context.TypeOf(pair.Second!));
        return fits
            ? [.. whenTrue.Zip(whenFalse, (x, y) => LogicOperators.Choose(context, condition, x!, y!))]
            : throw ImportException.Attribute(node.Operator, "a condition computed from the model's inputs, with branches of different shapes,", "make the shapes the same");
    }
}
