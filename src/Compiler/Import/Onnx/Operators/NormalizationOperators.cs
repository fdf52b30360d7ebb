using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Normalisations: reductions and arithmetic.</summary>
internal static class NormalizationOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("BatchNormalization", 1, BatchNormalization),
        new("InstanceNormalization", 1, InstanceNormalization),
        // ONNX Runtime's optimiser writes it into models of any version.
        new("LayerNormalization", 1, LayerNormalization),
        new("GroupNormalization", 18, GroupNormalization),
        new("RMSNormalization", 23, RootMeanSquareNormalization),
        new("LpNormalization", 1, LpNormalization),
        new("MeanVarianceNormalization", 9, MeanVarianceNormalization),
        new("LRN", 1, LocalResponseNormalization),
    ];

    // With constants, factor and summand are folded at once: one multiplication and one addition are left, which the convolution before may take in.
    private static ImmutableArray<string?> BatchNormalization(OnnxNode node, OnnxContext context)
    {
        if (node.Flag("training_mode"))
        {
            return TrainingBatchNormalization(node, context);
        }

        Shape shape = context.ShapeOf(node[0]);
        float epsilon = node.Number("epsilon", 1e-5f);
        bool isSpatial = node.Flag("spatial", true);
        ElementType type = context.ElementTypeOf(node[0]);
        string[] parameters = [.. Enumerable.Range(1, 4).Select(index =>
        {
            string parameter = context.Convert(node[index], type);
            Shape own = context.ShapeOf(parameter);
            return isSpatial && own.Rank == 1 && shape.Rank > 1 ? context.Reshape(parameter, shape.PerChannel(own[0])) : parameter;
        })];
        string factor = context.Map(parameters[0], parameters[3], (scale, variance) => scale / (variance + epsilon).Sqrt());
        string summand = context.Map(parameters[1], parameters[2], factor, (bias, mean, f) => bias - (mean * f));
        return [Affine(context, node[0], factor, summand)];
    }

    // Computed from the batch at hand, as the file says; the other outputs mix its statistics into those that the model remembers.
    private static ImmutableArray<string?> TrainingBatchNormalization(OnnxNode node, OnnxContext context)
    {
        TensorType type = context.TypeOf(node[0]);
        int[] axes = [.. Enumerable.Range(0, type.Shape.Rank).Where(axis => axis != 1)];
        string mean = context.Reduce(ReduceKind.Mean, node[0], axes, keep: true);
        string variance = context.Reduce(ReduceKind.Mean, context.Map(node[0], mean, (x, m) => (x - m).Square()), axes, keep: true);
        float epsilon = node.Number("epsilon", 1e-5f);
        string normal = context.Map(node[0], mean, variance, (x, m, v) => (x - m) / (v + epsilon).Sqrt());
        Shape perChannel = context.ShapeOf(mean);
        string result = Affine(context, normal, Own(1, type.Type), Own(2, type.Type));
        return [result, Running(3, mean), Running(4, variance)];

        string Own(int input, ElementType wanted) => context.Reshape(context.Convert(node[input], wanted), perChannel);

        string Running(int input, string current)
        {
            float momentum = node.Number("momentum", 0.9f);
            ElementType own = context.ElementTypeOf(node[input]);
            string mixed = context.Map(Own(input, own), context.Convert(current, own), (old, now) => (old * momentum) + (now * (1 - momentum)));
            return context.Reshape(mixed, context.ShapeOf(node[input]));
        }
    }

    private static string InstanceNormalization(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        Shape perChannel = shape.PerChannel(context.ShapeOf(node[1]).Count(..));
        string normal = Normalize(context, node[0], [.. Enumerable.Range(0, shape.Rank).Skip(2)], node.Number("epsilon", 1e-5f)).Result;
        return Affine(context, normal, context.Reshape(node[1], perChannel), context.Reshape(node[2], perChannel));
    }

    /// <summary>Over the last axes, scaled and moved.</summary>
    public static ImmutableArray<string?> LayerNormalization(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", -1));
        (string normal, string mean, string inverse) = Normalize(context, node[0], [.. Enumerable.Range(axis, shape.Rank - axis)], node.Number("epsilon", 1e-5f));
        string scaled = node.Optional(2) is { } bias ? Affine(context, normal, node[1], bias) : context.Map(normal, node[1], (x, y) => x * y);
        return [scaled, mean, inverse];
    }

    private static string GroupNormalization(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long groups = node.Integer("num_groups");
        if (groups <= 0 || shape.Rank < 2 || shape[1] % groups != 0)
        {
            throw new ShapeException($"{groups} groups of the channels of {shape}");
        }

        string grouped = context.Reshape(node[0], [shape[0], (int)groups, shape.Count(1..) / (int)groups]);
        string normal = Normalize(context, grouped, [2], node.Number("epsilon", 1e-5f)).Result;
        if (context.ShapeOf(node[1]).Count(..) == groups && node.Opset < 21)
        {
            // Until version 20, scale and bias are those of groups.
            return context.Reshape(Affine(context, normal, context.Reshape(node[1], [(int)groups, 1]), context.Reshape(node[2], [(int)groups, 1])), shape);
        }

        Shape perChannel = shape.PerChannel(shape[1]);
        return Affine(context, context.Reshape(normal, shape), context.Reshape(node[1], perChannel), context.Reshape(node[2], perChannel));
    }

    private static string RootMeanSquareNormalization(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", -1));
        float epsilon = node.Number("epsilon", 1e-5f);
        string squares = context.Reduce(ReduceKind.Mean, context.Map(node[0], x => x.Square()), [.. Enumerable.Range(axis, shape.Rank - axis)], keep: true);
        return context.Map(node[0], squares, node[1], (x, square, scale) => x / (square + epsilon).Sqrt() * scale);
    }

    private static string LpNormalization(OnnxNode node, OnnxContext context)
    {
        int axis = context.ShapeOf(node[0]).Axis(node.Integer("axis", -1));
        long power = node.Integer("p", 2);
        string norm = power switch
        {
            1 => context.Reduce(ReduceKind.SumOfAbsolutes, node[0], [axis], keep: true),
            2 => context.Map(context.Reduce(ReduceKind.SumOfSquares, node[0], [axis], keep: true), x => x.Sqrt()),
            _ => throw ImportException.Invalid($"attribute 'p' of LpNormalization is {power}"),
        };
        return context.Map(node[0], norm, (x, y) => y.EqualTo(0).Select(y.Like(0), x / y));
    }

    private static string MeanVarianceNormalization(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int[] axes = [.. (node.Integers("axes") ?? [0, 2, 3]).Select(shape.Axis)];
        string centred = context.Map(node[0], context.Reduce(ReduceKind.Mean, node[0], axes, keep: true), (x, y) => x - y);
        string variance = context.Reduce(ReduceKind.Mean, context.Map(centred, x => x.Square()), axes, keep: true);
        return context.Map(centred, variance, (x, y) => x / (y.Sqrt() + 1e-9));
    }

    // The mean over neighbouring channels is a pooling over an image of one column whose rows are the channels.
    private static string LocalResponseNormalization(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long size = node.Integer("size");
        if (size is < 1 or > 1 << 15 || shape.Rank < 2)
        {
            throw ImportException.Invalid($"attribute 'size' of LRN of {shape} is {size}");
        }

        context.RequireFloat32(node, 0);
        double alpha = node.Number("alpha", 1e-4f), beta = node.Number("beta", 0.75f), bias = node.Number("bias", 1);
        string squares = context.Reshape(context.Map(node[0], x => x.Square()), [shape[0], shape[1], 1, shape.Count(2..)]);
        var window = new Window((int)size, 1, PadTop: (int)(size - 1) / 2, PadBottom: (int)size / 2);
        string means = context.Reshape(context.Emit(new Pool2D(PoolKind.Average, window, CountsPadding: true), squares), shape);
        return context.Map(node[0], means, (x, y) => x / ((y * alpha) + bias).Power(y.Like(beta)));
    }

    /// <summary>The value less its mean along axes, divided by its deviation there.</summary>
    public static (string Result, string Mean, string InverseDeviation) Normalize(OnnxContext context, string value, int[] axes, double epsilon)
    {
        string mean = context.Reduce(ReduceKind.Mean, value, axes, keep: true);
        string centred = context.Map(value, mean, (x, y) => x - y);
        string variance = context.Reduce(ReduceKind.Mean, context.Map(centred, x => x.Square()), axes, keep: true);
        string inverse = context.Map(variance, x => 1 / (x + epsilon).Sqrt());
        return (context.Map(centred, inverse, (x, y) => x * y), mean, inverse);
    }

    /// <summary>The value times a factor plus a summand.</summary>
    public static string Affine(OnnxContext context, string value, string factor, string summand) =>
        context.Map(value, factor, summand, (x, a, b) => (x * a) + b);
}
