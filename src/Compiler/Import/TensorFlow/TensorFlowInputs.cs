using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>
/// Declares the model's inputs and settles their shapes: the file's extents; where it leaves one open, the user's; else, for the first
/// dimension, which is the batch, 1.
/// </summary>
/// <param name="session">What the import shares.</param>
/// <param name="scope">The graph.</param>
/// <param name="options">The user's shapes and numbers.</param>
internal sealed class TensorFlowInputs(TensorFlowSession session, TensorFlowScope scope, CompileOptions options)
{
    // Attributes that say the type of a node's output, the more telling first.
    private static readonly string[] TypeAttributes = ["dtype", "DstT", "out_type", "output_type", "T"];

    private bool hasOpenFirst = true;
    private int defined;

    /// <summary>Whether the file leaves the first dimension of every input open, and it became 1.</summary>
    public bool HasFreeBatch => hasOpenFirst && defined > 0;

    /// <summary>Declares the inputs; what is behind them in the graph is not looked at.</summary>
    public void Define(ImmutableArray<NamedReference> inputs)
    {
        session.Guard("", "InputShape", () => CheckNames("InputShape", options.InputShapes, inputs, []));
        session.Guard("", "InputValue", () => CheckNames("InputValue", options.InputValues, inputs, scope.Nodes.Values.Where(node => node.Op == "PlaceholderWithDefault").Select(node => node.Name)));
        foreach (NamedReference input in inputs)
        {
            Place(input, session.Guard("", $"input '{input.Name}'", () => Define(input)));
        }

        // A default that the user replaces by other numbers.
        foreach (string name in options.InputValues.Keys.Order(StringComparer.Ordinal).Where(name => inputs.All(input => input.Name != name) && scope.Nodes.ContainsKey(name)))
        {
            var input = new NamedReference(name, name);
            Place(input, session.Guard("", $"input '{name}'", () => session.Builder.AddConstant(Fixed(input, options.InputValues[name]), name)));
        }
    }

    private void Place(NamedReference input, string? value)
    {
        var reference = Reference.Parse(input.Reference);
        ImmutableArray<string?> before = scope.Results.GetValueOrDefault(reference.Node) ?? [];
        scope.Results[reference.Node] = value is null ? null : [.. before, .. Enumerable.Repeat<string?>(null, Math.Max(0, reference.Index - before.Length)), value];
    }

    private string Define(NamedReference input)
    {
        if (options.InputValues.TryGetValue(input.Name, out ImmutableArray<double> numbers))
        {
            return session.Builder.AddConstant(Fixed(input, numbers), input.Name);
        }

        defined++;
        return session.Builder.AddInput(input.Name, new TensorType(TypeOf(input), ShapeOf(input)));
    }

    private ElementType TypeOf(NamedReference input)
    {
        var node = new TensorFlowNode(scope.Nodes[Reference.Parse(input.Reference).Node], input.Name, scope.Arguments, []);
        string? attribute = TypeAttributes.FirstOrDefault(node.Has);
        if (attribute is not null && node.TypeCode(attribute, TensorFlowTypes.Float) == TensorFlowTypes.Text)
        {
            string[] behind = TensorFlowEnds.BehindText(scope, Reference.Parse(input.Reference).Node);
            throw new ImportException(
                DiagnosticKinds.InputIsText, input.Name, behind.Length == 0 ? "node" : string.Join(';', behind), behind.Length == 0 ? "" : ", or further on");
        }

        return attribute is null ? ElementType.Float32 : node.Type(attribute, TensorFlowTypes.Float);
    }

    // The signature's, or the placeholder's, or what whoever wrote the file has noted of the node's outputs.
    private TensorShapeProto? DeclaredShape(NamedReference input)
    {
        var reference = Reference.Parse(input.Reference);
        NodeDef proto = scope.Nodes[reference.Node];
        var node = new TensorFlowNode(proto, input.Name, scope.Arguments, []);
        TensorShapeProto? own = TensorFlowEnds.IsPlaceholder(proto) || proto.Op == "PlaceholderWithDefault" ? node.Shape("shape")
            : node.Has("_output_shapes") ? node.Shapes("_output_shapes")?.ElementAtOrDefault(reference.Index)
            : null;
        return input.Declared is { UnknownRank: false } declared ? declared : own is { UnknownRank: false } ? own : null;
    }

