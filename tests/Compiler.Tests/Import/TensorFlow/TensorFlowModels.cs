using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.TensorFlow;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlow;

/// <summary>Small TensorFlow graphs, made in memory.</summary>
internal static class TensorFlowModels
{
    public static CompileOptions Options { get; } = new() { ModelPath = "model.pb", ClassName = "Model" };

    /// <summary>A node; inputs are separated by spaces.</summary>
    public static NodeDef Node(string operatorName, string name, string inputs = "", params (string Name, object Value)[] attributes)
    {
        var node = new NodeDef { Op = operatorName, Name = name };
        node.Input.AddRange(inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        foreach ((string attribute, object value) in attributes)
        {
            node.Attr.Add(attribute, Value(value));
        }

        return node;
    }

    /// <summary>An attribute; an array of integers is a list, a shape a shape, a tensor a constant.</summary>
    public static AttrValue Value(object value) => value switch
    {
        int type => new AttrValue { Type = type },
        long number => new AttrValue { I = number },
        float number => new AttrValue { F = number },
        bool truth => new AttrValue { B = truth },
        string text => new AttrValue { S = ByteString.CopyFromUtf8(text) },
        int[] numbers => new AttrValue { List = new AttrValue.Types.ListValue { I = { numbers.Select(number => (long)number) } } },
        TensorShapeProto shape => new AttrValue { Shape = shape },
        TensorProto tensor => new AttrValue { Tensor = tensor },
        NameAttrList function => new AttrValue { Func = function },
        _ => throw new ArgumentException($"{value}"),
    };

    public static TensorShapeProto Shape(params long[] extents)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(extents.Select(extent => new TensorShapeProto.Types.Dim { Size = extent }));
        return shape;
    }

    public static NodeDef Placeholder(string name, params long[] shape) =>
        Node("Placeholder", name, "", ("dtype", TensorFlowTypes.Float), ("shape", Shape(shape)));

    public static NodeDef Floats(string name, long[] shape, params float[] values) =>
        Node("Const", name, "", ("dtype", TensorFlowTypes.Float), ("value", new TensorProto { Dtype = TensorFlowTypes.Float, TensorShape = Shape(shape), FloatVal = { values } }));

    public static NodeDef Integers(string name, params int[] values) => Integers(name, [values.Length], values);

    public static NodeDef Integers(string name, long[] shape, params int[] values) =>
        Node("Const", name, "", ("dtype", TensorFlowTypes.Int32), ("value", new TensorProto { Dtype = TensorFlowTypes.Int32, TensorShape = Shape(shape), IntVal = { values } }));

    public static NodeDef Number(string name, int value) => Integers(name, [], value);

    public static NodeDef Truths(string name, long[] shape, params bool[] values) =>
        Node("Const", name, "", ("dtype", TensorFlowTypes.Boolean), ("value", new TensorProto { Dtype = TensorFlowTypes.Boolean, TensorShape = Shape(shape), BoolVal = { values } }));

    /// <summary>0, 1, 2, … in a shape.</summary>
    public static NodeDef Counted(string name, params long[] shape) =>
        Floats(name, shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, extent) => product * extent)).Select(index => (float)index)]);

    public static GraphDef Graph(params NodeDef[] nodes) => new() { Node = { nodes } };

    public static Graph Accept(GraphDef graph, CompileOptions? options = null) => TensorFlowImporter.Import(graph, options ?? Options, []);

    public static ImmutableArray<Diagnostic> Refuse(GraphDef graph, CompileOptions? options = null)
    {
        try
        {
            Accept(graph, options);
        }
        catch (DiagnosticException exception)
        {
            return exception.Diagnostics;
        }
        catch (ModelCompiler.Compiler.Import.ImportException exception)
        {
            return [exception.At("model.pb", "")];
        }

        Assert.Fail("the graph was imported");
        return [];
    }

    /// <summary>The output of a node named <c>y</c> whose inputs are all constant.</summary>
    public static Tensor Evaluate(params NodeDef[] nodes) => Evaluate("y", nodes);

    public static Tensor Evaluate(string output, params NodeDef[] nodes)
    {
        Graph graph = Accept(Graph(nodes), Options with { Outputs = [output] });
        Tensor folded = graph.Constants[graph.Outputs[0].Value];
        CompareWithKernels(output, nodes, folded);
        return folded;
    }

    // The first constant of float32 is given at run time instead; where it has to be constant, there is nothing to compare.
    private static void CompareWithKernels(string output, NodeDef[] nodes, Tensor folded)
    {
        int given = Array.FindIndex(nodes, node => node.Op == "Const" && node.Attr["value"].Tensor.Dtype == TensorFlowTypes.Float);
        if (given < 0 || folded.Count == 0)
        {
            return;
        }

        TensorProto constant = nodes[given].Attr["value"].Tensor;
        NodeDef placeholder = Node("Placeholder", nodes[given].Name, "", ("dtype", TensorFlowTypes.Float), ("shape", constant.TensorShape));
        NodeDef[] changed = [.. nodes.Select((node, index) => index == given ? placeholder : node), Node("Cast", "result", output, ("DstT", TensorFlowTypes.Float))];
        GraphDef graph = Graph(changed);
        try
        {
            Graph imported = Accept(graph, Options with { Outputs = ["result"] });
            Graph prepared = Quantizer.Run(PassList.Run(imported, Precision.Float32)).Graph;
            Tensor[] inputs = imported.Inputs.IsEmpty ? [] : [TensorFlowTensors.Read(constant, "")];
            Running.Close(folded.ConvertedTo(ModelCompiler.Plans.ElementType.Float32).Values<float>(), Running.Execute(prepared, inputs), 1e-5, $"{nodes[^1].Op} by kernels");
        }
        catch (DiagnosticException exception) when (exception.Diagnostics.All(problem => problem.Kind == DiagnosticKinds.ShapeDependsOnData))
        {
        }
    }

    /// <summary>What an operator makes of constants, which are its inputs in the order given.</summary>
    public static Tensor Apply(string operatorName, NodeDef[] inputs, params (string Name, object Value)[] attributes) =>
        Evaluate([.. inputs, Node(operatorName, "y", string.Join(' ', inputs.Select(input => input.Name)), attributes)]);

    public static void AssertRefused(DiagnosticKind kind, string operatorName, NodeDef[] inputs, params (string Name, object Value)[] attributes) =>
        Assert.Contains(Refuse(
            Graph([.. inputs, Node(operatorName, "y", string.Join(' ', inputs.Select(input => input.Name)), attributes)]), Options with { Outputs = ["y"] }), problem => problem.Kind == kind);

    public static void AssertTensor(int[] shape, IEnumerable<double> expected, Tensor actual, double tolerance = 1e-5)
    {
        Assert.Equal(shape, actual.Shape);
        double[] numbers = actual.Type == ModelCompiler.Plans.ElementType.Boolean ? Array.ConvertAll(actual.Values<bool>(), truth => truth ? 1.0 : 0) : actual.ToFloat64();
        double[] wanted = [.. expected];
        Assert.Equal(wanted.Length, numbers.Length);
        for (int index = 0; index < wanted.Length; index++)
        {
            Assert.True(Math.Abs(wanted[index] - numbers[index]) <= tolerance * (1 + Math.Abs(wanted[index])), $"element {index} is {numbers[index]}, not {wanted[index]}");
        }
    }
}
