using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>
/// The standard's own test vectors, one folder an example: <c>model.onnx</c>, <c>test_data_set_*/input_*.pb</c>, <c>output_*.pb</c>. The inputs
/// become constants, so the whole model folds, and the outputs can be compared without compiling anything; or some of float32 stay
/// inputs, so that what is imported is what a real model's import is, and its ops are evaluated.
/// </summary>
public static class NodeVectors
{
    private const float RelativeTolerance = 1e-3f;
    private const float AbsoluteTolerance = 1e-7f;

    // 8 bits of precision in the numbers compared with.
    private const float BFloat16Tolerance = 1e-2f;

    // What an importer may refuse; anything else is a mistake.
    private static readonly DiagnosticKind[] Refusals =
    [
        DiagnosticKinds.OperatorUnsupported, DiagnosticKinds.AttributeUnsupported, DiagnosticKinds.TypeUnsupported, DiagnosticKinds.ShapeDependsOnData,
        DiagnosticKinds.ExtentDependsOnData,
        DiagnosticKinds.LoopUnbounded,
    ];

    /// <summary>The folder of the vectors beside the repository, or null.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>Runs one folder: null when all outputs agree, else why not, and whether the importer refused it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="free">How many inputs at most stay inputs; the others become constants.</param>
    public static (bool Refused, string? Problem) Run(string folder, int free)
    {
        foreach (string set in Directory.GetDirectories(folder, "test_data_set_*").Order())
        {
            try
            {
                if (Compare(folder, set, free) is { } problem)
                {
                    return (false, problem);
                }
            }
            catch (DiagnosticException exception)
            {
                bool refused = exception.Diagnostics.All(diagnostic => Refusals.Contains(diagnostic.Kind));
                return (refused, string.Join("; ", exception.Diagnostics.Select(diagnostic => $"{diagnostic.Kind.Code} {diagnostic.Node}: {diagnostic.Message}")));
            }
        }

        return (false, null);
    }

    private static string? Compare(string folder, string set, int free)
    {
        string path = Path.Combine(folder, "model.onnx");
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
        var inputs = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (int index = 0; index < model.Graph.Input.Count; index++)
        {
            string input = Path.Combine(set, $"input_{index}.pb");
            ValueInfoProto declared = model.Graph.Input[index];
            if (declared.Type.TensorType is not null && File.Exists(input))
            {
                TensorProto tensor = TensorProto.Parser.ParseFrom(File.ReadAllBytes(input));
                tensor.Name = declared.Name;
                if (index < free && tensor.DataType == OnnxTypes.Float && !tensor.Dims.Contains(0))
                {
                    inputs[declared.Name] = new OnnxTensors(folder).Read(tensor);
                }
                else
                {
                    model.Graph.Initializer.Add(tensor);
                }
            }
        }

        Graph graph = OnnxImporter.Import(model, new CompileOptions { ModelPath = path, ClassName = "Model" }, []);
        Dictionary<string, Tensor> values = Evaluate(graph, inputs);
        for (int index = 0; index < graph.Outputs.Length; index++)
        {
            TensorProto expected = TensorProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(set, $"output_{index}.pb")));
            float tolerance = expected.DataType == OnnxTypes.BFloat16 ? BFloat16Tolerance : RelativeTolerance;
            string name = graph.Outputs[index].Name;
            if (Compare(new OnnxTensors(folder).Read(expected), Running.Valid(graph.Outputs[index], values), tolerance) is { } problem)
            {
                return $"{name}: {problem}";
            }
        }

        return null;
    }

    private static Dictionary<string, Tensor> Evaluate(Graph graph, Dictionary<string, Tensor> inputs)
    {
        var values = new Dictionary<string, Tensor>(graph.Constants, StringComparer.Ordinal);
        foreach (string input in graph.Inputs)
        {
            values[input] = inputs[input];
        }

        foreach (Node node in graph.Nodes)
        {
            foreach ((string output, Tensor result) in node.Outputs.Zip(node.Op.Evaluate([.. node.Inputs.Select(input => values[input])])))
            {
                values[output] = result;
            }
        }

        return values;
    }

    private static string? Compare(Tensor expected, Tensor actual, float tolerance)
    {
        if (expected.TensorType != actual.TensorType)
        {
            return $"expected {expected.TensorType}, but was {actual.TensorType}";
        }

        double[] wanted = expected.ToFloat64();
        double[] had = actual.ToFloat64();
        for (int index = 0; index < wanted.Length; index++)
        {
            double difference = Math.Abs(wanted[index] - had[index]);
            bool agrees = wanted[index].Equals(had[index]) || difference <= AbsoluteTolerance + (tolerance * Math.Abs(wanted[index]));
            if (!agrees)
            {
                return $"element {index} of {expected.Shape}: expected {wanted[index]}, but was {had[index]}";
            }
        }

        return null;
    }

    private static string? FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "data", "onnx");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
