using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>From a TensorFlow Lite file to a graph.</summary>
internal static class LiteImporter
{
    /// <summary>Reads and imports a file.</summary>
    /// <exception cref="DiagnosticException">The model cannot be compiled.</exception>
    public static Graph Import(CompileOptions options, List<Diagnostic> diagnostics)
    {
        try
        {
            return Import(LiteModel.Read(options.ModelPath), options, diagnostics);
        }
        catch (ImportException exception)
        {
            throw new DiagnosticException(exception.At(options.ModelPath, ""));
        }
    }

    /// <summary>Imports a model that has been read.</summary>
    /// <exception cref="DiagnosticException">The model cannot be compiled.</exception>
    public static Graph Import(LiteModel model, CompileOptions options, List<Diagnostic> diagnostics)
    {
        var session = new LiteSession(options.ModelPath, model);
        Graph? graph = session.Guard("", "the model", () => Import(model, options, session));
        diagnostics.AddRange(session.Diagnostics.Where(diagnostic => diagnostic.Kind.Severity != Severity.Error));
        return graph is not null && session.Diagnostics.All(diagnostic => diagnostic.Kind.Severity != Severity.Error)
            ? graph
            : throw new DiagnosticException(session.Diagnostics);
    }

    private static Graph Import(LiteModel model, CompileOptions options, LiteSession session)
    {
        if (model.Subgraphs.Length == 0)
        {
            throw FlatTable.Damaged("it holds no graph");
        }

        LiteSubgraph graph = model.Subgraphs[0];
        var importer = new LiteGraphImporter(session, graph, 0);
        Dictionary<int, string> names = model.SignatureNames(0);
        foreach (int tensor in graph.Inputs)
        {
            importer.Define(tensor, session.Guard("", "an input", () => Input(session, graph.Tensor(tensor), NameOf(graph.Tensor(tensor), names), options)));
        }

        importer.ImportNodes();
        List<GraphOutput> outputs = Outputs(graph, importer, session, model.SignatureNames(1));
        session.Builder.HasFreeBatch = graph.Inputs.Concat(graph.Outputs).All(tensor => graph.Tensor(tensor).Signature is [-1, ..]) && !options.InputShapes.Any();
        (GraphOutput Output, StateLink Link)[] kept = [.. session.Variables.Kept()];
        Graph imported = session.Builder.ToGraph([.. outputs, .. kept.Select(variable => variable.Output)]).With(Notes(session, graph, model));
        return kept.Length == 0 ? imported : imported.With([.. kept.Select(variable => variable.Link)]);
    }

    // Damage here does not keep the model from being compiled.
    private static ModelNotes Notes(LiteSession session, LiteSubgraph graph, LiteModel model)
    {
        try
        {
            return LiteMetadata.Read(
                model, [.. graph.Inputs.Select(tensor => NameOf(graph.Tensor(tensor), model.SignatureNames(0)))], [.. graph.Outputs.Select(tensor => NameOf(graph.Tensor(tensor), model.SignatureNames(1)))]);
        }
        catch (Exception exception) when (exception is ImportException or InvalidDataException or NotSupportedException or ArgumentException)
        {
            session.Report(new ImportException(DiagnosticKinds.NotesDamaged, exception is ImportException ? "it is damaged" : exception.Message.TrimEnd('.')), "");
            return ModelNotes.None;
        }
    }

    // What the author called it; else what the converter did, less the number of the output that it was.
    private static string NameOf(LiteTensor tensor, Dictionary<int, string> names) =>
        names.TryGetValue(tensor.Index, out string? name) ? name : tensor.Name.EndsWith(":0", StringComparison.Ordinal) ? tensor.Name[..^2] : tensor.Name;

    private static string Input(LiteSession session, LiteTensor tensor, string name, CompileOptions options)
    {
        Shape shape = ShapeOf(tensor, name, options);
        if (options.InputValues.TryGetValue(name, out ImmutableArray<double> numbers))
        {
            return session.Builder.AddConstant(Tensor.Of(shape, numbers.ToArray()).ConvertedTo(tensor.Storage), name);
        }

        string input = session.Builder.AddInput(name, new TensorType(tensor.Storage, shape));
        return tensor is { IsQuantized: true, Grid.IsSingle: true }
            ? session.Builder.Add(name, new Ops.Elementwise(GridExpressions.Real(
                Term.Input(0, tensor.Storage), Term.Literal(tensor.Grid.Zero, tensor.Storage), Term.Literal(tensor.Grid.Scales[0], ElementType.Float32))), input)
            : input;
    }

    private static Shape ShapeOf(LiteTensor tensor, string name, CompileOptions options)
    {
        int[] signature = tensor.Signature;
        if (options.InputShapes.TryGetValue(name, out ImmutableArray<int> given))
        {
            bool fits = given.Length == signature.Length && given.Zip(signature).All(pair => pair.Second < 0 || pair.First == pair.Second);
            return fits ? Shape.From(given) : throw new ImportException(
                DiagnosticKinds.MetadataInvalid, "InputShape", $"{name}:{string.Join(',', given)}", $"the model has {string.Join(',', signature.Select(Extent))}");
        }

        int open = Array.FindIndex(signature, Math.Min(1, signature.Length), extent => extent < 0);
        return open < 0
            ? Shape.From(signature.Select(extent => extent < 0 ? 1 : extent))
            : throw new ImportException(DiagnosticKinds.DimensionUnknown, name, open + 1, string.Join(',', signature.Select((extent, axis) => extent < 0 && axis == 0 ? "1" : Extent(extent))));
    }

    private static string Extent(int extent) => extent < 0 ? "?" : extent.ToString(CultureInfo.InvariantCulture);

    private static List<GraphOutput> Outputs(LiteSubgraph graph, LiteGraphImporter importer, LiteSession session, Dictionary<int, string> names)
    {
        var outputs = new List<GraphOutput>();
        if (graph.Outputs.Length == 0)
        {
            session.Report(ImportException.Invalid("it has no outputs"), "");
        }

        foreach (int index in graph.Outputs)
        {
            session.Guard("", "an output", () =>
            {
                LiteTensor tensor = graph.Tensor(index);
                string name = NameOf(tensor, names);
                _ = tensor.Storage;
                if (outputs.Any(output => output.Name == name))
                {
                    throw ImportException.Invalid($"two outputs are named '{name}'");
                }

                string value = importer.Require(index);
                string given = tensor is { IsQuantized: true, Grid: { IsSingle: true } grid }
                    ? session.Builder.Add(name, new Ops.Elementwise(GridExpressions.Level(
                        Term.Input(0, ElementType.Float32), Term.Literal(grid.Scales[0], ElementType.Float32), Term.Literal(grid.Zero, tensor.Storage), tensor.Storage)), value)
                    : value;
                outputs.Add(new GraphOutput(name, given, null, session.Bounds.GetValueOrDefault(value)));
                return name;
            });
        }

        return outputs;
    }
}
