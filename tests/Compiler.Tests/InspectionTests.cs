using System.Collections.Generic;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Import.TensorFlow;
using ModelCompiler.Compiler.Inspection;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Compiler.Tests.Import.TensorFlow;
using ModelCompiler.Compiler.Tests.Import.TensorFlowLite;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests;

/// <summary>What can be said of a file, whether it compiles or not.</summary>
public class InspectionTests
{
    [Fact]
    public void Of_a_tensorflow_lite_file_every_operator_is_named_and_how_constants_are_stored()
    {
        LiteTensorSpecification[] tensors =
        [
            LiteModels.Bytes("x", [1, 2], 0.5f, 3), LiteModels.Bytes("w", [2, 2], 0.25f, 0, 1, 2, 3, 4), LiteModels.Bytes("y", [1, 2], 0.5f, 0),
            LiteModels.Bytes("z", [1, 2], 0.5f, 0), LiteModels.Floats("f", [3], 1, 2, 3), new("r", ElementType.Int8, [2, 1], new sbyte[] { 1, 2 }) { Scales = [1, 2] },
        ];
        LiteNodeSpecification[] nodes = [new("FULLY_CONNECTED", "x w _", "y"), new("Mystery", "y f r", "z")];
        FileSurvey file = Survey("model.tflite", LiteModels.File("x", "z", tensors, nodes)).File!;
        Assert.Equal("TensorFlow Lite", file.Format);
        Assert.Equal(["x: int8 with one scale 1×2"], file.Inputs.ToArray());
        Assert.Equal([new("FULLY_CONNECTED", 1, true), new("Mystery", 1, false)], file.Operators.ToArray());
        Assert.Equal([new("int8 with one scale", 4), new("float32", 3), new ConstantUse("int8 with a scale a channel", 2)], file.Constants.ToArray());
    }

    [Fact]
    public void Of_an_onnx_file_nodes_in_branches_and_functions_count()
    {
        GraphProto branch = OnnxModels.Graph([OnnxModels.Node("Relu", "x", "b")], "b");
        ModelProto model = OnnxModels.Model(OnnxModels.Graph(
            [OnnxModels.Node("If", "c", "y", OnnxModels.Attribute("then_branch", branch), OnnxModels.Attribute("else_branch", branch)), OnnxModels.Node("Mystery", "y", "z")],
            "z", [], OnnxModels.Input("x", 1, 1, "n"), OnnxModels.Input("c", 9)));
        Inspection.Inspection inspection = Survey("model.onnx", model.ToByteArray());
        Assert.Equal([new("Relu", 2, true), new("If", 1, true), new("Mystery", 1, false)], inspection.File!.Operators.ToArray());
        Assert.Contains("x: float32 1×?", inspection.File.Inputs);
        Assert.Null(inspection.Graph);
        Assert.Contains(inspection.Diagnostics, problem => problem.Kind == DiagnosticKinds.OperatorUnsupported);
    }

    [Fact]
    public void Of_a_tensorflow_graph_functions_count_and_what_only_trains_does_not()
    {
        GraphDef graph = TensorFlowModels.Graph(
            TensorFlowModels.Placeholder("x", -1, 2), TensorFlowModels.Node("PartitionedCall", "y", "x", ("f", new NameAttrList { Name = "f" })),
            TensorFlowModels.Node("HistogramSummary", "summary", "y"));
        graph.Library = new FunctionDefLibrary
        {
            Function =
            {
                new FunctionDef
                {
                    Signature = new OpDef { Name = "f", InputArg = { new OpDef.Types.ArgDef { Name = "x" } }, OutputArg = { new OpDef.Types.ArgDef { Name = "r" } } },
                    NodeDef = { TensorFlowModels.Node("Mystery", "m", "x"), TensorFlowModels.Node("PartitionedCall", "again", "m", ("f", new NameAttrList { Name = "f" })) },
                    Ret = { ["r"] = "again:output:0" },
                },
            },
        };
        FileSurvey file = Survey("model.pb", graph.ToByteArray()).File!;
        Assert.Equal(["x: float32 ?×2"], file.Inputs.ToArray());
        Assert.Equal([new("PartitionedCall", 2, true), new("Mystery", 1, false)], file.Operators.ToArray());
    }

    [Fact]
    public void A_truncated_file_is_a_finding_wherever_it_ends()
    {
        byte[] lite = LiteModels.File("x", "y", [LiteModels.Floats("x", [2]), LiteModels.Floats("y", [2])], new LiteNodeSpecification("ABS", "x", "y"));
        byte[] graph = TensorFlowModels.Graph(TensorFlowModels.Placeholder("x", 1, 2), TensorFlowModels.Node("Abs", "y", "x")).ToByteArray();
        byte[] onnx = OnnxModels.Model([1, 2], [OnnxModels.Node("Abs", "x", "y")]).ToByteArray();
        foreach ((string name, byte[] whole) in (IEnumerable<(string, byte[])>)[("model.tflite", lite), ("model.pb", graph), ("model.onnx", onnx)])
        {
            for (int length = 0; length < whole.Length; length++)
            {
                Inspection.Inspection inspection = Survey(name, whole[..length]);
                Assert.True(inspection.Graph is not null || !inspection.Diagnostics.IsEmpty, $"{length} bytes of {name}");
            }
        }
    }

    private static Inspection.Inspection Survey(string name, byte[] content) => OnnxModels.InFolder(folder =>
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return ModelInspector.Survey(Running.Options with { ModelPath = path });
    });
}
