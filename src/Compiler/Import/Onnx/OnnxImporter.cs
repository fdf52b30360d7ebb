using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>From an ONNX file to a graph.</summary>
internal static class OnnxImporter
{
    // The wire format's own limit.
    private const long MaximumFileBytes = int.MaxValue;

    /// <summary>Reads and imports a file.</summary>
    /// <exception cref="DiagnosticException">The model cannot be compiled.</exception>
    public static Graph Import(CompileOptions options, List<Diagnostic> diagnostics)
    {
        try
        {
            return Import(Read(options.ModelPath), options, diagnostics);
        }
        catch (ImportException exception)
        {
            throw new DiagnosticException(exception.At(options.ModelPath, ""));
        }
    }

    /// <summary>Imports a model that has been read.</summary>
    /// <exception cref="DiagnosticException">The model cannot be compiled.</exception>
    /// <exception cref="ImportException">The file is not a model.</exception>
    public static Graph Import(ModelProto model, CompileOptions options, List<Diagnostic> diagnostics)
    {
        if (model.Graph is null || model.OpsetImport.Count + model.IrVersion == 0)
        {
            throw ImportException.Malformed("it holds no graph");
        }

        var functions = new Dictionary<(string, string, string), FunctionProto>();
        foreach (FunctionProto function in model.Functions)
        {
            functions.TryAdd((function.Domain == "ai.onnx" ? "" : function.Domain, function.Name, function.Overload), function);
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(options.ModelPath)) ?? "";
        OnnxSession NewSession() => new(options.ModelPath, new OnnxTensors(folder), functions);
        OnnxSession session = NewSession();
        List<GraphOutput> outputs = Import(model, options, session);
        diagnostics.AddRange(session.Diagnostics.Where(diagnostic => diagnostic.Kind.Severity != Severity.Error));
        if (HasErrors(session))
        {
            throw new DiagnosticException(session.Diagnostics);
        }

        session.Builder.HasFreeBatch = OnnxInputs.HasFreeBatch(model.Graph, session.Builder, outputs)
            && KeepsExamplesApart(model, options with { InputShapes = options.InputShapes.SetItems(ShapesOfBatch(model.Graph, session.Builder)) }, NewSession());
        return session.Builder.ToGraph(outputs).With(ModelNotes.None with { DataFiles = [.. session.Tensors.DataFiles] });
    }

    /// <summary>Version of each operator set, by domain; files of the first versions do not say it.</summary>
    public static IReadOnlyDictionary<string, int> Opsets(IEnumerable<OperatorSetIdProto> imports)
    {
        var opsets = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (OperatorSetIdProto import in imports)
        {
            string domain = import.Domain == "ai.onnx" ? "" : import.Domain;
            opsets[domain] = (int)Math.Clamp(import.Version, 0, int.MaxValue);
        }

        opsets.TryAdd("", 1);
        return opsets;
    }

    // The model once more, for two examples.
    private static bool KeepsExamplesApart(ModelProto model, CompileOptions options, OnnxSession session)
    {
        List<GraphOutput> outputs = Import(model, options, session);
        return !HasErrors(session) && BatchFlow.KeepsExamplesApart(session.Builder.ToGraph(outputs));
    }

    private static IEnumerable<KeyValuePair<string, ImmutableArray<int>>> ShapesOfBatch(GraphProto graph, GraphBuilder builder) =>
        graph.Input.Select(input => input.Name).Where(builder.IsInput).Select(name => KeyValuePair.Create(name, builder.ShapeOf(name).With(0, BatchFlow.Batch).Extents));

    private static bool HasErrors(OnnxSession session) => session.Diagnostics.Any(diagnostic => diagnostic.Kind.Severity == Severity.Error);

    private static List<GraphOutput> Import(ModelProto model, CompileOptions options, OnnxSession session)
    {
        var scope = new OnnxScope(null, Opsets(model.OpsetImport), new Dictionary<string, AttributeProto>())
        {
            DeclaredShapes = OnnxInputs.FixedShapes(model.Graph.Output.Concat(model.Graph.ValueInfo)),
        };
        var importer = new OnnxGraphImporter(session);
        importer.DefineConstants(model.Graph, scope);
        new OnnxInputs(session, options.InputShapes, options.InputValues).Define(model.Graph.Input, scope);
        importer.ImportNodes(model.Graph.Node, scope);
        List<GraphOutput> outputs = Outputs(model.Graph, scope, session);
        session.RemoveSettled(outputs);
        return outputs;
    }

    private static List<GraphOutput> Outputs(GraphProto graph, OnnxScope scope, OnnxSession session)
    {
        var outputs = new List<GraphOutput>();
        if (graph.Output.Count == 0)
        {
            session.Report(ImportException.Invalid("it has no outputs"), "");
        }

        foreach (string name in graph.Output.Select(output => output.Name))
        {
            try
            {
                if (outputs.Any(output => output.Name == name))
                {
                    throw ImportException.Invalid($"two outputs are named '{name}'");
                }

                if (scope.Find(name) is { } value)
                {
                    Bound? bound = session.Bounds.TryGetValue(value, out Bound? known) ? known : null;
                    outputs.Add(session.SequenceOf(value) is null ? new GraphOutput(name, value, session.LabelsOf(value), bound) : throw ImportException.ElementType(name, "sequence"));
                }
            }
            catch (ImportException exception)
            {
                session.Report(exception, "");
            }
        }

        return outputs;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ImportException">It cannot be read, or is not of the format.</exception>
    public static ModelProto Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaximumFileBytes)
            {
                throw new ImportException(DiagnosticKinds.TooLarge, $"the file has {stream.Length >> 20} MB", $"{MaximumFileBytes >> 20} MB, with the weights in files of their own more");
            }

            CheckBeginning(stream);
            return ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException)
        {
            throw ImportException.Malformed("its parts do not fit together");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImportException(DiagnosticKinds.FileUnreadable, exception.Message);
        }
    }

    private static void CheckBeginning(FileStream stream)
    {
        Span<byte> beginning = stackalloc byte[64];
        beginning = beginning[..stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        if (beginning.IsEmpty)
        {
            throw ImportException.Malformed("it is empty");
        }

        if (beginning.StartsWith("version https://git-lfs"u8))
        {
            throw ImportException.Malformed("it is a pointer to a Git LFS file", "run 'git lfs pull'");
        }
    }
}
