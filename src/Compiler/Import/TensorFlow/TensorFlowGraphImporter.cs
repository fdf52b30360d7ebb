using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>
/// Imports the nodes that outputs depend on, one after the other. A node that fails is reported, and what depends on it passed over in silence, so
/// that one run finds everything.
/// </summary>
/// <param name="session">What the import shares.</param>
internal sealed class TensorFlowGraphImporter(TensorFlowSession session)
{
    /// <summary>Imports whatever some values need.</summary>
    /// <param name="scope">The graph.</param>
    /// <param name="references">The values, as nodes' inputs are written.</param>
    /// <returns>What they have become; <see langword="null"/> where an error was reported.</returns>
    public ImmutableArray<string?> Fetch(TensorFlowScope scope, IReadOnlyCollection<string> references)
    {
        IReadOnlyList<NodeDef> order = session.Guard("", "the graph", () => scope.Order(references.Select(reference => Reference.Parse(reference).Node))) ?? [];
        foreach (NodeDef node in order)
        {
            string name = session.Unique(node.Name);
            scope.Results[node.Name] = session.Guard<ImmutableArray<string?>?>(name, node.Op, () => Import(node, name, scope));
        }

        return [.. references.Select(reference => session.Guard("", $"'{reference}'", () => Find(scope, reference)))];
    }

    /// <summary>Calls a function of the file: its nodes are imported in place.</summary>
    /// <param name="name">The function.</param>
    /// <param name="attributes">The attributes of the call.</param>
    /// <param name="inputs">The arguments.</param>
    /// <exception cref="ImportException">There is no such function, it takes another number of arguments, or it changes variables.</exception>
    public ImmutableArray<string?> Call(string name, IReadOnlyDictionary<string, AttrValue> attributes, ImmutableArray<string> inputs) =>
        session.Nested($"function '{name}'", () =>
        {
            FunctionDef function = session.Function(name) ?? throw ImportException.Invalid($"function '{name}' is not in the file");
            if (function.Signature is null || function.Signature.InputArg.Count != inputs.Length)
            {
                throw ImportException.Invalid($"function '{name}' is called with {inputs.Length} arguments");
            }

            if (function.NodeDef.FirstOrDefault(node => TrainingOperators.ChangesVariable(node.Op)) is { } change)
            {
                throw ImportException.Attribute(change.Op, "a variable that predictions change", "export the model without state, or give it as an input and take it as an output");
            }

            var scope = new TensorFlowScope(function.NodeDef, attributes);
            foreach ((OpDef.Types.ArgDef argument, string input) in function.Signature.InputArg.Zip(inputs))
            {
                scope.Results[argument.Name] = [input];
            }

            ImmutableArray<string?> results = Fetch(scope, [.. function.Signature.OutputArg.Select(output => function.Ret.GetValueOrDefault(output.Name) ?? output.Name)]);
            return results.Contains(null) ? throw new ReportedException() : results;
        });

    private string Find(TensorFlowScope scope, string text)
    {
        var reference = Reference.Parse(text);
        if (!scope.Results.TryGetValue(reference.Node, out ImmutableArray<string?>? results))
        {
            // Whoever is not there has been reported by name; nodes behind a loop have not been looked at.
            throw scope.Nodes.ContainsKey(reference.Node) ? new ReportedException() : ImportException.Invalid($"node '{reference.Node}' is not in the graph");
        }

        if (results is not { } values)
        {
            throw new ReportedException();
        }

        if (values is [TensorFlowSession.Unreached])
        {
            return TensorFlowSession.Unreached;
        }

        int index = reference.Index + (reference.Output.Length == 0 ? 0 : FirstOf(scope, reference));
        string operatorName = scope.Nodes.TryGetValue(reference.Node, out NodeDef? node) ? node.Op : "the function";
        return index < values.Length && values[index] is { } value ? value : throw ImportException.Attribute(operatorName, $"output {index}", "leave it unused");
    }

    // Whatever it is, an operator that is not supported in a branch that is not taken does no harm.
    private static bool IsUnreached(TensorFlowScope scope, string text) =>
        Reference.Parse(text) is var reference && scope.Results.TryGetValue(reference.Node, out ImmutableArray<string?>? results) && results is { } values
        && (values is [TensorFlowSession.Unreached] || (reference.Index < values.Length && reference.Output.Length == 0 && values[reference.Index] == TensorFlowSession.Unreached));

    private static int FirstOf(TensorFlowScope scope, Reference reference) =>
        scope.Nodes.TryGetValue(reference.Node, out NodeDef? node) && TensorFlowTable.Find(node.Op) is { Outputs: { Length: > 0 } names }
            ? names.IndexOf(reference.Output) is var index && index >= 0 ? index : throw ImportException.Invalid($"{node.Op} has no output '{reference.Output}'")
            : 0;

    private ImmutableArray<string?> Import(NodeDef node, string name, TensorFlowScope scope)
    {
        if (session.IsExhausted)
        {
            throw new ReportedException();
        }

        session.CountNode();
        TensorFlowEntry? entry = TensorFlowTable.Find(node.Op);
        bool isFunction = entry is null && session.Function(node.Op) is not null;
        string[] references = [.. TensorFlowScope.DataInputs(node)];
        if (entry?.TakesUnreached != true && references.Any(reference => IsUnreached(scope, reference)))
        {
            return [TensorFlowSession.Unreached];
        }

        if (entry is null && !isFunction)
        {
            throw new ImportException(DiagnosticKinds.OperatorUnsupported, node.Op, "TensorFlow");
        }

        ImmutableArray<string> inputs = [.. references.Select(reference => Find(scope, reference))];
        if (entry?.TakesRandom != true && inputs.Any(session.Random.ContainsKey))
        {
            throw ImportException.Attribute(node.Op, "a computation with random numbers", "export the model for inference, or set InputValue so that they do not matter");
        }

        var imported = new TensorFlowNode(node, name, scope.Arguments, inputs);
        return isFunction
            ? Call(node.Op, imported.Attributes(), inputs)
            : entry!.Import(imported, new TensorFlowContext(session, this, imported));
    }
}
