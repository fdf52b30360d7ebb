using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using Dimension = ModelCompiler.Compiler.Import.Onnx.TensorShapeProto.Types.Dimension;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>
/// Declares the model's inputs and settles their shapes: the file's extents; where it leaves one open, the user's; else, for the first
/// dimension, which is the batch, 1. A dimension's name means the same extent wherever it stands.
/// </summary>
/// <param name="session">What the import shares.</param>
/// <param name="given">The user's shapes, by input name.</param>
/// <param name="fixedValues">The numbers that the user fixes, by input name.</param>
internal sealed class OnnxInputs(
    OnnxSession session, IReadOnlyDictionary<string, ImmutableArray<int>> given, IReadOnlyDictionary<string, ImmutableArray<double>> fixedValues)
{
    private readonly Dictionary<string, int> named = new(StringComparer.Ordinal);

    /// <summary>Declares the inputs that are not constants as well.</summary>
    public void Define(IReadOnlyList<ValueInfoProto> inputs, OnnxScope scope)
    {
        ValueInfoProto[] free = [.. inputs.Where(input => !scope.Defines(input.Name))];
        Attempt(() => CheckNames("InputShape", given, free));
        Attempt(() => CheckNames("InputValue", fixedValues, free));
        foreach (ValueInfoProto input in free)
        {
            Attempt(() => TakeNames(input));
        }

        foreach (ValueInfoProto input in free)
        {
            if (scope.Defines(input.Name))
            {
                session.Report(ImportException.Invalid($"two inputs are named '{input.Name}'"), "");
                continue;
            }

            string? value = Attempt(() => fixedValues.TryGetValue(input.Name, out ImmutableArray<double> numbers)
                ? session.Builder.AddConstant(Fixed(input, numbers), input.Name)
                : session.Builder.AddInput(input.Name, TypeOf(input)));
            session.Mark(value ?? "", NarrowType.Find(input.Type?.TensorType?.ElemType ?? 0));
            scope.Define(input.Name, value);
        }
    }

    /// <summary>The shapes that are declared in full, by name.</summary>
    public static IReadOnlyDictionary<string, Shape> FixedShapes(IEnumerable<ValueInfoProto> values)
    {
        var shapes = new Dictionary<string, Shape>(StringComparer.Ordinal);
        foreach (ValueInfoProto value in values)
        {
            if (value.Type?.TensorType?.Shape is { } shape
                && shape.Dim.All(dimension => dimension.ValueCase == Dimension.ValueOneofCase.DimValue && dimension.DimValue is >= 0 and <= int.MaxValue))
            {
                shapes.TryAdd(value.Name, Shape.From(shape.Dim.Select(dimension => (int)dimension.DimValue)));
            }
        }

        return shapes;
    }

    /// <summary>Whether the file leaves the first dimension of every input and output open, and it became 1.</summary>
    public static bool HasFreeBatch(GraphProto graph, GraphBuilder builder, IEnumerable<GraphOutput> outputs)
    {
        string[] inputs = [.. graph.Input.Select(input => input.Name).Where(builder.IsInput)];
        return inputs.Length > 0
            && graph.Input.Where(input => inputs.Contains(input.Name)).Concat(graph.Output).All(IsOpenFirst)
            && inputs.Concat(outputs.Select(output => output.Value)).All(value => builder.ShapeOf(value) is { Rank: > 0 } shape && shape[0] == 1);
    }

    // A sequence of maps, as ZipMap gives it, has one of them an example.
    private static bool IsOpenFirst(ValueInfoProto value) =>
        value.Type?.SequenceType is not null || (value.Type?.TensorType?.Shape is { Dim: [var first, ..] } && !IsFixed(first));

    private static bool IsFixed(Dimension dimension) => dimension.ValueCase == Dimension.ValueOneofCase.DimValue && dimension.DimValue > 0;

    private T? Attempt<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (ImportException exception)
        {
            session.Report(exception, "");
        }
        catch (ShapeException exception)
        {
            session.Report(new ImportException(DiagnosticKinds.ShapeInvalid, exception.Message), "");
        }

        return default;
    }

    private static bool CheckNames<T>(string metadata, IReadOnlyDictionary<string, ImmutableArray<T>> given, ValueInfoProto[] inputs)
    {
        string[] known = [.. inputs.Select(input => input.Name)];
        string? unknown = given.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !known.Contains(name));
        return unknown is null
            ? true
            : throw Metadata(metadata, unknown, given[unknown], $"the model has no such input; it has {(known.Length == 0 ? "none" : string.Join(", ", known.Select(name => $"'{name}'")))}");
    }

    // The numbers as a tensor: a vector unless the file says otherwise, a number alone also where it leaves the shape open.
    private Tensor Fixed(ValueInfoProto input, ImmutableArray<double> numbers)
    {
        if (input.Type?.TensorType is not { } declared)
        {
            throw Metadata("InputValue", input.Name, numbers, "the input is no tensor");
        }

        ElementType type = OnnxTypes.Get(declared.ElemType, input.Name);
        Shape shape = FixedShapes([input]).TryGetValue(input.Name, out Shape whole) ? whole : [numbers.Length];
        if (shape.ElementCount != numbers.Length)
        {
            throw Metadata("InputValue", input.Name, numbers, $"the input has {shape.ElementCount} elements");
        }

        if (!type.IsFloat() && numbers.Any(number => number != Math.Floor(number)))
        {
            throw Metadata("InputValue", input.Name, numbers, $"the input is of {type}");
        }

        try
        {
            return Tensor.Of(shape, numbers.ToArray()).ConvertedTo(type);
        }
        catch (OverflowException)
        {
            throw Metadata("InputValue", input.Name, numbers, $"the input is of {type}");
        }
    }

    // Remembers what the user's shape says of dimensions that have a name.
    private bool TakeNames(ValueInfoProto input)
    {
        if (!given.TryGetValue(input.Name, out ImmutableArray<int> shape) || input.Type?.TensorType?.Shape is not { } declared)
        {
            return false;
        }

        if (shape.Length != declared.Dim.Count)
        {
            throw Metadata("InputShape", input.Name, shape, $"the input has {declared.Dim.Count} dimensions");
        }

        for (int axis = 0; axis < shape.Length; axis++)
        {
            Dimension dimension = declared.Dim[axis];
            if (IsFixed(dimension) && dimension.DimValue != shape[axis])
            {
                throw Metadata("InputShape", input.Name, shape, $"the model fixes dimension {axis + 1} to {dimension.DimValue}");
            }

            if (dimension.ValueCase == Dimension.ValueOneofCase.DimParam && dimension.DimParam.Length > 0)
            {
                named.TryAdd(dimension.DimParam, shape[axis]);
            }
        }

        return true;
    }

    private TensorType TypeOf(ValueInfoProto input)
    {
        if (input.Type?.TensorType is not { } declared)
        {
            throw ImportException.ElementType(input.Name, input.Type is null ? "undefined" : input.Type.ValueCase.ToString().Replace("Type", "", StringComparison.Ordinal).ToLowerInvariant());
        }

        ElementType type = OnnxTypes.GetStorage(declared.ElemType, input.Name);
        return new TensorType(type, given.TryGetValue(input.Name, out ImmutableArray<int> shape) ? Shape.From(shape) : ShapeOf(input.Name, declared.Shape));
    }

    private Shape ShapeOf(string name, TensorShapeProto? declared)
    {
        if (declared is null)
        {
            throw new ImportException(DiagnosticKinds.DimensionUnknown, name, "1 and every other", "1,…");
        }

        var extents = new int[declared.Dim.Count];
        for (int axis = 0; axis < extents.Length; axis++)
        {
            Dimension dimension = declared.Dim[axis];
            bool hasName = dimension.ValueCase == Dimension.ValueOneofCase.DimParam && dimension.DimParam.Length > 0;
            if (IsFixed(dimension))
            {
                extents[axis] = dimension.DimValue <= int.MaxValue ? (int)dimension.DimValue : throw ImportException.Malformed($"input '{name}' declares an extent of {dimension.DimValue}");
            }
            else if (hasName && named.TryGetValue(dimension.DimParam, out int known))
            {
                extents[axis] = known;
            }
            else if (axis == 0)
            {
                extents[0] = 1;
                if (hasName)
                {
                    named.Add(dimension.DimParam, 1);
                }
            }
            else
            {
                string which = (axis + 1).ToString(CultureInfo.InvariantCulture) + (hasName ? $" ('{dimension.DimParam}')" : "");
                throw new ImportException(DiagnosticKinds.DimensionUnknown, name, which, Example(declared));
            }
        }

        return Shape.From(extents);
    }

    // The shape to set, with the names of what the user has to fill in: "1,3,height,width".
    private static string Example(TensorShapeProto declared) => string.Join(',', declared.Dim.Select((dimension, axis) =>
        IsFixed(dimension) ? dimension.DimValue.ToString(CultureInfo.InvariantCulture)
        : axis == 0 ? "1"
        : dimension.ValueCase == Dimension.ValueOneofCase.DimParam && dimension.DimParam.Length > 0 ? dimension.DimParam
        : "?"));

    private static ImportException Metadata<T>(string metadata, string name, ImmutableArray<T> values, string problem) =>
        new(DiagnosticKinds.MetadataInvalid, metadata, $"{name}:{string.Join(',', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))}", problem);
}
