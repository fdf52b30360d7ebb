using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Runtime.InteropServices;
using Google.FlatBuffers;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.TensorFlowLite;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>A tensor of a test's file; a constant when it has data.</summary>
internal sealed record LiteTensorSpecification(string Name, ElementType Type, int[] Shape, Array? Data = null)
{
    public float[] Scales { get; init; } = [];

    public long[] Zeros { get; init; } = [];

    public int Axis { get; init; }

    public bool IsVariable { get; init; }

    public int[]? Signature { get; init; }

    /// <summary>The format's own number of the type, where it is not that of the data.</summary>
    public int? Code { get; init; }
}

/// <summary>An option of an operator: its number in the schema, and a value of the schema's own type.</summary>
internal readonly record struct LiteOption(int Field, object Value);

/// <summary>An operator of a test's file; tensors by name, separated by spaces, <c>_</c> for one left out.</summary>
internal sealed record LiteNodeSpecification(string Operator, string Inputs, string Outputs, params LiteOption[] Options)
{
    public byte[]? CustomOptions { get; init; }

    /// <summary>Tensors that the operator keeps to itself.</summary>
    public string Intermediates { get; init; } = "";
}

/// <summary>A graph of a test's file.</summary>
internal sealed record LiteGraphSpecification(string Inputs, string Outputs, LiteTensorSpecification[] Tensors, params LiteNodeSpecification[] Nodes);

/// <summary>Small TensorFlow Lite files, made in memory.</summary>
internal static class LiteModels
{
    public static LiteTensorSpecification Floats(string name, int[] shape, params float[] data) => new(name, ElementType.Float32, shape, data.Length == 0 ? null : data);

    public static LiteTensorSpecification Integers(string name, int[] shape, params int[] data) => new(name, ElementType.Int32, shape, data.Length == 0 ? null : data);

    public static LiteTensorSpecification Vector(string name, params int[] data) => new(name, ElementType.Int32, [data.Length], data);

    public static LiteTensorSpecification Bytes(string name, int[] shape, float scale, long zero, params sbyte[] data) =>
        new(name, ElementType.Int8, shape, data.Length == 0 ? null : data) { Scales = [scale], Zeros = [zero] };

    /// <summary>The bytes of a file; inputs and outputs by name, separated by spaces.</summary>
    public static byte[] File(string inputs, string outputs, LiteTensorSpecification[] tensors, params LiteNodeSpecification[] nodes) =>
        File([new LiteGraphSpecification(inputs, outputs, tensors, nodes)]);

    /// <summary>The bytes of a file of several graphs; the first is the model.</summary>
    /// <param name="graphs">The graphs.</param>
    /// <param name="metadata">What the file says of itself: the content of its buffer TFLITE_METADATA.</param>
    public static byte[] File(LiteGraphSpecification[] graphs, byte[]? metadata = null)
    {
        // Fields are written even where they hold what the schema assumes: it assumes true of some.
        var builder = new FlatBufferBuilder(1024) { ForceDefaults = true };
        string[] operators = [.. graphs.SelectMany(graph => graph.Nodes).Select(node => node.Operator).Distinct()];
        int[] codes = [.. operators.Select(name => Code(builder, name))];
        LiteTensorSpecification[] tensors = [.. graphs.SelectMany(graph => graph.Tensors)];
        int[] buffers = [Buffer(builder, null), .. tensors.Select(tensor => Buffer(builder, tensor.Data)), Buffer(builder, metadata)];
        int first = 1;
        var places = new List<int>();
        foreach (LiteGraphSpecification graph in graphs)
        {
            places.Add(Graph(builder, graph, first, operators));
            first += graph.Tensors.Length;
        }

        (int Field, int Offset)[] lists = [(1, Offsets(builder, codes)), (2, Offsets(builder, [.. places])), (4, Offsets(builder, buffers))];
        if (metadata is not null)
        {
            int name = builder.CreateString("TFLITE_METADATA").Value;
            builder.StartTable(2);
            builder.AddOffset(0, name, 0);
            builder.AddInt(1, buffers.Length - 1, 0);
            lists = [.. lists, (6, Offsets(builder, [builder.EndTable()]))];
        }

        builder.StartTable(7);
        builder.AddInt(0, 3, 0);
        foreach ((int field, int offset) in lists)
        {
            builder.AddOffset(field, offset, 0);
        }

        builder.Finish(builder.EndTable(), "TFL3");
        return builder.SizedByteArray();
    }

    public static Graph Accept(byte[] file) => LiteImporter.Import(LiteModel.Read(file), Options, []);

