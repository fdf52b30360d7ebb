using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>
/// Imports the nodes of a graph one after the other. A node that fails is reported, and what depends on it passed over in silence, so
/// that one run finds everything.
/// </summary>
/// <param name="session">What the import shares.</param>
internal sealed class OnnxGraphImporter(OnnxSession session)
{
    /// <summary>Makes the constants of a graph known; they are read when a node wants them.</summary>
    public void DefineConstants(GraphProto graph, OnnxScope scope)
    {
        foreach (TensorProto tensor in graph.Initializer)
        {
            DefineConstant(scope, tensor.Name, tensor.DataType, () => Constant(tensor));
        }

        foreach (SparseTensorProto tensor in graph.SparseInitializer)
        {
            DefineConstant(
                scope, tensor.Values?.Name ?? "", tensor.Values?.DataType ?? 0, () => session.Builder.AddConstant(session.Tensors.Read(tensor), tensor.Values?.Name ?? ""));
        }
    }

    /// <summary>Imports nodes.</summary>
    public void ImportNodes(IReadOnlyList<NodeProto> nodes, OnnxScope scope)
    {
        foreach (string output in nodes.SelectMany(node => node.Output))
        {
            scope.Announce(output);
        }

        foreach (NodeProto node in nodes)
        {
            string name = session.Unique(OnnxSession.ReadableName(node));
            ImmutableArray<string?>? outputs = Guard(name, node.OpType, () => Import(node, name, scope));
            Guard(name, node.OpType, () => Bind(node, name, outputs, scope));
        }
    }

    // An output that the importer does not make is no mistake until somebody reads it: files name outputs that only training needs.
    private bool Bind(NodeProto node, string name, ImmutableArray<string?>? outputs, OnnxScope scope)
    {
        for (int index = 0; index < node.Output.Count; index++)
        {
            string output = node.Output[index];
            string what = $"output {index} ('{output}')";
            if (output.Length == 0)
            {
                continue;
            }

            if (outputs is { } made && (index >= made.Length || made[index] is null) && session.Function(DomainOf(node), node.OpType, node.Overload) is null)
            {
                scope.Define(output, new Lazy<string?>(() => Guard<string>(
                    name, node.OpType, () => throw ImportException.Attribute(node.OpType, what, "leave it unused"))));
            }
            else
            {
                scope.Define(output, outputs is { } values && index < values.Length ? values[index] : null);
            }
        }

        return true;
    }

    private static string DomainOf(NodeProto node) => node.Domain == "ai.onnx" ? "" : node.Domain;

    // Text becomes indices into the list of texts.
    private string Constant(TensorProto tensor)
    {
        if (tensor.DataType != OnnxTypes.Text)
        {
            return session.Builder.AddConstant(session.Tensors.Read(tensor), tensor.Name);
        }

        (Tensor indices, EquatableArray<string> texts) = OnnxTensors.ReadText(tensor);
        return session.WithLabels(tensor.Name, session.Builder.AddConstant(indices, tensor.Name), new ClassLabels(LabelRole.Text, texts, default));
    }

    private void DefineConstant(OnnxScope scope, string name, int type, Func<string> read)
    {
        string what = $"constant '{name}'";
        GraphBuilder builder = session.Builder;
        Guard("", what, () =>
        {
            scope.Define(name, new Lazy<string?>(() => Guard("", what, () =>
            {
                string value = session.Within(builder, read);
                session.Mark(value, NarrowType.Find(type));
                return value;
            })));
            return name;
        });
    }

    /// <summary>Does something about a node. Whatever goes wrong, because of what the file says, is a finding about that node.</summary>
    public T? Guard<T>(string node, string what, Func<T> action) => ImportGuard.Run(what, action, exception => session.Report(exception, node));

    private ImmutableArray<string?>? Import(NodeProto node, string name, OnnxScope scope)
    {
        if (session.IsExhausted)
        {
            throw new ReportedException();
        }

        session.CountNode();
        string domain = DomainOf(node);
        FunctionProto? function = session.Function(domain, node.OpType, node.Overload);
        int opset = scope.Opsets.GetValueOrDefault(domain);
        OperatorEntry? entry = function is null ? OperatorTable.Find(domain, node.OpType, opset) : null;
        if (function is null && entry is null)
        {
            throw new ImportException(DiagnosticKinds.OperatorUnsupported, domain.Length == 0 ? node.OpType : domain + "." + node.OpType, $"opset {opset}");
        }

        ImmutableArray<string?> inputs = [.. node.Input.Select(input => input.Length == 0 || scope.IsMissing(input) ? null : scope.Find(input) ?? throw new ReportedException())];
        IReadOnlyDictionary<string, AttributeProto> attributes = Attributes(node, scope);
        if (function is not null)
        {
            return session.Nested<ImmutableArray<string?>>($"function {function.Name}", () => Inline(function, inputs, attributes));
        }

        var imported = new OnnxNode(node, name, opset, attributes, inputs);
        NarrowOperators.Check(entry!, imported, session);
        RefuseText(imported, entry!);
        ImmutableArray<string?> outputs = BoundRules.Import(entry!, imported, new OnnxContext(session, this, imported, scope));
        NarrowOperators.Pass(entry!, imported, outputs, session);
        return entry!.TakesText ? MovedText(name, inputs, outputs) : outputs;
    }

