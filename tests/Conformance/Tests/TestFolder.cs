using System;
using System.IO;
using Google.Protobuf;
using ModelCompiler.Compiler.Import.Onnx;

namespace ModelCompiler.Conformance;

/// <summary>A folder of tests in ONNX's layout, written by a test.</summary>
internal sealed class TestFolder : IDisposable
{
    /// <summary>The folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("conformance-test-").FullName;

    /// <summary>Writes a test: a model of one operator with one input <c>x</c> and one output <c>y</c>.</summary>
    /// <param name="name">Of the test.</param>
    /// <param name="operatorName">The operator.</param>
    /// <param name="input">Fed to it.</param>
    /// <param name="output">Expected of it.</param>
    /// <param name="isShapeOpen">Whether the model leaves the extent open.</param>
    public void Add(string name, string operatorName, float[] input, float[] output, bool isShapeOpen = false)
    {
        var model = new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = name } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.Graph.Node.Add(new NodeProto { OpType = operatorName, Input = { "x" }, Output = { "y" } });
        model.Graph.Input.Add(Value("x", input.Length, isShapeOpen));
        model.Graph.Output.Add(Value("y", output.Length, isShapeOpen));
        string data = Directory.CreateDirectory(System.IO.Path.Combine(Path, name, "test_data_set_0")).FullName;
        File.WriteAllBytes(System.IO.Path.Combine(Path, name, "model.onnx"), model.ToByteArray());
        File.WriteAllBytes(System.IO.Path.Combine(data, "input_0.pb"), Tensor(input).ToByteArray());
        File.WriteAllBytes(System.IO.Path.Combine(data, "output_0.pb"), Tensor(output).ToByteArray());
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static TensorProto Tensor(float[] values) => new() { DataType = OnnxTypes.Float, Dims = { 1, values.Length }, FloatData = { values } };

    private static ValueInfoProto Value(string name, int extent, bool isShapeOpen)
    {
        var second = isShapeOpen ? new TensorShapeProto.Types.Dimension { DimParam = "n" } : new TensorShapeProto.Types.Dimension { DimValue = extent };
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 }, second } };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = OnnxTypes.Float, Shape = shape } } };
    }
}
