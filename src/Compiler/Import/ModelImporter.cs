using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Import.TensorFlow;
using ModelCompiler.Compiler.Import.TensorFlowLite;
using ModelCompiler.Compiler.Inspection;

namespace ModelCompiler.Compiler.Import;

/// <summary>From a model file of any format to a graph.</summary>
public static class ModelImporter
{
    /// <summary>Reads a model file. The format is told by the file's extension, or by what is in the folder; nothing in the file is trusted.</summary>
    /// <param name="options">The file, and the shapes that it leaves open.</param>
    /// <param name="diagnostics">Receives findings that do not end the import.</param>
    /// <returns>A graph of core ops with static shapes.</returns>
    /// <exception cref="DiagnosticException">The model cannot be compiled; holds everything that is wrong with it.</exception>
    public static Graph Import(CompileOptions options, List<Diagnostic> diagnostics)
    {
        string path = options.ModelPath;
        if (TensorFlowImporter.IsSavedModel(path))
        {
            return TensorFlowImporter.Import(options, diagnostics);
        }

        if (!File.Exists(path))
        {
            throw new DiagnosticException(DiagnosticKinds.FileMissing.At(path, ""));
        }

        string extension = Path.GetExtension(path);
        if (extension.Equals(".pb", StringComparison.OrdinalIgnoreCase))
        {
            return TensorFlowImporter.Import(options, diagnostics);
        }

        RequireWholeModel(options);
        return extension.Equals(".onnx", StringComparison.OrdinalIgnoreCase)
            ? OnnxImporter.Import(options, diagnostics)
            : extension.Equals(".tflite", StringComparison.OrdinalIgnoreCase) ? LiteImporter.Import(options, diagnostics)
            : throw new DiagnosticException(DiagnosticKinds.FormatUnknown.At(path, "", extension.Length == 0 ? Path.GetFileName(path) : extension));
    }

    /// <summary>Looks through a file, whether it can be imported or not.</summary>
    /// <returns>What it holds; <see langword="null"/> when it is of no known format.</returns>
    /// <exception cref="ImportException">It cannot be read.</exception>
    internal static FileSurvey? Survey(CompileOptions options) =>
        TensorFlowImporter.IsSavedModel(options.ModelPath) ? TensorFlowSurvey.Of(options) : Path.GetExtension(options.ModelPath).ToLowerInvariant() switch
        {
            ".pb" => TensorFlowSurvey.Of(options),
            ".onnx" => OnnxSurvey.Of(options.ModelPath),
            ".tflite" => LiteSurvey.Of(options.ModelPath),
            _ => null,
        };

    // Other formats say themselves where a model begins and ends.
    private static void RequireWholeModel(CompileOptions options)
    {
        foreach ((string metadata, ImmutableArray<string> names) in new[] { ("Inputs", options.Inputs), ("Outputs", options.Outputs) })
        {
            if (!names.IsEmpty)
            {
                throw new DiagnosticException(DiagnosticKinds.MetadataInvalid.At(
                    options.ModelPath, "", metadata, string.Join(';', names), "only TensorFlow's graphs are cut by the names of nodes"));
            }
        }
    }
}
