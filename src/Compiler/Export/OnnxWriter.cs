using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using Google.Protobuf;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Export;

/// <summary>Puts an ONNX file together: unique names, nodes, constants.</summary>
/// <param name="reserved">Names that inputs and outputs have.</param>
internal sealed class OnnxWriter(IEnumerable<string> reserved)
{
    private const string Producer = "ModelCompiler";

    private readonly GraphProto graph = new();
    private readonly HashSet<string> names = new(reserved, StringComparer.Ordinal);
    private readonly Dictionary<string, int> next = new(StringComparer.Ordinal);

    /// <summary>A name that nothing has yet.</summary>
    public string Unique(string wish)
    {
        string name = wish;
        while (!names.Add(name))
        {
            int number = next.GetValueOrDefault(wish, 1) + 1;
            next[wish] = number;
            name = string.Create(CultureInfo.InvariantCulture, $"{wish}_{number}");
        }

        return name;
    }

    /// <summary>Adds an input of the model.</summary>
    public void AddInput(string name, TensorType type) => graph.Input.Add(Describe(name, type));

    /// <summary>Adds an output of the model.</summary>
    public void AddOutput(string name, TensorType type) => graph.Output.Add(Describe(name, type));

    /// <summary>Adds a node whose outputs have names already.</summary>
    public void AddNode(string name, string type, IEnumerable<string> inputs, IEnumerable<string> outputs, params IEnumerable<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = Unique(name + "/" + type), OpType = type };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        node.Attribute.AddRange(attributes);
        graph.Node.Add(node);
    }

    /// <summary>Adds a node with one output.</summary>
    /// <returns>The output's name.</returns>
    public string AddNode(string name, string type, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes)
    {
        string output = Unique(name + "/" + type + ":0");
        AddNode(name, type, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds a constant.</summary>
    /// <returns>Its name.</returns>
    public string AddConstant(string wish, Tensor tensor)
    {
        var proto = new TensorProto { Name = Unique(wish), DataType = CodeOf(tensor.Type), RawData = ByteString.CopyFrom(Bytes(tensor.Data)) };
        proto.Dims.AddRange(tensor.Shape.Select(extent => (long)extent));
        graph.Initializer.Add(proto);
        return proto.Name;
    }

    /// <summary>A row of int64: shapes, axes.</summary>
    public string AddIntegers(string wish, IEnumerable<int> numbers)
    {
        long[] wide = [.. numbers.Select(number => (long)number)];
        return AddConstant(wish, Tensor.Of([wide.Length], wide));
    }

    /// <summary>The file.</summary>
    public ModelProto Finish(string name, int formatVersion, int operatorSet)
    {
        graph.Name = name;
        var model = new ModelProto { IrVersion = formatVersion, ProducerName = Producer, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = operatorSet });
        return model;
    }

    /// <summary>The format's code of an element type.</summary>
    public static int CodeOf(ElementType type) => type switch
    {
        ElementType.Float32 => OnnxTypes.Float,
        ElementType.Float64 => OnnxTypes.Double,
        ElementType.Int8 => OnnxTypes.Int8,
        ElementType.UInt8 => OnnxTypes.UInt8,
        ElementType.Int16 => OnnxTypes.Int16,
        ElementType.UInt16 => OnnxTypes.UInt16,
        ElementType.Int32 => OnnxTypes.Int32,
        ElementType.UInt32 => OnnxTypes.UInt32,
        ElementType.Int64 => OnnxTypes.Int64,
        ElementType.UInt64 => OnnxTypes.UInt64,
        _ => OnnxTypes.Boolean,
    };

    /// <summary>A whole number.</summary>
    public static AttributeProto Attribute(string name, int value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>Whole numbers.</summary>
    public static AttributeProto Attribute(string name, params IEnumerable<int> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values.Select(value => (long)value));
        return attribute;
    }

    /// <summary>A text.</summary>
    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    private static ValueInfoProto Describe(string name, TensorType type)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = CodeOf(type.Type), Shape = new TensorShapeProto() };
        tensor.Shape.Dim.AddRange(type.Shape.Select(extent => new TensorShapeProto.Types.Dimension { DimValue = extent }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private static ReadOnlySpan<byte> Bytes(Array data) =>
        MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(data), Buffer.ByteLength(data));
}
