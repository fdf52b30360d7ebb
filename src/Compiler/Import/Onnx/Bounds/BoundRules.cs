using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>Imports a node that reads values whose extent depends on the data: with the operator's own importer, and says of the results what is valid.</summary>
internal delegate ImmutableArray<string?> BoundRule(OnnxNode node, OnnxContext context, OperatorImporter import);

/// <summary>
/// Which operators may read values whose extent depends on the data. They compute on all slices there is room for, the valid ones and those behind
/// them; a rule sees to it that nothing of the latter gets into the former. An operator without a rule is refused.
/// </summary>
internal static class BoundRules
{
    private static readonly string[] ElementwiseOperators =
    [
        "Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Cast",
        "Ceil", "Celu", "Clip", "Cos", "Cosh", "Div", "Dropout", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid",
        "HardSwish", "Identity", "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min", "Mish", "Mod", "Mul", "Neg", "Not",
        "Or", "PRelu", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub",
        "Sum", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Where", "Xor",
    ];

    private static readonly FrozenDictionary<string, BoundRule> Rules = new Dictionary<string, BoundRule>(StringComparer.Ordinal)
    {
        ["Compress"] = BoundSelection.Compress,
        ["Concat"] = BoundMovement.Concat,
        ["Flatten"] = BoundShapes.Flatten,
        ["Gather"] = BoundSelection.Gather,
        ["GatherND"] = BoundSelection.GatherPlaces,
        ["LogSoftmax"] = BoundReduction.Softmax,
        ["MatMul"] = BoundReduction.MatMul,
        ["NonZero"] = BoundSelection.NonZero,
        ["ReduceL1"] = BoundReduction.Reduce,
        ["ReduceL2"] = BoundReduction.Reduce,
        ["ReduceMax"] = BoundReduction.Reduce,
        ["ReduceMean"] = BoundReduction.Reduce,
        ["ReduceMin"] = BoundReduction.Reduce,
        ["ReduceProd"] = BoundReduction.Reduce,
        ["ReduceSum"] = BoundReduction.Reduce,
        ["ReduceSumSquare"] = BoundReduction.Reduce,
        ["ArgMax"] = BoundReduction.ArgReduce,
        ["ArgMin"] = BoundReduction.ArgReduce,
        ["Reshape"] = BoundShapes.Reshape,
        ["Shape"] = BoundShapes.ShapeOf,
        ["Size"] = BoundShapes.Size,
        ["Slice"] = BoundMovement.Slice,
        ["Softmax"] = BoundReduction.Softmax,
        ["Split"] = BoundMovement.Split,
        ["Squeeze"] = BoundShapes.Squeeze,
        ["TopK"] = BoundSelection.TopK,
        ["Transpose"] = BoundMovement.Transpose,
        ["Unsqueeze"] = BoundShapes.Unsqueeze,
    }.Concat(ElementwiseOperators.Select(name => KeyValuePair.Create(name, (BoundRule)Elementwise))).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Imports a node, whatever it reads.</summary>
    /// <exception cref="ImportException">The extent of an input depends on the data, and the operator cannot follow that.</exception>
    public static ImmutableArray<string?> Import(OperatorEntry entry, OnnxNode node, OnnxContext context)
    {
        int input = Enumerable.Range(0, node.Inputs.Length).FirstOrDefault(index => node.Inputs[index] is { } value && context.BoundOf(value) is not null, -1);
        if (input < 0)
        {
            return entry.Import(node, context);
        }

        if (entry.Domain.Length > 0 || !Rules.TryGetValue(entry.Name, out BoundRule? rule))
        {
            throw Refusal(node, context, input, "cannot follow that");
        }

        context.FollowsBounds = true;
        return rule(node, context, entry.Import);
    }

    /// <summary>Why a node is refused.</summary>
    public static ImportException Refusal(OnnxNode node, OnnxContext context, int input, string problem) =>
        ImportException.Extent(node.Operator, node.InputName(input), context.BoundOf(node[input])!.Axis, problem);

    /// <summary>Fails when the extent of an input after the first ones depends on the data.</summary>
    public static void RequireKnownFrom(int first, OnnxNode node, OnnxContext context)
    {
        for (int input = first; input < node.Inputs.Length; input++)
        {
            if (node.Inputs[input] is { } value && context.BoundOf(value) is not null)
            {
                throw Refusal(node, context, input, "cannot follow that");
            }
        }
    }

    /// <summary>The value with everything that is not valid replaced.</summary>
    /// <param name="context">The graph.</param>
    /// <param name="value">The value.</param>
    /// <param name="filling">What stands in for it: neutral for what reads the value.</param>
    public static string Masked(OnnxContext context, string value, Func<Term, Term> filling)
    {
        Bound bound = context.BoundOf(value)!;
        Shape shape = context.ShapeOf(value);
        string place = context.Count(shape[bound.Axis], shape.Rank, bound.Axis);
        return context.Map(place, bound.Count, value, (index, count, x) => (index < count).Select(x, filling(x)));
    }

    // Which slices are valid must be the same for all inputs, and the others must not have that axis: where an extent is known on one side
    // and not on the other, they would fit by chance.
    private static ImmutableArray<string?> Elementwise(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        int first = node.Inputs.IndexOf(node.Inputs.First(input => input is not null && context.BoundOf(input) is not null));
        Bound bound = context.BoundOf(node[first])!;
        Shape shape = context.ShapeOf(node[first]);
        int fromEnd = shape.Rank - bound.Axis;
        for (int input = 0; input < node.Inputs.Length; input++)
        {
            if (node.Optional(input) is not { } value)
            {
                continue;
            }

            Shape other = context.ShapeOf(value);
            bool isAligned = context.BoundOf(value) is { } known
                ? known.Count == bound.Count && other.Rank - known.Axis == fromEnd && other[known.Axis] == shape[bound.Axis]
                : other.Rank < fromEnd || other[^fromEnd] == 1;
            if (!isAligned)
            {
                throw Refusal(node, context, first, $"nothing shows that '{node.InputName(input)}' fits to it");
            }
        }

        return [.. import(node, context).Select(result => result is null ? null : context.Bounded(result, bound with { Axis = context.ShapeOf(result).Rank - fromEnd }))];
    }
}
