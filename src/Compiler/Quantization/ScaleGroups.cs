using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Values that are stored with one scale. A group's grid may be given, by the model's file or by the op; else it covers what the values are.</summary>
internal sealed class ScaleGroups
{
    private readonly Dictionary<string, string> parents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, QuantizationParameters> grids = new(StringComparer.Ordinal);

    /// <summary>The value that names a value's group.</summary>
    public string Of(string value)
    {
        string root = value;
        while (parents.TryGetValue(root, out string? parent))
        {
            root = parent;
        }

        if (root != value)
        {
            parents[value] = root;
        }

        return root;
    }

    /// <summary>The grid that a value's group was given, or <see langword="null"/>.</summary>
    public QuantizationParameters? GridOf(string value) => grids.GetValueOrDefault(Of(value));

    /// <summary>Gives a value's group its grid; the first one stays.</summary>
    public void Fix(string value, QuantizationParameters grid) => grids.TryAdd(Of(value), grid);

    /// <summary>Makes one group of two, unless their grids differ.</summary>
    public void Join(string one, string other)
    {
        (string from, string into) = (Of(one), Of(other));
        if (from == into || (GridOf(one) is { } left && GridOf(other) is { } right && left != right))
        {
            return;
        }

        parents[from] = into;
        if (grids.Remove(from, out QuantizationParameters? grid))
        {
            grids.TryAdd(into, grid);
        }
    }
}