    // Text and maps are numbers here; an operator that does not know must not compute with them.
    private void RefuseText(OnnxNode node, OperatorEntry entry)
    {
        for (int index = entry.TakesText ? 1 : 0; index < node.Inputs.Length; index++)
        {
            if (node.Inputs[index] is { } input && session.LabelsOf(input)?.Role is LabelRole.Text or LabelRole.Map)
            {
                throw ImportException.ElementType(node.InputName(index), session.LabelsOf(input)!.Role == LabelRole.Text ? "string" : "map");
            }
        }
    }

    private ImmutableArray<string?> MovedText(string name, ImmutableArray<string?> inputs, ImmutableArray<string?> outputs) =>
        inputs[0] is { } input && outputs[0] is { } output && session.LabelsOf(input) is { Role: LabelRole.Text or LabelRole.Map } labels && session.LabelsOf(output) is null
            ? outputs.SetItem(0, session.WithLabels(name, output, labels))
            : outputs;

    /// <summary>Imports a branch, or one iteration of a loop.</summary>
    /// <param name="graph">The file's graph.</param>
    /// <param name="scope">The graph around it.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="capture">Where the values go into a graph of their own: makes a value of the graph around it known inside.</param>
    /// <returns>Its outputs, or <see langword="null"/> when an error was reported.</returns>
    public ImmutableArray<string>? ImportGraph(GraphProto graph, OnnxScope scope, ImmutableArray<string> inputs, Func<string, string>? capture = null) =>
        session.Nested<ImmutableArray<string>?>("a branch", () =>
        {
            if (graph.Input.Count != inputs.Length)
            {
                throw ImportException.Invalid($"a graph inside a node has {graph.Input.Count} inputs, not {inputs.Length}");
            }

            var inner = new OnnxScope(scope, scope.Opsets, scope.Arguments, capture);
            DefineConstants(graph, inner);
            foreach ((ValueInfoProto input, string value) in graph.Input.Zip(inputs))
            {
                inner.Define(input.Name, value);
            }

            ImportNodes(graph.Node, inner);
            string?[] outputs = [.. graph.Output.Select(output => Guard("", $"output '{output.Name}'", () => inner.Find(output.Name)))];
            return outputs.Contains(null) ? null : [.. outputs.OfType<string>()];
        });

    private static Dictionary<string, AttributeProto> Attributes(NodeProto node, OnnxScope scope)
    {
        var attributes = new Dictionary<string, AttributeProto>(StringComparer.Ordinal);
        foreach (AttributeProto attribute in node.Attribute)
        {
            AttributeProto? value = attribute.RefAttrName.Length == 0 ? attribute : scope.Arguments.GetValueOrDefault(attribute.RefAttrName);
            if (value is not null && !attributes.TryAdd(attribute.Name, value))
            {
                throw ImportException.Invalid($"{node.OpType} has two attributes '{attribute.Name}'");
            }
        }

        return attributes;
    }

    private ImmutableArray<string?> Inline(FunctionProto function, ImmutableArray<string?> inputs, IReadOnlyDictionary<string, AttributeProto> attributes)
    {
        var arguments = new Dictionary<string, AttributeProto>(attributes, StringComparer.Ordinal);
        foreach (AttributeProto missing in function.AttributeProto)
        {
            arguments.TryAdd(missing.Name, missing);
        }

        var inner = new OnnxScope(null, OnnxImporter.Opsets(function.OpsetImport), arguments);
        for (int index = 0; index < function.Input.Count; index++)
        {
            if (index < inputs.Length && inputs[index] is { } given)
            {
                inner.Define(function.Input[index], given);
            }
            else
            {
                inner.DefineMissing(function.Input[index]);
            }
        }

        ImportNodes(function.Node, inner);
        return [.. function.Output.Select(inner.Find)];
    }
}
