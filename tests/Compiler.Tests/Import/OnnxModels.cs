using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.Onnx;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Small ONNX models, made in memory.</summary>
internal static class OnnxModels
{
    public const int Opset = 21;

    public static AttributeProto Attribute(string name, long value) => new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    public static AttributeProto Attribute(string name, float value) => new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String };

    public static AttributeProto Attribute(string name, TensorProto value) => new() { Name = name, T = value, Type = AttributeProto.Types.AttributeType.Tensor };

    public static AttributeProto Attribute(string name, GraphProto value) => new() { Name = name, G = value, Type = AttributeProto.Types.AttributeType.Graph };

    public static AttributeProto Integers(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    public static AttributeProto Reference(string name, string argument) => new() { Name = name, RefAttrName = argument };

    /// <summary>A node; names are separated by spaces, and <c>_</c> is one left out.</summary>
    public static NodeProto Node(string operatorName, string inputs, string outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = operatorName };
        node.Input.AddRange(Names(inputs));
        node.Output.AddRange(Names(outputs));
        node.Attribute.AddRange(attributes);
        return node;
    }

    public static TensorProto Floats(string name, long[] shape, params float[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTypes.Float };
        tensor.Dims.AddRange(shape);
        tensor.FloatData.AddRange(values);
        return tensor;
    }

    public static TensorProto Longs(string name, params long[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTypes.Int64 };
        tensor.Dims.Add(values.Length);
        tensor.Int64Data.AddRange(values);
        return tensor;
    }

    /// <summary>An input; an extent is a number or a name.</summary>
    public static ValueInfoProto Input(string name, int type, params object[] shape)
    {
        var input = new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = new TensorShapeProto() } } };
        input.Type.TensorType.Shape.Dim.AddRange(shape.Select(extent => extent is string text
            ? new TensorShapeProto.Types.Dimension { DimParam = text }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(extent, null) }));
        return input;
    }

    /// <summary>A graph; the outputs' names are separated by spaces.</summary>
    public static GraphProto Graph(IEnumerable<NodeProto> nodes, string outputs, IEnumerable<TensorProto>? constants = null, params ValueInfoProto[] inputs)
    {
        var graph = new GraphProto();
        graph.Node.AddRange(nodes);
        graph.Initializer.AddRange(constants ?? []);
        graph.Input.AddRange(inputs);
        graph.Output.AddRange(Names(outputs).Select(name => new ValueInfoProto { Name = name }));
        return graph;
    }

    public static ModelProto Model(GraphProto graph, int opset = Opset)
    {
        var model = new ModelProto { IrVersion = 9, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        return model;
    }

    /// <summary>A model that takes one float32 input <c>x</c> and gives one output <c>y</c>.</summary>
    public static ModelProto Model(int[] shape, IEnumerable<NodeProto> nodes, params TensorProto[] constants) =>
        Model(Graph(nodes, "y", constants, Input("x", OnnxTypes.Float, [.. shape.Cast<object>()])));

    public static Graph Accept(ModelProto model, params (string Name, int[] Shape)[] shapes) => OnnxImporter.Import(model, Options(shapes), []);

    public static ImmutableArray<Diagnostic> Refuse(ModelProto model, params (string Name, int[] Shape)[] shapes) =>
        Xunit.Assert.Throws<DiagnosticException>(() => Accept(model, shapes)).Diagnostics;

    /// <summary>The outputs of one node whose inputs are all constant.</summary>
    public static Tensor[] Evaluate(int opset, NodeProto node, params TensorProto[] inputs)
    {
        string[] outputs = [.. node.Output.Where(name => name.Length > 0)];
        Graph graph = Accept(Model(Graph([node], string.Join(' ', outputs), inputs), opset));
        return [.. graph.Outputs.Select(output => graph.Constants[output.Value])];
    }

    /// <summary>The output <c>y</c> of one node whose inputs are constant; they are named in the order given.</summary>
    public static Tensor Evaluate(string operatorName, TensorProto[] inputs, params AttributeProto[] attributes) =>
        Evaluate(Opset, Node(operatorName, string.Join(' ', inputs.Select(input => input.Name)), "y", attributes), inputs)[0];

    /// <summary>Writes a file into a folder of its own and imports it.</summary>
    public static Graph ImportFile(string name, byte[] content) => InFolder(folder =>
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return ModelImporter.Import(new CompileOptions { ModelPath = path, ClassName = "Model" }, []);
    });

    public static T InFolder<T>(Func<string, T> action)
    {
        string folder = Directory.CreateTempSubdirectory("onnx-").FullName;
        try
        {
            return action(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static CompileOptions Options((string Name, int[] Shape)[] shapes) => new()
    {
        ModelPath = "model.onnx",
        ClassName = "Model",
        InputShapes = shapes.ToImmutableDictionary(pair => pair.Name, pair => pair.Shape.ToImmutableArray()),
    };

    private static IEnumerable<string> Names(string names) => names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name == "_" ? "" : name);
}
