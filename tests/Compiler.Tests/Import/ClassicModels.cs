using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Import.Onnx;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Small models of the classic operator set.</summary>
internal static class ClassicModels
{
    public static NodeProto Classic(string name, string inputs, string outputs, params AttributeProto[] attributes)
    {
        NodeProto node = Node(name, inputs, outputs, attributes);
        node.Domain = "ai.onnx.ml";
        return node;
    }

    public static AttributeProto Numbers(string name, params float[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Floats };
        attribute.Floats.AddRange(values);
        return attribute;
    }

    public static AttributeProto Texts(string name, params string[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Strings };
        attribute.Strings.AddRange(values.Select(ByteString.CopyFromUtf8));
        return attribute;
    }

    public static TensorProto TextTensor(string name, params string[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTypes.Text };
        tensor.Dims.Add(values.Length);
        tensor.StringData.AddRange(values.Select(ByteString.CopyFromUtf8));
        return tensor;
    }

    /// <summary>A model of float32 rows <c>x</c>.</summary>
    public static ModelProto Rows(int version, int rows, int features, string outputs, params NodeProto[] nodes) =>
        Versioned(Model(Graph(nodes, outputs, null, Input("x", OnnxTypes.Float, rows, features))), version);

    public static ModelProto Versioned(ModelProto model, int version = 3)
    {
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = version });
        return model;
    }

    /// <summary>A tree of one branch whose leaves give 1 and 2.</summary>
    public static AttributeProto[] Stump(string mode, float value, bool missingIsTrue = false) =>
        Tree(
            [(mode, 0, value, 1, 2), ("LEAF", 0, 0, 0, 0), ("LEAF", 0, 0, 0, 0)],
            [(1, 0, 1f), (2, 0, 2f)],
            missingIsTrue);

    /// <summary>The attributes of one tree of a regressor.</summary>
    public static AttributeProto[] Tree(
        (string Mode, long Feature, float Value, long WhenTrue, long WhenFalse)[] nodes, (long Node, long Target, float Weight)[] weights, bool missingIsTrue = false) =>
    [
        Integers("nodes_treeids", [.. nodes.Select(_ => 0L)]),
        Integers("nodes_nodeids", [.. nodes.Select((_, index) => (long)index)]),
        Integers("nodes_featureids", [.. nodes.Select(node => node.Feature)]),
        Texts("nodes_modes", [.. nodes.Select(node => node.Mode)]),
        Numbers("nodes_values", [.. nodes.Select(node => node.Value)]),
        Integers("nodes_truenodeids", [.. nodes.Select(node => node.WhenTrue)]),
        Integers("nodes_falsenodeids", [.. nodes.Select(node => node.WhenFalse)]),
        Integers("nodes_missing_value_tracks_true", [.. nodes.Select(_ => missingIsTrue ? 1L : 0)]),
        Integers("target_treeids", [.. weights.Select(_ => 0L)]),
        Integers("target_nodeids", [.. weights.Select(weight => weight.Node)]),
        Integers("target_ids", [.. weights.Select(weight => weight.Target)]),
        Numbers("target_weights", [.. weights.Select(weight => weight.Weight)]),
    ];

    /// <summary>The attributes with one replaced.</summary>
    public static AttributeProto[] With(this IEnumerable<AttributeProto> attributes, AttributeProto other) =>
        [.. attributes.Where(attribute => attribute.Name != other.Name), other];

    /// <summary>A set of numbers as version 5 asks for it: the leaves give 1 and 2.</summary>
    public static AttributeProto[] SetStump(float[] members, bool missingIsTrue) =>
    [
        Integers("tree_roots", 0),
        Integers("nodes_featureids", 0),
        Attribute("nodes_modes", new TensorProto { DataType = OnnxTypes.UInt8, Dims = { 1 }, RawData = ByteString.CopyFrom(6) }),
        Attribute("nodes_splits", Floats("s", [1], 0)),
        Integers("nodes_truenodeids", 0),
        Integers("nodes_trueleafs", 1),
        Integers("nodes_falsenodeids", 1),
        Integers("nodes_falseleafs", 1),
        Integers("nodes_missing_value_tracks_true", missingIsTrue ? 1 : 0),
        Integers("leaf_targetids", 0, 0),
        Attribute("leaf_weights", Floats("w", [2], 1, 2)),
        Attribute("membership_values", Floats("m", [members.Length + 1], [.. members, float.NaN])),
    ];

    /// <summary>Two linear functions of two features, the features themselves.</summary>
    public static NodeProto LinearClassifier(AttributeProto labels, params AttributeProto[] others) =>
        Classic("LinearClassifier", "x", "label scores", [Numbers("coefficients", 1, 0, 0, 1), Numbers("intercepts", 0, 0), labels, .. others]);
}
