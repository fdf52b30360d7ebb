using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>What a file or folder holds.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Model">The SavedModel that it is of, or <see langword="null"/>.</param>
/// <param name="Signature">How the model is called, when the file says it.</param>
/// <param name="Folder">The folder of the file, which has a SavedModel's variables.</param>
internal sealed record TensorFlowFile(GraphDef Graph, MetaGraphDef? Model, SignatureDef? Signature, string Folder);

/// <summary>From a frozen graph, or the folder of a SavedModel, to a graph.</summary>
internal static class TensorFlowImporter
{
    /// <summary>The file of a SavedModel's folder that holds the graph.</summary>
    public const string SavedModelFile = "saved_model.pb";

    // The wire format's own limit.
    private const long MaximumFileBytes = int.MaxValue;

    // A SavedModel begins with its version, a graph never does: the tag of a number in field 1.
    private const byte SavedModelTag = 0x08;

    private static readonly Dictionary<string, AttrValue> NoArguments = [];

    /// <summary>Whether a path is the folder of a SavedModel.</summary>
    public static bool IsSavedModel(string path) => File.Exists(Path.Combine(path, SavedModelFile));

    /// <summary>Reads and imports a file or folder.</summary>
    /// <exception cref="DiagnosticException">The model cannot be compiled.</exception>
    public static Graph Import(CompileOptions options, List<Diagnostic> diagnostics)
    {
        try
        {
            TensorFlowFile file = Read(options.ModelPath);
            return file.Model is { } model ? Import(model, file.Folder, options, diagnostics) : Import(file.Graph, options, diagnostics);
        }
        catch (ImportException exception)
        {
            throw new DiagnosticException(exception.At(options.ModelPath, ""));
        }
    }

    /// <summary>Reads a file or folder.</summary>
    /// <exception cref="ImportException">It cannot be read, or is not of the format.</exception>
    public static TensorFlowFile Read(string modelPath)
    {
        string path = Directory.Exists(modelPath) ? Path.Combine(modelPath, SavedModelFile) : modelPath;
        byte[] bytes = ReadBytes(path);
        MetaGraphDef? model = bytes is [SavedModelTag, ..] ? Served(Parse(SavedModel.Parser, bytes)) : null;
        GraphDef graph = model is null ? Parse(GraphDef.Parser, bytes) : GraphOf(model);
        return new TensorFlowFile(graph, model, model is null ? null : SignatureOf(model), Path.GetDirectoryName(Path.GetFullPath(path)) ?? "");
    }

    /// <summary>Imports a frozen graph.</summary>
    /// <exception cref="DiagnosticException">The model cannot be compiled.</exception>
    /// <exception cref="ImportException">The graph makes no sense.</exception>
    public static Graph Import(GraphDef graph, CompileOptions options, List<Diagnostic> diagnostics) =>
        Import(graph, null, VariableStore.None, options, diagnostics);

    /// <summary>Imports the graph of a SavedModel.</summary>
    /// <param name="model">The graph and its signatures.</param>
    /// <param name="folder">The model's folder, which has the variables.</param>
    /// <param name="options">What the user says of the model.</param>
    /// <param name="diagnostics">Receives findings that do not end the import.</param>
    /// <exception cref="DiagnosticException">The model cannot be compiled.</exception>
    /// <exception cref="ImportException">The graph makes no sense.</exception>
    public static Graph Import(MetaGraphDef model, string folder, CompileOptions options, List<Diagnostic> diagnostics)
    {
        GraphDef graph = GraphOf(model);
        var variables = new VariableStore(Path.Combine(folder, "variables", "variables"), VariableRestores.Find(graph, model.SaverDef?.RestoreOpName ?? ""));
        return Import(graph, SignatureOf(model), variables, options, diagnostics);
    }

    /// <summary>The file is not what it should be.</summary>
    public static ImportException Malformed(string message) => ImportException.MalformedAs("TensorFlow", message);

    private static Graph Import(GraphDef graph, SignatureDef? signature, VariableStore variables, CompileOptions options, List<Diagnostic> diagnostics)
    {
        if (graph.Node.Count == 0)
        {
            throw Malformed("it holds no nodes");
        }

        var functions = new Dictionary<string, FunctionDef>(StringComparer.Ordinal);
        foreach (FunctionDef function in graph.Library?.Function ?? [])
        {
            functions.TryAdd(function.Signature?.Name ?? "", function);
        }

        var session = new TensorFlowSession(options.ModelPath, functions, variables);
        var scope = new TensorFlowScope(graph.Node, NoArguments);
        TensorFlowEnds ends = TensorFlowEnds.Find(scope, signature, options);
        var inputs = new TensorFlowInputs(session, scope, options);
        inputs.Define(ends.Inputs);
        ImmutableArray<string?> values = new TensorFlowGraphImporter(session).Fetch(scope, [.. ends.Outputs.Select(output => output.Reference)]);
        GraphOutput[] outputs = [.. ends.Outputs.Zip(values).Where(pair => pair.Second is not null).Select(pair => Output(session, pair.First, pair.Second!)).OfType<GraphOutput>()];
        session.Builder.HasFreeBatch = inputs.HasFreeBatch && outputs.All(output => session.Builder.ShapeOf(output.Value) is { Rank: > 0 } shape && shape[0] == 1);
        diagnostics.AddRange(session.Diagnostics.Where(diagnostic => diagnostic.Kind.Severity != Severity.Error));
        return session.HasErrors || outputs.Length == 0 ? throw new DiagnosticException(session.Diagnostics) : session.Builder.ToGraph(outputs);
    }

    private static GraphOutput? Output(TensorFlowSession session, NamedReference output, string value)
    {
        bool isTensor = session.Builder.Contains(value) && !session.Random.ContainsKey(value);
        return session.Guard("", output.Name, () => isTensor ? new GraphOutput(output.Name, value) : throw ImportException.Invalid($"output '{output.Name}' is no tensor"));
    }

    private static GraphDef GraphOf(MetaGraphDef model) => model.GraphDef ?? throw Malformed("it holds no graph");

    // Of several graphs that which is for inference.
    private static MetaGraphDef Served(SavedModel model) =>
        model.MetaGraphs.FirstOrDefault(graph => graph.MetaInfoDef?.Tags.Contains("serve") == true)
        ?? model.MetaGraphs.FirstOrDefault()
        ?? throw Malformed("it holds no graph");

    // What is called when nobody says what: the default, else the first that makes anything.
    private static SignatureDef? SignatureOf(MetaGraphDef model) =>
        model.SignatureDef.TryGetValue("serving_default", out SignatureDef? usual) && usual.Outputs.Count > 0
            ? usual
            : model.SignatureDef.Where(pair => pair.Value.Outputs.Count > 0 && !pair.Key.StartsWith("__", StringComparison.Ordinal))
                .OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value).FirstOrDefault();

    private static T Parse<T>(MessageParser<T> parser, byte[] bytes)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            throw Malformed("its parts do not fit together");
        }
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            if (length > MaximumFileBytes)
            {
                throw new ImportException(DiagnosticKinds.TooLarge, $"the file has {length >> 20} MB", $"{MaximumFileBytes >> 20} MB");
            }

            byte[] bytes = File.ReadAllBytes(path);
            return bytes.Length == 0 ? throw Malformed("it is empty")
                : bytes.AsSpan().StartsWith("version https://git-lfs"u8) ? throw Malformed("it is a pointer to a Git LFS file; run 'git lfs pull'")
                : bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImportException(DiagnosticKinds.FileUnreadable, exception.Message);
        }
    }
}