    /// <summary>What an import has to say, whatever it is.</summary>
    public static ImmutableArray<Diagnostic> Refuse(byte[] file)
    {
        try
        {
            Accept(file);
            return [];
        }
        catch (ImportException exception)
        {
            return [exception.At("model.tflite", "")];
        }
        catch (DiagnosticException exception)
        {
            return exception.Diagnostics;
        }
    }

    /// <summary>The outputs of one operator, by reference evaluation of the graph it becomes. Tensors that are not constant and no output are inputs.</summary>
    public static Tensor[] Run(LiteNodeSpecification node, LiteTensorSpecification[] tensors, params Tensor[] inputs)
    {
        string[] made = node.Outputs.Split(' ');
        string given = string.Join(' ', tensors.Where(tensor => tensor.Data is null && !tensor.IsVariable && !made.Contains(tensor.Name)).Select(tensor => tensor.Name));
        Graph graph = Accept(File(given, node.Outputs, tensors, node));
        ImmutableArray<Tensor> values = GraphEvaluator.Evaluate(graph, [.. inputs]);
        return [.. values];
    }

    public static CompileOptions Options { get; } = new() { ModelPath = "model.tflite", ClassName = "Model" };

    private static int Graph(FlatBufferBuilder builder, LiteGraphSpecification graph, int firstBuffer, string[] operators)
    {
        int[] places = [.. graph.Tensors.Select((tensor, index) => Tensor(builder, tensor, tensor.Data is null ? 0 : firstBuffer + index))];
        int[] steps = [.. graph.Nodes.Select(node => Node(builder, node, Array.IndexOf(operators, node.Operator), name => IndexOf(graph.Tensors, name)))];
        return Table(
            builder,
            (0, Offsets(builder, places)),
            (1, Vector(builder, Indices(graph.Tensors, graph.Inputs))),
            (2, Vector(builder, Indices(graph.Tensors, graph.Outputs))),
            (3, Offsets(builder, steps)));
    }

    private static int Code(FlatBufferBuilder builder, string name)
    {
        int code = LiteOperatorNames.CodeOf(name);
        StringOffset custom = code < 0 ? builder.CreateString(name) : default;
        code = code < 0 ? LiteOperatorNames.Custom : code;
        builder.StartTable(4);
        builder.AddSbyte(0, (sbyte)Math.Min(code, 127), 0);
        if (custom.Value != 0)
        {
            builder.AddOffset(1, custom.Value, 0);
        }

        builder.AddInt(3, code, 0);
        return builder.EndTable();
    }

    private static int Buffer(FlatBufferBuilder builder, Array? data)
    {
        int? vector = data is null ? null : Bytes(builder, data);
        builder.StartTable(1);
        if (vector is { } place)
        {
            builder.AddOffset(0, place, 0);
        }

        return builder.EndTable();
    }

    private static int Bytes(FlatBufferBuilder builder, Array data)
    {
        Span<byte> bytes = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(data), System.Buffer.ByteLength(data));
        builder.StartVector(1, bytes.Length, 16);
        for (int index = bytes.Length - 1; index >= 0; index--)
        {
            builder.AddByte(bytes[index]);
        }

