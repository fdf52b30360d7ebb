using System;
using System.IO;
using System.Linq;
using System.Text;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Files as they come: missing, damaged, hostile.</summary>
public class FileTests
{
    private static readonly byte[] Valid = Model([1, 2], [Node("Gemm", "x w", "y")], Floats("w", [2, 2], 1, 2, 3, 4)).ToByteArray();

    [Fact]
    public void A_file_is_imported() => Assert.Equal("x", Assert.Single(ImportFile("model.onnx", Valid).Inputs));

    [Fact]
    public void A_missing_file_is_refused() =>
        Assert.Equal("MC1001", Assert.Single(Refused(() => ModelImporter.Import(new CompileOptions { ModelPath = "nowhere.onnx", ClassName = "M" }, []))).Kind.Code);

    [Theory]
    [InlineData("model.pt")]
    [InlineData("model")]
    public void Another_format_is_refused(string name) => Assert.Equal("MC1003", Assert.Single(Refused(() => ImportFile(name, Valid))).Kind.Code);

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("this is not a model", "")]
    [InlineData("{ \"graph\": {} }", "")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "it is a pointer to a Git LFS file; run 'git lfs pull'")]
    public void A_file_that_is_no_model_is_refused(string text, string message)
    {
        Diagnostic problem = Assert.Single(Refused(() => ImportFile("model.onnx", Encoding.UTF8.GetBytes(text))));
        Assert.Equal(DiagnosticKinds.FileMalformed, problem.Kind);
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void A_truncated_file_is_never_more_than_a_diagnostic()
    {
        for (int length = 0; length < Valid.Length; length++)
        {
            AssertContained(Valid[..length], $"the first {length} bytes");
        }
    }

    [Fact]
    public void A_damaged_file_is_never_more_than_a_diagnostic()
    {
        var random = new Random(20240917);
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = [.. Valid];
            for (int count = random.Next(1, 5); count > 0; count--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            AssertContained(damaged, Convert.ToHexString(damaged));
        }
    }

    [Fact]
    public void More_elements_than_data_are_refused_before_anything_is_allocated()
    {
        TensorProto tensor = Floats("w", [1 << 20, 200], 1, 2);
        Assert.Equal("MC1004", Assert.Single(Refuse(Model([1], [Node("Add", "x w", "y")], tensor))).Kind.Code);
        tensor.Dims[0] = long.MaxValue;
        Assert.Equal("MC1004", Assert.Single(Refuse(Model([1], [Node("Add", "x w", "y")], tensor))).Kind.Code);
        tensor.Dims[0] = int.MaxValue;
        Assert.Equal("MC1016", Assert.Single(Refuse(Model([1], [Node("Add", "x w", "y")], tensor))).Kind.Code);
        tensor.Dims[0] = -1;
        Assert.Equal("MC1004", Assert.Single(Refuse(Model([1], [Node("Add", "x w", "y")], tensor))).Kind.Code);
    }

    [Fact]
    public void Raw_data_of_the_wrong_size_is_refused()
    {
        var tensor = new TensorProto { Name = "w", DataType = OnnxTypes.Float, Dims = { 2 }, RawData = ByteString.CopyFrom(new byte[7]) };
        Diagnostic problem = Assert.Single(Refuse(Model([2], [Node("Add", "x w", "y")], tensor)));
        Assert.Equal(DiagnosticKinds.FileMalformed, problem.Kind);
        Assert.Contains("should have 8 bytes, but has 7", problem.Message);
    }

    [Fact]
    public void Half_precision_weights_are_widened()
    {
        var tensor = new TensorProto { Name = "w", DataType = OnnxTypes.Float16, Dims = { 2 }, RawData = ByteString.CopyFrom(0x00, 0x3C, 0x00, 0xC0) };
        Assert.Equal([1f, -2f], Evaluate("Identity", [tensor]).Values<float>());
    }

    [Fact]
    public void Weights_may_be_in_a_file_beside_the_model() => InFolder(folder =>
    {
        File.WriteAllBytes(Path.Combine(folder, "weights.bin"), [9, 9, .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(2.5f)]);
        Graph graph = ImportIn(folder, External("weights.bin", "2", "8"));
        Assert.Equal([1.5f, 2.5f], graph.Constants.Values.Single().Values<float>());
        Assert.Equal(Path.Combine(folder, "weights.bin"), Assert.Single(graph.Notes.DataFiles.ToArray()));
        return true;
    });

    [Theory]
    [InlineData("../weights.bin", "0", "8", "MC1004")]
    [InlineData("a/../../weights.bin", "0", "8", "MC1004")]
    [InlineData("..\\weights.bin", "0", "8", "MC1004")]
    [InlineData("/etc/hostname", "0", "8", "MC1004")]
    [InlineData("", "0", "8", "MC1004")]
    [InlineData("nowhere.bin", "0", "8", "MC1002")]
    [InlineData("weights.bin", "4", "8", "MC1004")]
    [InlineData("weights.bin", "-4", "8", "MC1004")]
    [InlineData("weights.bin", "0", "9223372036854775807", "MC1004")]
    [InlineData("weights.bin", "0", "4", "MC1004")]
    public void Weights_elsewhere_or_incomplete_are_refused(string location, string offset, string length, string code) => InFolder(folder =>
    {
        string inner = Directory.CreateDirectory(Path.Combine(folder, "inner")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "weights.bin"), new byte[8]);
        File.WriteAllBytes(Path.Combine(inner, "weights.bin"), new byte[8]);
        Assert.Equal(code, Assert.Single(Refused(() => ImportIn(inner, External(location, offset, length)))).Kind.Code);
        return true;
    });

    private static TensorProto External(string location, string offset, string length) => new()
    {
        Name = "w",
        DataType = OnnxTypes.Float,
        Dims = { 2 },
        DataLocation = TensorProto.Types.DataLocation.External,
        ExternalData =
        {
            new StringStringEntryProto { Key = "location", Value = location },
            new StringStringEntryProto { Key = "offset", Value = offset },
            new StringStringEntryProto { Key = "length", Value = length },
        },
    };

    private static Graph ImportIn(string folder, TensorProto weights)
    {
        string path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, Model([2], [Node("Add", "x w", "y")], weights).ToByteArray());
        return ModelImporter.Import(new CompileOptions { ModelPath = path, ClassName = "Model" }, []);
    }

    private static Diagnostic[] Refused(Func<object> action) => [.. Assert.Throws<DiagnosticException>(action).Diagnostics];

    // Some damage leaves a valid model; the rest must be told, not thrown.
    private static void AssertContained(byte[] content, string what)
    {
        try
        {
            _ = ImportFile("model.onnx", content);
        }
        catch (DiagnosticException exception)
        {
            Assert.DoesNotContain(exception.Diagnostics, diagnostic => diagnostic.Kind == DiagnosticKinds.Internal);
        }
        catch (Exception exception)
        {
            Assert.Fail($"{what}: {exception}");
        }
    }
}
