using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.TensorFlow;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlow.TensorFlowModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlow;

public class SavedModelTests
{
    [Fact]
    public void The_signature_names_inputs_and_outputs()
    {
        Graph graph = Import(Model(WithVariable()), Bundle("weights/.ATTRIBUTES/VARIABLE_VALUE", 2, 3));
        Assert.Equal(["pixels"], graph.Inputs.ToArray());
        Assert.Equal(["scores"], graph.Outputs.Select(output => output.Name));
        Assert.True(graph.HasFreeBatch);
        AssertTensor([1, 2], [20, 300], Running.Evaluate(graph, Tensor.Of<float>([1, 2], 10, 100)));
    }

    [Fact]
    public void The_file_inside_the_folder_means_the_same() => InModel(Model(WithVariable()), Bundle("weights/.ATTRIBUTES/VARIABLE_VALUE", 2, 3), folder =>
        Assert.Equal(["pixels"], ModelImporter.Import(Options with { ModelPath = Path.Combine(folder, "saved_model.pb") }, []).Inputs.ToArray()));

    [Fact]
    public void A_variable_of_the_first_version_is_known_by_its_name()
    {
        MetaGraphDef model = Model(Graph(Placeholder("x", -1, 2), Node("VariableV2", "w"), Node("Identity", "w/read", "w"), Node("Mul", "y", "x w/read")));
        AssertTensor([1, 2], [2, 6], Running.Evaluate(Import(model, Bundle("w", 2, 3)), Tensor.Of<float>([1, 2], 1, 2)));
    }

    [Theory]
    [InlineData("Variable", "IsVariableInitialized")]
    [InlineData("VariableV2", "IsVariableInitialized")]
    [InlineData("VarHandleOp", "VarIsInitializedOp")]
    public void A_variable_counts_as_initialised(string variable, string question)
    {
        MetaGraphDef model = Model(Graph(
            Placeholder("x", -1, 2), Node(variable, "w"), Node(question, "known", "w"), Node("Switch", "s", "x known"), Node("Neg", "negative", "s:1"), Node("Merge", "y", "s negative")));
        AssertTensor([1, 2], [-1, -2], Running.Evaluate(Import(model, Bundle("w", 2, 3)), Tensor.Of<float>([1, 2], 1, 2)));
    }

    [Fact]
    public void Elements_of_a_variable_are_picked()
    {
        MetaGraphDef model = Model(Graph(
            Placeholder("x", -1, 2), Node("VarHandleOp", "w"), Integers("places", 2, 0), Node("ResourceGather", "picked", "w places"), Node("Mul", "y", "x picked")));
        AssertTensor([1, 2], [40, 40], Running.Evaluate(Import(model, Bundle("w", 20, 30, 40)), Tensor.Of<float>([1, 2], 1, 2)));
    }

    [Fact]
    public void An_element_outside_a_variable_is_refused() => InModel(
        Model(Graph(Placeholder("x", -1, 2), Node("VarHandleOp", "w"), Integers("places", 3, 0), Node("ResourceGather", "picked", "w places"), Node("Mul", "y", "x picked"))),
        Bundle("w", 20, 30, 40),
        folder => Assert.Equal(DiagnosticKinds.ShapeInvalid, Problem(folder).Kind));

    [Fact]
    public void Missing_variables_are_refused() => InModel(Model(WithVariable()), null, folder =>
        Assert.Equal(DiagnosticKinds.FileUnreadable, Problem(folder).Kind));

    [Fact]
    public void Variables_of_another_model_are_refused() => InModel(Model(WithVariable()), Bundle("other", 2, 3), folder =>
        Assert.Equal(DiagnosticKinds.VariableUnknown, Problem(folder).Kind));