    private Shape ShapeOf(NamedReference input)
    {
        TensorShapeProto? declared = DeclaredShape(input);
        long[]? extents = declared?.Dim.Select(dimension => dimension.Size).ToArray();
        hasOpenFirst &= extents is null or [<= 0, ..];
        if (options.InputShapes.TryGetValue(input.Name, out ImmutableArray<int> given))
        {
            Check(input.Name, given, extents);
            hasOpenFirst &= given is [1, ..];
            return Shape.From(given);
        }

        if (extents is null)
        {
            throw new ImportException(DiagnosticKinds.DimensionUnknown, input.Name, "1 and every other", "1,…");
        }

        int open = Enumerable.Range(0, extents.Length).FirstOrDefault(axis => axis > 0 && extents[axis] <= 0);
        if (open > 0)
        {
            string example = string.Join(',', extents.Select((extent, axis) => extent > 0 ? extent.ToString(CultureInfo.InvariantCulture) : axis == 0 ? "1" : "?"));
            throw new ImportException(DiagnosticKinds.DimensionUnknown, input.Name, (open + 1).ToString(CultureInfo.InvariantCulture), example);
        }

        return extents.All(extent => extent <= int.MaxValue)
            ? Shape.From(extents.Select(extent => extent > 0 ? (int)extent : 1))
            : throw TensorFlowImporter.Malformed($"input '{input.Name}' declares the shape {string.Join('×', extents)}");
    }

    private static void Check(string name, ImmutableArray<int> given, long[]? extents)
    {
        if (extents is null)
        {
            return;
        }

        if (extents.Length != given.Length)
        {
            throw Metadata("InputShape", name, given, $"the input has {extents.Length} dimensions");
        }

        int wrong = Enumerable.Range(0, extents.Length).FirstOrDefault(axis => extents[axis] > 0 && extents[axis] != given[axis], -1);
        if (wrong >= 0)
        {
            throw Metadata("InputShape", name, given, $"the model fixes dimension {wrong + 1} to {extents[wrong]}");
        }
    }

    // The numbers as a tensor: a vector unless the file says otherwise.
    private Tensor Fixed(NamedReference input, ImmutableArray<double> numbers)
    {
        ElementType type = TypeOf(input);
        long[]? extents = DeclaredShape(input)?.Dim.Select(dimension => dimension.Size).ToArray();
        Shape shape = extents is not null && extents.All(extent => extent is > 0 and <= int.MaxValue) ? Shape.From(extents.Select(extent => (int)extent))
            : numbers.Length == 1 && extents is null ? Shape.Scalar
            : [numbers.Length];
        if (shape.ElementCount != numbers.Length || (!type.IsFloat() && numbers.Any(number => number != Math.Floor(number))))
        {
            throw Metadata("InputValue", input.Name, numbers, $"the input is {new TensorType(type, shape)}");
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

    private static bool CheckNames<T>(
        string metadata, IReadOnlyDictionary<string, ImmutableArray<T>> given, ImmutableArray<NamedReference> inputs, IEnumerable<string> others)
    {
        string[] known = [.. inputs.Select(input => input.Name), .. others];
        string? unknown = given.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !known.Contains(name));
        return unknown is null
            ? true
            : throw Metadata(metadata, unknown, given[unknown], $"the model has no such input; it has {(known.Length == 0 ? "none" : string.Join(", ", known.Select(name => $"'{name}'")))}");
    }

    private static ImportException Metadata<T>(string metadata, string name, ImmutableArray<T> values, string problem) =>
        new(DiagnosticKinds.MetadataInvalid, metadata, $"{name}:{string.Join(',', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))}", problem);
}
