using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>What prepares features: scaling, filling gaps, picking and joining columns.</summary>
internal static class FeatureOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        ClassicOperators.Single("ArrayFeatureExtractor", Extract) with { TakesText = true },
        ClassicOperators.Single("Binarizer", (node, context) => context.Map(node[0], x => (x.To(ElementType.Float64) > node.Number("threshold", 0)).To(x.Type))),
        ClassicOperators.Single("FeatureVectorizer", Join),
        ClassicOperators.Single("Imputer", Impute),
        ClassicOperators.Single("Normalizer", Normalize),
        ClassicOperators.Single("OneHotEncoder", OneHot),
        ClassicOperators.Single("Scaler", Scale),
    ];

    // Picks along the last axis; of a vector too it makes a matrix.
    private static string Extract(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        Shape picked = context.ShapeOf(node[1]);
        if (shape.Rank == 0 || context.ElementTypeOf(node[1]) != ElementType.Int64)
        {
            throw new ShapeException($"a choice by {context.TypeOf(node[1])} from {shape}");
        }

        string indices = context.Reshape(node[1], [picked.Count(..)]);
        if (context.ConstantOf(indices) is { } constant && constant.Values<long>().Any(index => index < 0 || index >= shape[^1]))
        {
            throw new ShapeException($"a choice from {shape[^1]} columns of one that is not there");
        }

        string result = context.Emit(new Gather(shape.Rank - 1), node[0], indices);
        return shape.Rank == 1 ? context.Reshape(result, [1, picked.Count(..)]) : result;
    }

    private static string Join(OnnxNode node, OnnxContext context)
    {
        string[] parts = [.. node.Variadic().Select(input => context.ShapeOf(input).Rank == 1 ? context.Reshape(input, [1, context.ShapeOf(input)[0]]) : input)];
        if (node.Integers("inputdimensions") is { } sizes && !sizes.SequenceEqual(parts.Select(part => (long)context.ShapeOf(part)[^1])))
        {
            throw ImportException.Invalid($"inputdimensions of FeatureVectorizer is {string.Join(", ", sizes)}, the inputs have {string.Join(", ", parts.Select(part => context.ShapeOf(part)[^1]))}");
        }

        return context.Concat(1, [.. parts.Select(part => context.Convert(part, ElementType.Float32))]);
    }

    private static string Impute(OnnxNode node, OnnxContext context)
    {
        TensorType type = context.TypeOf(node[0]);
        Array values = type.Type.IsFloat() ? node.Numbers("imputed_value_floats") ?? [] : node.Integers("imputed_value_int64s") ?? [];
        if (values.Length == 0 || (values.Length != 1 && (type.Shape.Rank == 0 || values.Length != type.Shape[^1])))
        {
            throw ImportException.Invalid($"Imputer has {values.Length} values for columns of {type}");
        }

        string imputed = context.Convert(context.Constant(Tensor.Of([values.Length], values)), type.Type);
        float gap = node.Number("replaced_value_float", 0);
        long integerGap = node.Integer("replaced_value_int64", 0);
        return context.Map(node[0], imputed, (x, value) =>
        {
            Term isGap = !type.Type.IsFloat() ? x.To(ElementType.Int64).EqualTo(integerGap)
                : float.IsNaN(gap) ? x.Test(ElementwiseFunction.IsNaN)
                : x.EqualTo(gap);
            return isGap.Select(value, x);
        });
    }

    // Norms of absolute values, which scikit-learn means and ONNX Runtime computes; the format's text leaves out the bars. 0 divides nothing.
    private static string Normalize(OnnxNode node, OnnxContext context)
    {
        string rows = ClassifierOutputs.Rows(node, context);
        string norm = node.Text("norm", "MAX") switch
        {
            "MAX" => context.Reduce(ReduceKind.Maximum, rows, [1], keep: true),
            "L1" => context.Reduce(ReduceKind.SumOfAbsolutes, rows, [1], keep: true),
            "L2" => context.Map(context.Reduce(ReduceKind.SumOfSquares, rows, [1], keep: true), x => x.Sqrt()),
            var other => throw ImportException.Attribute("Normalizer", $"norm '{other}'", "it is one of MAX, L1, L2"),
        };
        string result = context.Map(rows, norm, (x, y) => x / y.EqualTo(0).Select(y.Like(1), y));
        return context.Reshape(result, context.ShapeOf(node[0]));
    }

    private static string OneHot(OnnxNode node, OnnxContext context)
    {
        long[] categories = node.Integers("cats_int64s") is { Length: > 0 } given
            ? given
            : throw ImportException.Attribute("OneHotEncoder", "cats_strings", "encode the text before the model and use cats_int64s");
        if (!node.Flag("zeros", true))
        {
            throw ImportException.Attribute("OneHotEncoder", "zeros=0", "a prediction does not fail; use zeros=1, which gives zeros for unknown categories");
        }

        Shape shape = context.ShapeOf(node[0]);
        string values = context.Reshape(context.Convert(node[0], ElementType.Int64), shape.Insert(shape.Rank, 1));
        return context.Map(values, context.Constant(categories), (x, category) => x.EqualTo(category).To(ElementType.Float32));
    }

    private static string Scale(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        string value = context.Convert(node[0], ElementType.Float32);
        value = PerColumn("offset") is { } offset ? context.Map(value, offset, (x, y) => x - y) : value;
        return PerColumn("scale") is { } scale ? context.Map(value, scale, (x, y) => x * y) : value;

        string? PerColumn(string name) => node.Numbers(name) switch
        {
            null or [] => null,
            var numbers when numbers.Length == 1 || (shape.Rank > 0 && numbers.Length == shape[^1]) => context.Constant(Tensor.Of([numbers.Length], numbers)),
            var numbers => throw ImportException.Invalid($"attribute '{name}' of Scaler has {numbers.Length} numbers for columns of {shape}"),
        };
    }
}
