using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>The values of a graph's variables.</summary>
/// <param name="prefix">Path of the bundle, or <see langword="null"/> when the graph comes without one.</param>
/// <param name="keys">The keys in the bundle by the variables' nodes.</param>
internal sealed class VariableStore(string? prefix, IReadOnlyDictionary<string, string> keys)
{
    // Read when the first variable is wanted: a SavedModel may have none.
    private readonly Lazy<VariableBundle>? bundle = prefix is null ? null : new(() => new VariableBundle(prefix));

    /// <summary>Of a frozen graph, which should have no variables any more.</summary>
    public static VariableStore None { get; } = new(null, new Dictionary<string, string>());

    /// <summary>The value of a variable.</summary>
    /// <param name="variable">The variable's node.</param>
    /// <param name="sharedName">What the node says it is called; may be empty.</param>
    /// <exception cref="ImportException">There is none.</exception>
    public Tensor Read(string variable, string sharedName)
    {
        if (bundle is null)
        {
            throw new ImportException(DiagnosticKinds.VariableUnknown, variable, "the file is a graph without its variables; freeze it, or give the folder of a SavedModel");
        }

        return (keys.TryGetValue(variable, out string? key) ? bundle.Value.Find(key) : null)
            ?? (sharedName.Length > 0 ? bundle.Value.Find(sharedName) : null)
            ?? bundle.Value.Find(variable)
            ?? throw new ImportException(DiagnosticKinds.VariableUnknown, variable, "the folder 'variables' has none for it; save the model again");
    }
}
