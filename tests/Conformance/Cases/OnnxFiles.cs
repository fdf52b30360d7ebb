using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.Onnx;

namespace ModelCompiler.Conformance.Cases;

/// <summary>Reads the files of ONNX's tests.</summary>
internal static class OnnxFiles
{
    /// <summary>Reads a model.</summary>
    /// <exception cref="TestDataException">It is none.</exception>
    public static ModelProto Model(string path) => Parse(path, ModelProto.Parser);

    /// <summary>Reads a tensor as the file has it.</summary>
    /// <exception cref="TestDataException">It is none.</exception>
    public static TensorProto Proto(string path) => Parse(path, TensorProto.Parser);

    /// <summary>Reads a tensor.</summary>
    /// <param name="path">The file.</param>
    /// <param name="value">What the model says of it.</param>
    /// <exception cref="TestDataException">It is none, or of a type that .NET does not have.</exception>
    public static TestTensor Tensor(string path, ValueInfoProto value)
    {
        if (value.Type is { ValueCase: not (TypeProto.ValueOneofCase.TensorType or TypeProto.ValueOneofCase.None) } type)
        {
            throw new TestDataException($"'{value.Name}' is a {type.ValueCase}");
        }

        TensorProto proto = Proto(path);
        try
        {
            Tensor tensor = new OnnxTensors(Path.GetDirectoryName(path)!).Read(proto);
            Storage storage = proto.DataType switch { OnnxTypes.Float16 => Storage.Half, OnnxTypes.BFloat16 => Storage.Brain, _ => Storage.Full };
            return new TestTensor(value.Name, tensor.Type, [.. proto.Dims.Select(extent => (int)extent)], tensor.Data, storage);
        }
        catch (ImportException exception)
        {
            throw new TestDataException($"{Path.GetFileName(path)}: {exception.Message}");
        }
    }

    /// <summary>The files <c>input_0.pb</c>, <c>input_1.pb</c>, … of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="kind"><c>input</c> or <c>output</c>.</param>
    public static ImmutableArray<string> Numbered(string folder, string kind) =>
    [
        .. Enumerable.Range(0, int.MaxValue)
            .Select(index => Path.Combine(folder, $"{kind}_{index.ToString(System.Globalization.CultureInfo.InvariantCulture)}.pb"))
            .TakeWhile(File.Exists),
    ];

    private static T Parse<T>(string path, MessageParser<T> parser)
        where T : IMessage<T>
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return parser.ParseFrom(stream);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or IOException or UnauthorizedAccessException)
        {
            throw new TestDataException($"{Path.GetFileName(path)}: {exception.Message}");
        }
    }
}
