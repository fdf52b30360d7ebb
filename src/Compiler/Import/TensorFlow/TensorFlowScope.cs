using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>A graph, or the body of a function that is called: its nodes, and what they have become.</summary>
internal sealed class TensorFlowScope
{
    private readonly Dictionary<string, NodeDef> nodes = new(StringComparer.Ordinal);

    /// <summary>Makes a scope.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="arguments">The attributes of the call.</param>
    /// <exception cref="ImportException">Two nodes have a name.</exception>
    public TensorFlowScope(IEnumerable<NodeDef> nodes, IReadOnlyDictionary<string, AttrValue> arguments)
    {
        Arguments = arguments;
        foreach (NodeDef node in nodes)
        {
            if (!this.nodes.TryAdd(node.Name, node))
            {
                throw ImportException.Invalid($"two nodes are named '{node.Name}'");
            }
        }
    }

    /// <summary>The attributes of the call.</summary>
    public IReadOnlyDictionary<string, AttrValue> Arguments { get; }

    /// <summary>The nodes.</summary>
    public IReadOnlyDictionary<string, NodeDef> Nodes => nodes;

    /// <summary>The values that a node, or an argument of the function, has become; <see langword="null"/> where an error was reported.</summary>
    public Dictionary<string, ImmutableArray<string?>?> Results { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The nodes that some nodes depend on, themselves too, each behind those that it depends on. Nodes that have a result are not looked behind.
    /// </summary>
    /// <param name="wanted">The nodes.</param>
    /// <param name="ends">Nodes that are not looked behind either, but belong to the order.</param>
    /// <exception cref="ImportException">They depend on themselves.</exception>
    public IReadOnlyList<NodeDef> Order(IEnumerable<string> wanted, IReadOnlySet<string>? ends = null)
    {
        var order = new List<NodeDef>();
        var begun = new Dictionary<string, bool>(StringComparer.Ordinal);
        var stack = new Stack<(string Name, bool IsDone)>(wanted.Reverse().Select(name => (name, false)));
        while (stack.TryPop(out (string Name, bool IsDone) top))
        {
            if (top.IsDone)
            {
                begun[top.Name] = true;
                order.Add(nodes[top.Name]);
                continue;
            }

            if (Results.ContainsKey(top.Name) || !nodes.TryGetValue(top.Name, out NodeDef? node) || begun.ContainsKey(top.Name))
            {
                continue;
            }

            begun.Add(top.Name, false);
            stack.Push((top.Name, true));
            foreach (string input in ends?.Contains(node.Name) == true ? [] : DataInputs(node).Reverse())
            {
                string name = Reference.Parse(input).Node;
                if (begun.TryGetValue(name, out bool isDone) && !isDone)
                {
                    throw IsLoop(node) ? Loop() : ImportException.Invalid($"node '{name}' depends on itself");
                }

                stack.Push((name, false));
            }
        }

        return order;
    }

    /// <summary>The inputs of a node that are data; the others only say what runs before it.</summary>
    public static IEnumerable<string> DataInputs(NodeDef node) => node.Input.Where(input => !input.StartsWith('^'));

    private static bool IsLoop(NodeDef node) => node.Op is "NextIteration" or "Merge" or "RefNextIteration" or "RefMerge";

    private static ImportException Loop() => ImportException.Attribute(
        "Merge", "a loop of control flow nodes", "unroll the loop, or export the model again without it");
}

/// <summary>How a node's input, or an output of a model, is written.</summary>
/// <param name="Node">The node, or the argument of the function.</param>
/// <param name="Output">In functions the name of an output or list of outputs, else empty.</param>
/// <param name="Index">Which output, or which of the list.</param>
internal readonly record struct Reference(string Node, string Output, int Index)
{
    /// <summary>Reads it.</summary>
    public static Reference Parse(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length switch
        {
            2 when TryIndex(parts[1], out int index) => new(parts[0], "", index),
            2 => new(parts[0], parts[1], 0),
            3 when TryIndex(parts[2], out int index) => new(parts[0], parts[1], index),
            _ => new(text, "", 0),
        };
    }

    private static bool TryIndex(string text, out int index) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