        return builder.EndVector().Value;
    }

    private static int Tensor(FlatBufferBuilder builder, LiteTensorSpecification tensor, int buffer)
    {
        int shape = Vector(builder, tensor.Shape);
        int name = builder.CreateString(tensor.Name).Value;
        int? quantization = tensor.Scales.Length == 0 ? null : Quantization(builder, tensor);
        int? signature = tensor.Signature is { } extents ? Vector(builder, extents) : null;
        builder.StartTable(8);
        builder.AddOffset(0, shape, 0);
        builder.AddSbyte(1, (sbyte)(tensor.Code ?? CodeOf(tensor.Type)), 0);
        builder.AddInt(2, buffer, 0);
        builder.AddOffset(3, name, 0);
        if (quantization is { } grid)
        {
            builder.AddOffset(4, grid, 0);
        }

        builder.AddBool(5, tensor.IsVariable, false);
        if (signature is { } open)
        {
            builder.AddOffset(7, open, 0);
        }

        return builder.EndTable();
    }

    private static int Quantization(FlatBufferBuilder builder, LiteTensorSpecification tensor)
    {
        builder.StartVector(4, tensor.Scales.Length, 4);
        foreach (float scale in tensor.Scales.Reverse())
        {
            builder.AddFloat(scale);
        }

        int scales = builder.EndVector().Value;
        builder.StartVector(8, tensor.Zeros.Length, 8);
        foreach (long zero in tensor.Zeros.Reverse())
        {
            builder.AddLong(zero);
        }

        int zeros = builder.EndVector().Value;
        builder.StartTable(7);
        builder.AddOffset(2, scales, 0);
        builder.AddOffset(3, zeros, 0);
        builder.AddInt(6, tensor.Axis, 0);
        return builder.EndTable();
    }

    private static int Node(FlatBufferBuilder builder, LiteNodeSpecification node, int code, Func<string, int> indexOf)
    {
        int inputs = Vector(builder, [.. Names(node.Inputs).Select(indexOf)]);
        int outputs = Vector(builder, [.. Names(node.Outputs).Select(indexOf)]);
        int options = OptionTable(builder, node.Options);
        int? custom = node.CustomOptions is { } bytes ? Bytes(builder, bytes) : null;
        int intermediates = Vector(builder, [.. Names(node.Intermediates).Select(indexOf)]);
        builder.StartTable(9);
        builder.AddInt(0, code, 0);
        builder.AddOffset(1, inputs, 0);
        builder.AddOffset(2, outputs, 0);
        builder.AddOffset(4, options, 0);
        builder.AddOffset(8, intermediates, 0);
        if (custom is { } place)
        {
            builder.AddOffset(5, place, 0);
        }

        return builder.EndTable();
    }

    private static int OptionTable(FlatBufferBuilder builder, LiteOption[] options)
    {
        (int Field, int Offset)[] offsets = [.. options.Where(option => option.Value is Array or string).Select(option => (option.Field, option.Value switch
        {
            int[] integers => Vector(builder, integers),
            long[] integers => Longs(builder, integers),
            float[] numbers => Numbers(builder, numbers),
            _ => builder.CreateString((string)option.Value).Value,
        }))];
        builder.StartTable(1 + options.Select(option => option.Field).DefaultIfEmpty(0).Max());
        foreach ((int field, int offset) in offsets)
        {
            builder.AddOffset(field, offset, 0);
        }

        foreach (LiteOption option in options)
        {
            switch (option.Value)
            {
                case int integer:
                    builder.AddInt(option.Field, integer, 0);
                    break;
                case long integer:
                    builder.AddLong(option.Field, integer, 0);
                    break;
                case float number:
                    builder.AddFloat(option.Field, number, 0);
                    break;
                case sbyte choice:
                    builder.AddSbyte(option.Field, choice, 0);
                    break;
                case bool flag:
                    builder.AddBool(option.Field, flag, false);
                    break;
            }
        }

        return builder.EndTable();
    }

    private static int Numbers(FlatBufferBuilder builder, float[] numbers)
    {
        builder.StartVector(4, numbers.Length, 4);
        foreach (float number in numbers.Reverse())
        {
            builder.AddFloat(number);
        }

        return builder.EndVector().Value;
    }

    private static int Longs(FlatBufferBuilder builder, long[] numbers)
    {
        builder.StartVector(8, numbers.Length, 8);
        foreach (long number in numbers.Reverse())
        {
            builder.AddLong(number);
        }

        return builder.EndVector().Value;
    }

    private static int Vector(FlatBufferBuilder builder, int[] numbers)
    {
        builder.StartVector(4, numbers.Length, 4);
        for (int index = numbers.Length - 1; index >= 0; index--)
        {
            builder.AddInt(numbers[index]);
        }

        return builder.EndVector().Value;
    }

    private static int Offsets(FlatBufferBuilder builder, int[] tables)
    {
        builder.StartVector(4, tables.Length, 4);
        for (int index = tables.Length - 1; index >= 0; index--)
        {
            builder.AddOffset(tables[index]);
        }

        return builder.EndVector().Value;
    }

    private static int Table(FlatBufferBuilder builder, params (int Field, int Offset)[] fields)
    {
        builder.StartTable(fields.Length);
        foreach ((int field, int offset) in fields)
        {
            builder.AddOffset(field, offset, 0);
        }

        return builder.EndTable();
    }

    private static int[] Indices(LiteTensorSpecification[] tensors, string names) => [.. Names(names).Select(name => IndexOf(tensors, name))];

    private static int IndexOf(LiteTensorSpecification[] tensors, string name) => name == "_" ? -1 : Array.FindIndex(tensors, tensor => tensor.Name == name);

    private static IEnumerable<string> Names(string names) => names.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static int CodeOf(ElementType type) => type switch
    {
        ElementType.Float32 => LiteTypes.Float32,
        ElementType.Int32 => LiteTypes.Int32,
        ElementType.UInt8 => LiteTypes.UInt8,
        ElementType.UInt32 => 15,
        ElementType.Int64 => LiteTypes.Int64,
        ElementType.Boolean => 6,
        ElementType.Int16 => LiteTypes.Int16,
        ElementType.Int8 => LiteTypes.Int8,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
