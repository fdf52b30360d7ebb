using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>What maps numbers and labels to each other. Labels that are text are indices here; a map of scores is the row of them.</summary>
internal static class LabelOperators
{
    private const string MissingText = "_Unused";

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("CategoryMapper", 1, ClassicOperators.Newest, MapCategories, ClassicOperators.Domain) { TakesText = true },
        new("LabelEncoder", 1, 1, EncodeByPlace, ClassicOperators.Domain) { TakesText = true },
        new("LabelEncoder", 2, ClassicOperators.Newest, Encode, ClassicOperators.Domain) { TakesText = true },
        ClassicOperators.Single("ZipMap", ZipMap),
    ];

    private static string ZipMap(OnnxNode node, OnnxContext context)
    {
        ClassLabels labels = ClassifierOutputs.Labels(node, "classlabels_int64s", "classlabels_strings");
        Shape shape = context.ShapeOf(node[0]);
        return shape.Rank is 1 or 2 && shape[^1] == labels.Texts.Count
            ? context.WithLabels(node[0], labels with { Role = LabelRole.Map })
            : throw new ShapeException($"{labels.Texts.Count} labels for scores of {shape}");
    }

    private static string MapCategories(OnnxNode node, OnnxContext context)
    {
        Side numbers = Side.Of(node.Integers("cats_int64s"));
        Side texts = Side.Of(node.Texts("cats_strings"));
        return context.LabelsOf(node[0]) is not null
            ? Encode(node, context, texts, numbers, Side.Of([node.Integer("default_int64", -1)]))
            : Encode(node, context, numbers, texts, Side.Of([node.Text("default_string", MissingText)]));
    }

    // Version 1 has one list: text stands for its place in it.
    private static string EncodeByPlace(OnnxNode node, OnnxContext context)
    {
        string[] texts = node.Texts("classes_strings") ?? [];
        Side places = Side.Of([.. Enumerable.Range(0, texts.Length).Select(index => (long)index)]);
        return context.LabelsOf(node[0]) is { Role: LabelRole.Text }
            ? Encode(node, context, Side.Of(texts), places, Side.Of([node.Integer("default_int64", -1)]))
            : Encode(node, context, places, Side.Of(texts), Side.Of([node.Text("default_string", MissingText)]));
    }

    private static string Encode(OnnxNode node, OnnxContext context)
    {
        Side keys = OneOf(node, context, "keys");
        Side values = OneOf(node, context, "values");
        Side missing = values.Texts is not null ? Side.Of([node.Text("default_string", MissingText)])
            : values.Numbers!.Type == ElementType.Float32 ? new Side(Tensor.Of([1], node.Number("default_float", -0f)), null)
            : new Side(Tensor.Of([1], node.Integer("default_int64", -1)), null);
        if (node.Tensor("default_tensor") is { } tensor)
        {
            missing = Read(context, tensor);
        }

        return Encode(node, context, keys, values, missing);
    }

    private static Side OneOf(OnnxNode node, OnnxContext context, string prefix)
    {
        Side?[] given =
        [
            node.Integers(prefix + "_int64s") is { } integers ? Side.Of(integers) : null,
            node.Numbers(prefix + "_floats") is { } floats ? new Side(Tensor.Of([floats.Length], floats), null) : null,
            node.Texts(prefix + "_strings") is { } texts ? Side.Of(texts) : null,
            node.Tensor(prefix + "_tensor") is { } tensor ? Read(context, tensor) : null,
        ];
        return given.OfType<Side>().ToArray() is [var only] ? only : throw ImportException.Invalid($"{node.Operator} needs just one of the attributes '{prefix}_…'");
    }

    private static Side Read(OnnxContext context, TensorProto proto)
    {
        if (proto.DataType != OnnxTypes.Text)
        {
            Tensor tensor = context.Tensors.Read(proto);
            return new Side(tensor.Reshape([tensor.Count]), null);
        }

        (Tensor indices, EquatableArray<string> texts) = OnnxTensors.ReadText(proto);
        return Side.Of([.. indices.Values<long>().Select(index => texts[(int)index])]);
    }

    private static string Encode(OnnxNode node, OnnxContext context, Side keys, Side values, Side missing)
    {
        ClassLabels? input = context.LabelsOf(node[0]);
        bool isText = input?.Role == LabelRole.Text;
        if (keys.Count != values.Count || keys.Count == 0 || missing.Count != 1 || (keys.Texts is not null) != isText || (values.Texts is null) != (missing.Texts is null))
        {
            throw ImportException.Invalid($"{node.Operator} has {keys.Count} keys and {values.Count} values, or keys or a default of another type than its input and values");
        }

        // Place 0 is the default's; of equal keys the last counts.
        string place = isText
            ? context.Emit(new Gather(0), context.Constant([.. input!.Texts.Select(text => (long)Array.LastIndexOf(keys.Texts!, text) + 1)]), node[0])
            : Place(node, context, keys.Numbers!);
        return values.Texts is null
            ? context.Emit(new Gather(0), context.Concat(0, context.Convert(context.Constant(missing.Numbers!), values.Numbers!.Type), context.Constant(values.Numbers)), place)
            : Text(context, keys, values.Texts, missing.Texts![0], place, input);
    }

    private static string Place(OnnxNode node, OnnxContext context, Tensor keys)
    {
        TensorType type = context.TypeOf(node[0]);
        if (type.Type != keys.Type)
        {
            throw ImportException.Invalid($"the keys of {node.Operator} are {keys.Type}, its input is {type.Type}");
        }

        string value = context.Reshape(node[0], type.Shape.Insert(type.Shape.Rank, 1));
        string count = context.Constant([.. Enumerable.Range(1, keys.Count).Select(index => (long)index)]);
        string hits = context.Map(value, context.Constant(keys), count, (x, key, index) =>
        {
            Term isHit = x.EqualTo(key);
            isHit = type.Type.IsFloat()
                ? isHit.Logical(ElementwiseFunction.Or, x.Test(ElementwiseFunction.IsNaN).And(key.Test(ElementwiseFunction.IsNaN)))
                : isHit;
            return isHit.Select(index, index.Like(0));
        });
        return context.Reduce(ReduceKind.Maximum, hits, [type.Shape.Rank], keep: false);
    }

    // A default that no label of the input leads to is not among the labels.
    private static string Text(OnnxContext context, Side keys, string[] values, string missing, string place, ClassLabels? input)
    {
        bool isComplete = input is { Role: LabelRole.Number } ? keys.Numbers is { } numbers && input.Numbers.All(numbers.ToInt64().Contains)
            : input is { Role: LabelRole.Text } && input.Texts.All(keys.Texts!.Contains);
        string[] texts = [.. (isComplete ? values : values.Append(missing)).Distinct()];
        long[] indices = [.. values.Prepend(isComplete ? values[0] : missing).Select(text => (long)Array.IndexOf(texts, text))];
        return context.WithLabels(context.Emit(new Gather(0), context.Constant(indices), place), new ClassLabels(LabelRole.Text, texts.ToEquatableArray(), default));
    }

    /// <summary>Keys or values: numbers or texts.</summary>
    private sealed record Side(Tensor? Numbers, string[]? Texts)
    {
        public int Count => Numbers?.Count ?? Texts!.Length;

        public static Side Of(long[]? numbers) => new(Tensor.Of([numbers?.Length ?? 0], numbers ?? []), null);

        public static Side Of(string[]? texts) => new(null, texts ?? []);
    }
}
