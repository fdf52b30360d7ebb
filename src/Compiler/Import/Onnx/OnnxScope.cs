using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>What names mean in one graph of the file: the model's, a branch's or a function's.</summary>
/// <param name="outer">The graph around it, whose names are visible; <see langword="null"/> for the model and for functions.</param>
/// <param name="opsets">Version of each operator set, by domain.</param>
/// <param name="arguments">Attributes given to the enclosing function.</param>
/// <param name="capture">For the body of a loop: makes a value of the graph around it known inside.</param>
internal sealed class OnnxScope(
    OnnxScope? outer, IReadOnlyDictionary<string, int> opsets, IReadOnlyDictionary<string, AttributeProto> arguments, Func<string, string>? capture = null)
{
    private readonly Dictionary<string, Lazy<string?>> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> missing = new(StringComparer.Ordinal);
    private readonly HashSet<string> announced = new(StringComparer.Ordinal);

    /// <summary>Version of each operator set, by domain.</summary>
    public IReadOnlyDictionary<string, int> Opsets => opsets;

    /// <summary>Attributes given to the enclosing function.</summary>
    public IReadOnlyDictionary<string, AttributeProto> Arguments => arguments;

    /// <summary>The shapes that the file declares for values of the model's own graph; empty for branches and functions.</summary>
    public IReadOnlyDictionary<string, Shape> DeclaredShapes { get; init; } = new Dictionary<string, Shape>();

    /// <summary>Says what a name means: a value of the graph, or <see langword="null"/> when an error was reported where it comes from.</summary>
    /// <exception cref="ImportException">The name means something else already.</exception>
    public void Define(string name, string? value) => Define(name, new Lazy<string?>(value));

    /// <summary>Says what a name means, once somebody asks.</summary>
    /// <exception cref="ImportException">The name means something else already.</exception>
    public void Define(string name, Lazy<string?> value)
    {
        if (!values.TryAdd(name, value))
        {
            throw ImportException.Invalid($"two nodes make the value '{name}'");
        }
    }

    /// <summary>Says that a function's optional input was not given.</summary>
    public void DefineMissing(string name) => missing.Add(name);

    /// <summary>Whether a name is a function's optional input that was not given.</summary>
    public bool IsMissing(string name) => missing.Contains(name) || (outer?.IsMissing(name) ?? false);

    /// <summary>Whether this very graph gives the name a meaning.</summary>
    public bool Defines(string name) => values.ContainsKey(name);

    /// <summary>Says that a node further down makes a value.</summary>
    public void Announce(string name) => announced.Add(name);

    /// <summary>What a name means, or <see langword="null"/> when an error was reported where it comes from.</summary>
    /// <exception cref="ImportException">It means nothing. A second question finds the name to be in error.</exception>
    public string? Find(string name)
    {
        if (TryFind(name, out string? value))
        {
            return value;
        }

        if (announced.Contains(name))
        {
            throw ImportException.Invalid($"'{name}' is read before the node that makes it: the nodes form a cycle, or are not in order");
        }

        values.Add(name, new Lazy<string?>((string?)null));
        throw ImportException.Invalid($"'{name}' is read, but nothing makes it");
    }

    private bool TryFind(string name, out string? value)
    {
        if (values.TryGetValue(name, out Lazy<string?>? found))
        {
            value = found.Value;
            return true;
        }

        value = null;
        bool isOutside = outer is not null && outer.TryFind(name, out value);
        value = isOutside && value is not null && capture is not null ? capture(value) : value;
        return isOutside;
    }
}
