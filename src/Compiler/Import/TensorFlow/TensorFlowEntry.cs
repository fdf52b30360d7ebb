using System.Collections.Immutable;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>Imports a node with one output; returns the value it makes.</summary>
internal delegate string TensorFlowSingleOutput(TensorFlowNode node, TensorFlowContext context);

/// <summary>Imports a node; returns the values it makes, <see langword="null"/> for outputs that only training needs.</summary>
internal delegate ImmutableArray<string?> TensorFlowImport(TensorFlowNode node, TensorFlowContext context);

/// <summary>One row of the operators' table.</summary>
/// <param name="Name">The operator.</param>
/// <param name="Import">Imports a node.</param>
internal sealed record TensorFlowEntry(string Name, TensorFlowImport Import)
{
    /// <summary>Names of the outputs of an operator that has several that are no list: functions refer to outputs by name.</summary>
    public ImmutableArray<string> Outputs { get; init; } = [];

    /// <summary>Whether inputs may be from the branch of a Switch that is not taken.</summary>
    public bool TakesUnreached { get; init; }

    /// <summary>Whether inputs may be random numbers.</summary>
    public bool TakesRandom { get; init; }

    /// <summary>An operator with one output.</summary>
    public TensorFlowEntry(string name, TensorFlowSingleOutput import)
        : this(name, (node, context) => [import(node, context)])
    {
    }
}
