using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>
/// Finds out under which key each variable was saved: by following what is assigned to it, when the model is restored, to the list of keys that
/// the restoring node reads.
/// </summary>
internal static class VariableRestores
{
    // A restored value is handed on a few times at most.
    private const int LongestChain = 16;

    /// <summary>The keys by the variables' nodes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="restore">The node that restores, perhaps with its output; perhaps empty.</param>
    public static IReadOnlyDictionary<string, string> Find(GraphDef graph, string restore)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        Dictionary<string, NodeDef> nodes = ByName(graph.Node);
        Collect(nodes, variable => nodes.TryGetValue(variable, out NodeDef? node) && node.Op is "VarHandleOp" or "VariableV2" or "Variable" ? variable : null, keys);

        // Since version 2 a function does it, to which the variables are arguments.
        if (nodes.TryGetValue(Reference.Parse(restore.TrimStart('^')).Node, out NodeDef? call)
            && call.Attr.TryGetValue("f", out AttrValue? function)
            && graph.Library?.Function.FirstOrDefault(candidate => candidate.Signature?.Name == function.Func?.Name) is { } body)
        {
            Dictionary<string, string> arguments = new(StringComparer.Ordinal);
            foreach ((OpDef.Types.ArgDef argument, string input) in body.Signature.InputArg.Zip(TensorFlowScope.DataInputs(call)))
            {
                arguments[argument.Name] = Reference.Parse(input).Node;
            }

            Collect(ByName(body.NodeDef), arguments.GetValueOrDefault, keys);
        }

        return keys;
    }

    private static void Collect(Dictionary<string, NodeDef> nodes, Func<string, string?> variableOf, Dictionary<string, string> keys)
    {
        foreach (NodeDef node in nodes.Values.Where(node => node.Op is "Assign" or "AssignVariableOp" && node.Input.Count >= 2))
        {
            string? variable = variableOf(Origin(nodes, node.Input[0]).Node);
            var source = Origin(nodes, node.Input[1]);
            if (variable is not null && nodes.TryGetValue(source.Node, out NodeDef? restoring) && restoring.Op == "RestoreV2" && Key(nodes, restoring, source.Index) is { } key)
            {
                keys.TryAdd(variable, key);
            }
        }
    }

    private static string? Key(Dictionary<string, NodeDef> nodes, NodeDef restoring, int index) =>
        restoring.Input.Count > 1
        && nodes.TryGetValue(Origin(nodes, restoring.Input[1]).Node, out NodeDef? list)
        && list.Attr.TryGetValue("value", out AttrValue? names)
        && names.Tensor?.StringVal.ElementAtOrDefault(index) is { } key ? key.ToStringUtf8() : null;

    private static Reference Origin(Dictionary<string, NodeDef> nodes, string input)
    {
        var reference = Reference.Parse(input);
        for (int step = 0; step < LongestChain && nodes.TryGetValue(reference.Node, out NodeDef? node) && node.Op == "Identity" && node.Input.Count > 0; step++)
        {
            reference = Reference.Parse(node.Input[0]);
        }

        return reference;
    }

    private static Dictionary<string, NodeDef> ByName(IEnumerable<NodeDef> nodes)
    {
        var named = new Dictionary<string, NodeDef>(StringComparer.Ordinal);
        foreach (NodeDef node in nodes)
        {
            named.TryAdd(node.Name, node);
        }

        return named;
    }
}
