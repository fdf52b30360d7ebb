using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>What only training, saving and watching needs: it is left out when outputs are looked for.</summary>
internal static class TrainingOperators
{
    // Nobody asks a model for these.
    private static readonly FrozenSet<string> Leftovers = FrozenSet.Create(
        StringComparer.Ordinal,
        "NoOp", "Assert", "Print", "PrintV2", "SaveV2", "Save", "SaveSlices", "RestoreV2", "Restore", "MergeV2Checkpoints", "ShardedFilename", "BroadcastGradientArgs",
        "SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits", "L2Loss", "InTopK", "InTopKV2", "VarIsInitializedOp", "IsVariableInitialized",
        "ReportUninitializedVariables", "TensorSummaryV2", "WriteSummary", "StringJoin", "Placeholder", "PlaceholderWithDefault", "Const", "VarHandleOp", "VariableV2", "Variable");

    /// <summary>Whether an operator writes to a variable.</summary>
    public static bool ChangesVariable(string name) =>
        name.StartsWith("Assign", StringComparison.Ordinal) || IsApplication(name) || name.StartsWith("ScatterUpdate", StringComparison.Ordinal)
        || name.StartsWith("ResourceScatter", StringComparison.Ordinal);

    /// <summary>
    /// The nodes that may be outputs, in the order of the file: they depend on an input, and nobody reads them but for training. Losses are left
    /// out with all that is computed of them.
    /// </summary>
    /// <param name="scope">The graph.</param>
    /// <param name="isInput">Whether a node is an input.</param>
    public static IReadOnlyList<string> Outputs(TensorFlowScope scope, Func<NodeDef, bool> isInput)
    {
        var training = new HashSet<string>(StringComparer.Ordinal);
        var reached = new HashSet<string>(StringComparer.Ordinal);
        IReadOnlyList<NodeDef> order = scope.Order(scope.Nodes.Values.Where(node => !IsLeftover(node.Op) || isInput(node)).Select(node => node.Name));
        foreach (NodeDef node in order)
        {
            string[] inputs = [.. TensorFlowScope.DataInputs(node).Select(input => Reference.Parse(input).Node)];
            if (!isInput(node) && (IsLeftover(node.Op) && inputs.Length > 0 || inputs.Any(training.Contains) || node.Name.StartsWith("gradients/", StringComparison.Ordinal)))
            {
                training.Add(node.Name);
            }
            else if (isInput(node) || inputs.Any(reached.Contains))
            {
                reached.Add(node.Name);
            }
        }

        HashSet<string> read = [.. order.Where(node => !training.Contains(node.Name)).SelectMany(TensorFlowScope.DataInputs).Select(input => Reference.Parse(input).Node)];
        return [.. scope.Nodes.Values
            .Where(node => reached.Contains(node.Name) && !read.Contains(node.Name) && !training.Contains(node.Name) && !isInput(node)).Select(node => node.Name)];
    }

    /// <summary>Whether a graph trains: its loose ends are then no outputs.</summary>
    public static bool Trains(TensorFlowScope scope) => scope.Nodes.Values.Any(node => IsApplication(node.Op) || node.Op.EndsWith("Grad", StringComparison.Ordinal));

    private static bool IsLeftover(string name) =>
        (Leftovers.Contains(name) && name is not "PlaceholderWithDefault") || name.EndsWith("Summary", StringComparison.Ordinal) || ChangesVariable(name) || name.EndsWith("Grad", StringComparison.Ordinal);

    private static bool IsApplication(string name) =>
        name.StartsWith("ResourceApply", StringComparison.Ordinal) || name.StartsWith("ResourceSparseApply", StringComparison.Ordinal)
        || name.StartsWith("SparseApply", StringComparison.Ordinal) || name.StartsWith("Apply", StringComparison.Ordinal);
}
