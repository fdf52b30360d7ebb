using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What makes constants.</summary>
internal static class ConstantOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Constant", 1, (node, context) => context.Mark(context.Constant(Constant(node, context)), TypeOfValue(node))),
        new("ConstantOfShape", 9, ConstantOfShape),
        new("Range", 11, (node, context) => context.Constant(Range(context))),
        new("EyeLike", 9, EyeLike),
        new("HannWindow", 17, (node, context) => Window(node, context, 0.5, 0.5, 0)),
        new("HammingWindow", 17, (node, context) => Window(node, context, 25.0 / 46, 21.0 / 46, 0)),
        new("BlackmanWindow", 17, (node, context) => Window(node, context, 0.42, 0.5, 0.08)),
    ];

    private static Tensor Constant(OnnxNode node, OnnxContext context)
    {
        if (node.Tensor("value") is { } tensor)
        {
            return context.Tensors.Read(tensor);
        }

        if (node.SparseTensor("sparse_value") is { } sparse)
        {
            return context.Tensors.Read(sparse);
        }

        return node.Has("value_int") ? Tensor.Scalar(node.Integer("value_int"))
            : node.Has("value_float") ? Tensor.Scalar(node.Number("value_float"))
            : node.Integers("value_ints") is { } integers ? Tensor.Of([integers.Length], integers)
            : node.Numbers("value_floats") is { } numbers ? Tensor.Of([numbers.Length], numbers)
            : node.Has("value_string") || node.Has("value_strings") ? throw ImportException.ElementType(node.OutputName, "string")
            : throw ImportException.Invalid("Constant has no value");
    }

    private static string ConstantOfShape(OnnxNode node, OnnxContext context)
    {
        Tensor value = node.Tensor("value") is { } given ? context.Tensors.Read(given) : Tensor.Of<float>([1], 0);
        return value.Count == 1
            ? context.Mark(context.Expand(context.Constant(value.Reshape(Shape.Scalar)), ShapeOperators.ShapeOf(context.IntegerInput(0))), TypeOfValue(node))
            : throw new ShapeException($"the value of ConstantOfShape has {value.Count} elements");
    }

    private static NarrowType? TypeOfValue(OnnxNode node) => NarrowType.Find((node.Tensor("value") ?? node.SparseTensor("sparse_value")?.Values)?.DataType ?? 0);

    private static Tensor Range(OnnxContext context)
    {
        Tensor[] bounds = [.. Enumerable.Range(0, 3).Select(context.ConstantInput)];
        if (bounds.Any(bound => bound.Count != 1 || bound.Type != bounds[0].Type))
        {
            throw new ShapeException($"bounds of {string.Join(", ", bounds.Select(bound => bound.TensorType))} of Range");
        }

        double[] numbers = [.. bounds.Select(bound => bound.ToFloat64()[0])];
        double count = numbers[2] == 0 ? throw ImportException.Invalid("the step of Range is 0") : Math.Max(0, Math.Ceiling((numbers[1] - numbers[0]) / numbers[2]));
        if (!(count <= GraphBuilder.MaximumTensorBytes / sizeof(long)))
        {
            throw new ImportException(DiagnosticKinds.TooLarge, $"Range gives {count} elements", $"{GraphBuilder.MaximumTensorBytes >> 20} MB a tensor");
        }

        int length = (int)count;
        return bounds[0].Type switch
        {
            ElementType.Float32 => Tensor.Of([length], [.. Enumerable.Range(0, length).Select(index => (float)(numbers[0] + (index * numbers[2])))]),
            ElementType.Float64 => Tensor.Of([length], [.. Enumerable.Range(0, length).Select(index => numbers[0] + (index * numbers[2]))]),
            ElementType.Int16 => Tensor.Of([length], [.. Integers(bounds, length).Select(value => (short)value)]),
            ElementType.Int32 => Tensor.Of([length], [.. Integers(bounds, length).Select(value => (int)value)]),
            ElementType.Int64 => Tensor.Of([length], [.. Integers(bounds, length)]),
            var type => throw ImportException.Invalid($"Range of {type}"),
        };
    }

    private static IEnumerable<long> Integers(Tensor[] bounds, int length)
    {
        long start = bounds[0].ToInt64()[0], step = bounds[2].ToInt64()[0];
        return Enumerable.Range(0, length).Select(index => start + (index * step));
    }

    private static string EyeLike(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        if (shape.Rank != 2)
        {
            throw new ShapeException($"EyeLike of the shape {shape}");
        }

        ElementType type = node.Has("dtype") ? OnnxTypes.Get(node.Integer("dtype"), node.OutputName) : context.ElementTypeOf(node[0]);
        long diagonal = node.Integer("k", 0);
        bool[] ones = [.. Enumerable.Range(0, shape.Count(..)).Select(index => (index % shape[1]) - (index / shape[1]) == diagonal)];
        return context.Convert(context.Constant(Tensor.Of(shape, ones)), type);
    }

    // A sum of cosines: what a signal is multiplied with before its spectrum is taken.
    private static string Window(OnnxNode node, OnnxContext context, double constant, double once, double twice)
    {
        long size = context.IntegerInput(0)[0];
        if (size is < 1 or > 1 << 24)
        {
            throw ImportException.Invalid($"{node.Operator} of {size} elements");
        }

        double period = node.Flag("periodic", true) ? size : Math.Max(1, size - 1);
        double[] elements = [.. Enumerable.Range(0, (int)size).Select(index =>
            constant - (once * Math.Cos(2 * Math.PI * index / period)) + (twice * Math.Cos(4 * Math.PI * index / period)))];
        return context.Convert(
            context.Constant(Tensor.Of([(int)size], elements)), OnnxTypes.Get(node.Integer("output_datatype", OnnxTypes.Float), node.OutputName));
    }
}
