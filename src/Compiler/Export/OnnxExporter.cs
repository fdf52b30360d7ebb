using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Export;

/// <summary>
/// Writes a graph as an ONNX model, so that any other runtime can check what was quantised. What is stored as uint8 is a pair of QuantizeLinear and
/// DequantizeLinear (the QDQ form), weights and biases of quantised layers are integers behind DequantizeLinear.
/// Operators: https://onnx.ai/onnx/operators/
/// </summary>
public static class OnnxExporter
{
    /// <summary>Version of the operator set that is written.</summary>
    public const int OperatorSet = 19;

    // The first version of the file format that knows the operator set.
    private const int FormatVersion = 9;

    /// <summary>The bytes of an ONNX file.</summary>
    /// <param name="graph">The optimised graph, quantised or not.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="path">The model's file, for messages.</param>
    /// <exception cref="DiagnosticException">Nodes have no ONNX form; all of them are named.</exception>
    public static byte[] Export(Graph graph, string name, string path)
    {
        var writer = new OnnxWriter(graph.Inputs.Concat(graph.Outputs.Select(output => output.Name)));
        var values = new ExportedValues(graph, writer);
        var problems = new List<Diagnostic>();
        foreach (string input in graph.Inputs)
        {
            writer.AddInput(input, graph.Values[input].Type);
            values.Define(input, Layout.Own, input);
        }

        foreach (Node node in graph.Nodes)
        {
            try
            {
                OperatorExport.Export(new NodeExport(node, values, writer));
            }
            catch (NotExportedException exception)
            {
                problems.Add(DiagnosticKinds.NotExported.At(path, node.Name, exception.Message));
                values.Abandon(node.Outputs);
            }
        }

        problems.AddRange(graph.Outputs.Where(output => output.Bound is not null)
            .Select(output => DiagnosticKinds.NotExported.At(path, output.Name, "the extent of this output depends on the data")));
        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }

        foreach (GraphOutput output in graph.Outputs)
        {
            writer.AddNode(output.Name, "Identity", [values.Plain(output.Value)], [output.Name]);
            writer.AddOutput(output.Name, graph.Values[output.Value].Type);
        }

        return writer.Finish(name, FormatVersion, OperatorSet).ToByteArray();
    }
}

/// <summary>A node has no ONNX form; the message says what of it.</summary>
internal sealed class NotExportedException(string message) : Exception(message);
