using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Import.TensorFlowLite.Operators;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>
/// Imports the nodes of one graph of the file. A tensor of narrow integers that stand for real numbers is a float32 value here, on the file's grid.
/// </summary>
/// <param name="session">What the import shares.</param>
/// <param name="graph">The graph.</param>
/// <param name="number">Its number.</param>
internal sealed class LiteGraphImporter(LiteSession session, LiteSubgraph graph, int number)
{
    private readonly Dictionary<int, string?> values = [];

    /// <summary>Says which value a tensor is.</summary>
    public void Define(int tensor, string? value) => values[tensor] = value;

    /// <summary>What tells a variable tensor from others.</summary>
    public string KeyOf(LiteTensor tensor) => string.Create(CultureInfo.InvariantCulture, $"tensor {number:D4} {tensor.Index:D9}");

    /// <summary>The value that a tensor is.</summary>
    /// <exception cref="ReportedException">What makes it has been reported.</exception>
    /// <exception cref="ImportException">Nothing makes it.</exception>
    public string Require(int tensor)
    {
        if (!values.TryGetValue(tensor, out string? value))
        {
            LiteTensor description = graph.Tensor(tensor);
            if (!session.Constants.Has(description) && !(description.Shape.ElementCount == 0 && description.Buffer != 0))
            {
                throw ImportException.Invalid($"tensor '{description.Name}' is read before anything makes it");
            }

            value = session.Guard("", $"constant '{description.Name}'", () => session.Builder.AddConstant(session.Constants.Real(description), description.Name));
            values.Add(tensor, value);
        }

        return value ?? throw new ReportedException();
    }

    /// <summary>Imports all nodes, telling all trouble.</summary>
    public void ImportNodes()
    {
        for (int index = 0; index < graph.NodeCount; index++)
        {
            int place = index;
            if (session.Guard("", $"node {index}", () => graph.Node(session.Model, place)) is not { } node)
            {
                continue;
            }

            string name = session.Guard("", node.OperatorName, () => NameOf(node, place)) ?? node.OperatorName;
            ImmutableArray<string>? made = session.Guard<ImmutableArray<string>?>(name, node.OperatorName, () => Import(node, name));
            for (int output = 0; output < node.Outputs.Length; output++)
            {
                if (node.Outputs[output] >= 0)
                {
                    values[node.Outputs[output]] = made is { } known && output < known.Length ? known[output] : null;
                }
            }
        }
    }

    // Fused nodes are named after all that went into them.
    private string NameOf(LiteNode node, int place) =>
        node.Outputs.Length > 0 && node.Outputs[0] >= 0 && graph.Tensor(node.Outputs[0]).Name.Split(';')[0] is { Length: > 0 } name
            ? name
            : string.Create(CultureInfo.InvariantCulture, $"{node.OperatorName}_{place}");

    private ImmutableArray<string> Import(LiteNode node, string name)
    {
        session.CountNode();
        if (LiteOperatorTable.Find(node.OperatorName) is not { } entry)
        {
            throw new ImportException(DiagnosticKinds.OperatorUnsupported, node.OperatorName, $"TensorFlow Lite, version {node.Version}");
        }

        ImmutableArray<LiteTensor?> inputs = [.. node.Inputs.Select(Description)];
        ImmutableArray<LiteTensor?> outputs = [.. node.Outputs.Select(Description)];
        RequireReal(entry, inputs, outputs);
        ImmutableArray<string?> given = [.. node.Inputs.Select((tensor, index) =>
            tensor < 0 ? null : inputs[index]!.IsVariable ? inputs[index]!.Name : Require(tensor))];
        var imported = new LiteOperator(name, node, given, inputs, outputs, [.. node.Intermediates.Select(Description)]);
        var context = new LiteContext(session, this, imported);
        ImmutableArray<string> made = entry.Import(imported, context);
        return [.. made.Take(outputs.Length).Select((value, index) => outputs[index] is { } tensor ? Stored(entry, imported, context, value, tensor) : value)];
    }

    private static void RequireReal(LiteEntry entry, ImmutableArray<LiteTensor?> inputs, ImmutableArray<LiteTensor?> outputs)
    {
        if (!entry.IsComplex && inputs.Concat(outputs).FirstOrDefault(tensor => tensor is { IsComplex: true }) is { } complex)
        {
            throw ImportException.Attribute(entry.Name, $"the tensor '{complex.Name}' of complex numbers", "REAL, IMAG and COMPLEX_ABS read them, RFFT2D makes them");
        }
    }

    private LiteTensor? Description(int tensor) => tensor < 0 ? null : graph.Tensor(tensor);

    // What the node makes, as the file has it: on the tensor's grid, or integers of its type.
    private static string Stored(LiteEntry entry, LiteOperator node, LiteContext context, string value, LiteTensor tensor)
    {
        if (VariableOperators.IsHandle(value) || tensor.IsComplex)
        {
            return value;
        }

        ElementType made = context.ElementTypeOf(value);
        ElementType declared = tensor.Storage;
        if (!tensor.IsQuantized)
        {
            return made == declared ? value
                : made.IsFloat() || declared.IsFloat() || made == ElementType.Boolean || declared == ElementType.Boolean
                    ? throw ImportException.Invalid($"{node.Operator} makes {made}, but tensor '{tensor.Name}' is {declared}")
                    : context.Convert(value, declared);
        }

        string real = made == declared ? context.Real(value, tensor) : value;
        if (entry.Moved is { } moved && node.Tensor(moved) is { IsQuantized: true, Grid.IsSingle: true } source)
        {
            if (Equals(source.Grid, tensor.Grid) && source.Code == tensor.Code)
            {
                return real;
            }

            real = tensor.Grid!.IsSingle ? context.Reinterpreted(real, source, tensor) : real;
        }

        return context.OnGrid(real, tensor);
    }
}