    [Fact]
    public void Every_damaged_byte_of_the_index_is_noticed_or_harmless()
    {
        (byte[] index, byte[] data) = Bundle("weights/.ATTRIBUTES/VARIABLE_VALUE", 2, 3);
        for (int at = 0; at < index.Length; at++)
        {
            byte[] damaged = [.. index];
            damaged[at] ^= 0x55;
            InModel(Model(WithVariable()), (damaged, data), folder =>
            {
                try
                {
                    AssertTensor([1, 2], [2, 3], Running.Evaluate(ModelImporter.Import(Options with { ModelPath = folder }, []), Tensor.Of<float>([1, 2], 1, 1)));
                }
                catch (DiagnosticException)
                {
                    // As it should be.
                }
            });
        }
    }

    [Fact]
    public void A_truncated_index_is_refused()
    {
        (byte[] index, byte[] data) = Bundle("weights/.ATTRIBUTES/VARIABLE_VALUE", 2, 3);
        for (int length = 0; length < index.Length; length++)
        {
            InModel(Model(WithVariable()), (index[..length], data), folder => Assert.Equal(DiagnosticKinds.FileMalformed, Problem(folder).Kind));
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Damaged_or_truncated_data_is_refused(int kept)
    {
        (byte[] index, byte[] data) = Bundle("weights/.ATTRIBUTES/VARIABLE_VALUE", 2, 3);
        byte[] damaged = data[..kept];
        damaged[0] ^= 1;
        InModel(Model(WithVariable()), (index, damaged), folder => Assert.Equal(DiagnosticKinds.FileMalformed, Problem(folder).Kind));
    }

    [Fact]
    public void A_compressed_index_is_refused()
    {
        (byte[] index, byte[] data) = Bundle("w", 2, 3);
        byte[] compressed = [.. index];
        compressed[BlockLength("w", 2)] = 1;
        InModel(Model(WithVariable()), (compressed, data), folder => Assert.Equal(DiagnosticKinds.AttributeUnsupported, Problem(folder).Kind));
    }

    [Fact]
    public void A_folder_without_a_model_is_missing() => OnnxModels.InFolder(folder =>
    {
        Diagnostic problem = Problem(folder);
        Assert.Equal(DiagnosticKinds.FileMissing, problem.Kind);
        return problem;
    });

    private static Diagnostic Problem(string folder) =>
        Assert.Single(Assert.Throws<DiagnosticException>(() => ModelImporter.Import(Options with { ModelPath = folder }, [])).Diagnostics);

    // As version 2 writes it: the variable is an argument of functions, one of which restores it.
    private static GraphDef WithVariable()
    {
        GraphDef graph = Graph(
            Placeholder("x", -1, 2),
            Node("VarHandleOp", "w", "", ("shared_name", "w")),
            Node("StatefulPartitionedCall", "y", "x w", ("f", new NameAttrList { Name = "serve" })),
            Node("Placeholder", "saver_filename", "", ("dtype", TensorFlowTypes.Text)),
            Node("StatefulPartitionedCall", "restore", "saver_filename w", ("f", new NameAttrList { Name = "restore_all" })));
        NodeDef keys = Node("Const", "keys", "", ("value", new TensorProto { Dtype = TensorFlowTypes.Text, StringVal = { ByteString.CopyFromUtf8("weights/.ATTRIBUTES/VARIABLE_VALUE") } }));
        graph.Library = new FunctionDefLibrary
        {
            Function =
            {
                Function("serve", ["x", "w"], "product:z:0", Node("ReadVariableOp", "read", "w"), Node("Mul", "product", "x read:value:0")),
                Function(
                    "restore_all", ["file", "w"], "file", keys, Node("RestoreV2", "RestoreV2", "file keys:output:0 keys:output:0"),
                    Node("Identity", "value", "RestoreV2:tensors:0"), Node("AssignVariableOp", "assign", "w value:output:0")),
            },
        };
        return graph;
    }

    private static FunctionDef Function(string name, string[] arguments, string result, params NodeDef[] nodes) => new()
    {
        Signature = new OpDef { Name = name, InputArg = { arguments.Select(argument => new OpDef.Types.ArgDef { Name = argument }) }, OutputArg = { new OpDef.Types.ArgDef { Name = "result" } } },
        NodeDef = { nodes },
        Ret = { ["result"] = result },
    };

    private static MetaGraphDef Model(GraphDef graph) => new()
    {
        GraphDef = graph,
        MetaInfoDef = new MetaGraphDef.Types.MetaInfoDef { Tags = { "serve" } },
        SaverDef = new SaverDef { RestoreOpName = "restore" },
        SignatureDef =
        {
            ["serving_default"] = new SignatureDef
            {
                Inputs = { ["pixels"] = new TensorInfo { Name = "x:0", TensorShape = Shape(-1, 2) } },
                Outputs = { ["scores"] = new TensorInfo { Name = "y:0" } },
            },
        },
    };

    private static Graph Import(MetaGraphDef model, (byte[] Index, byte[] Data)? variables)
    {
        Graph? graph = null;
        InModel(model, variables, folder => graph = ModelImporter.Import(Options with { ModelPath = folder }, []));
        return graph!;
    }

    private static void InModel(MetaGraphDef model, (byte[] Index, byte[] Data)? variables, Action<string> action) => OnnxModels.InFolder(folder =>
    {
        File.WriteAllBytes(Path.Combine(folder, "saved_model.pb"), new SavedModel { SavedModelSchemaVersion = 1, MetaGraphs = { model } }.ToByteArray());
        if (variables is { } given)
        {
            Directory.CreateDirectory(Path.Combine(folder, "variables"));
            File.WriteAllBytes(Path.Combine(folder, "variables", "variables.index"), given.Index);
            File.WriteAllBytes(Path.Combine(folder, "variables", "variables.data-00000-of-00001"), given.Data);
        }

        action(folder);
        return true;
    });

    // A bundle of one vector: a block with the header and the variable, an index block, the footer.
    private static (byte[] Index, byte[] Data) Bundle(string key, params float[] values)
    {
        byte[] data = [.. values.SelectMany(BitConverter.GetBytes)];
        byte[] entries = Block(Entries(key, values));
        byte[] index = Block([("z", [0, (byte)(entries.Length - 5)])]);
        byte[] footer = new byte[48];
        int length = Varint(footer, 0, 0);
        length = Varint(footer, length, 0);
        length = Varint(footer, length, entries.Length);
        Varint(footer, length, index.Length - 5);
        BinaryPrimitives.WriteUInt64LittleEndian(footer.AsSpan(40), 0xdb4775248b80fb57);
        return ([.. entries, .. index, .. footer], data);
    }

    private static (string Key, byte[] Value)[] Entries(string key, float[] values)
    {
        byte[] data = [.. values.SelectMany(BitConverter.GetBytes)];
        var entry = new BundleEntryProto { Dtype = TensorFlowTypes.Float, Shape = Shape(values.Length), Size = data.Length, Crc32C = Masked(data) };
        return [("", new BundleHeaderProto { NumShards = 1 }.ToByteArray()), (key, entry.ToByteArray())];
    }

    private static int BlockLength(string key, int count) => Block(Entries(key, new float[count])).Length - 5;

    private static byte[] Block((string Key, byte[] Value)[] entries)
    {
        var bytes = new List<byte>();
        foreach ((string key, byte[] value) in entries)
        {
            bytes.AddRange([0, (byte)key.Length, (byte)value.Length, .. Encoding.UTF8.GetBytes(key), .. value]);
        }

        bytes.AddRange([0, 0, 0, 0, 1, 0, 0, 0, 0]);
        byte[] block = [.. bytes];
        return [.. block, .. BitConverter.GetBytes(Masked(block))];
    }

    private static int Varint(byte[] target, int at, int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            target[at++] = (byte)(value | 0x80);
        }

        target[at] = (byte)value;
        return at + 1;
    }

    // Bit by bit, where the importer uses the processor's instruction.
    private static uint Masked(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82f63b78);
            }
        }

        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8);
    }
}
