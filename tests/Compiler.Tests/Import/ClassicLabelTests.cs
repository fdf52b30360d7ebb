using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.ClassicModels;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>How labels in a file become those of the class.</summary>
public class ClassicLabelTests
{
    private static readonly AttributeProto Species = Texts("classlabels_strings", "setosa", "virginica");

    [Fact]
    public void Labels_that_are_text_become_indices_and_the_labels_of_the_class()
    {
        Graph graph = Accept(Rows(3, 1, 2, "label scores", LinearClassifier(Species)));
        PlanClassifier? classifier = ClassifierDetection.Detect(graph, null);
        Assert.Equal(new PlanClassifier("x", "scores", 2, ScoreTransform.Raw, "label"), classifier);
        Assert.Equal(["setosa", "virginica"], Labels(graph, classifier));
        Assert.Equal(ElementType.Int64, graph.Values[graph.Outputs[0].Value].Type.Type);
    }

    [Fact]
    public void Labels_that_are_numbers_are_given_out_and_found_again()
    {
        Graph graph = Accept(Rows(3, 1, 2, "label scores", LinearClassifier(Integers("classlabels_ints", 7, -3))));
        PlanClassifier? classifier = ClassifierDetection.Detect(graph, null);
        Assert.Equal([7L, -3L], classifier!.LabelNumbers);
        Assert.Equal(["7", "-3"], Labels(graph, classifier));
    }

    [Fact]
    public void A_map_of_scores_is_the_row_of_them()
    {
        Graph graph = Accept(Rows(3, 1, 2, "label map", LinearClassifier(Species), Classic("ZipMap", "scores", "map", Species)));
        Assert.Equal(("map", "label"), (ClassifierDetection.Detect(graph, null)!.Output, ClassifierDetection.Detect(graph, null)!.LabelOutput));
    }

    [Fact]
    public void Columns_of_a_table_make_a_classifier_too()
    {
        ModelProto model = Versioned(Model(Graph(
            [Node("Concat", "width height", "x", Attribute("axis", 1L)), LinearClassifier(Species)],
            "label scores",
            null,
            Input("width", OnnxTypes.Float, "N", 1),
            Input("height", OnnxTypes.Float, "N", 1))));
        Assert.Equal("width", ClassifierDetection.Detect(Accept(model), null)!.Input);
    }

    [Fact]
    public void Several_rows_make_no_classifier_and_keep_the_labels()
    {
        Graph graph = Accept(Rows(3, 4, 2, "label scores", LinearClassifier(Species)));
        Assert.Null(ClassifierDetection.Detect(graph, null));
        Assert.Equal(["setosa", "virginica"], Labels(graph, null));
    }

    [Fact]
    public void Text_that_is_picked_by_a_computed_index_is_the_label()
    {
        ModelProto model = Versioned(Model(Graph(
            [
                Node("ArgMax", "x", "index", Attribute("axis", 1L), Attribute("keepdims", 0L)),
                Classic("ArrayFeatureExtractor", "names index", "picked"),
                Node("Reshape", "picked flat", "label"),
                Node("Identity", "x", "scores"),
            ],
            "label scores",
            [TextTensor("names", "cat", "dog", "cow"), Longs("flat", -1)],
            Input("x", OnnxTypes.Float, 1, 3))));
        Graph graph = Accept(model);
        PlanClassifier? classifier = ClassifierDetection.Detect(graph, null);
        Assert.Equal(("scores", "label"), (classifier!.Output, classifier.LabelOutput));
        Assert.Equal(["cat", "dog", "cow"], Labels(graph, classifier));
    }

    [Fact]
    public void Numbers_encoded_as_text_keep_the_order_of_the_classes()
    {
        NodeProto encoder = Classic("LabelEncoder", "label", "name", Integers("keys_int64s", 1, 0), Texts("values_strings", "one", "nought"));
        Graph graph = Accept(Rows(3, 1, 2, "name map", LinearClassifier(Integers("classlabels_ints", 0, 1)), encoder, Classic("ZipMap", "scores", "map", Texts("classlabels_strings", "nought", "one"))));
        PlanClassifier? classifier = ClassifierDetection.Detect(graph, null);
        Assert.Equal("name", classifier!.LabelOutput);
        Assert.Equal([1L, 0L], classifier.LabelNumbers);
        Assert.Equal(["nought", "one"], Labels(graph, classifier));
    }

    [Fact]
    public void Votes_between_pairs_are_no_scores_of_classes()
    {
        NodeProto machine = Classic(
            "SVMClassifier", "x", "label scores",
            Integers("classlabels_ints", 0, 1, 2), Integers("vectors_per_class", 1, 1, 1), Numbers("coefficients", 1, 1, 1, 1, 1, 1),
            Numbers("support_vectors", 1, 2, 3, 4, 5, 6), Numbers("rho", 0, 0, 0), Numbers("kernel_params", 1, 0, 0));
        Assert.Null(ClassifierDetection.Detect(Accept(Rows(1, 1, 2, "label scores", machine)), null));
    }

    [Theory]
    [InlineData("Add", "label label", "string")]
    [InlineData("Neg", "map", "map")]
    [InlineData("Where", "yes x label", "string")]
    public void What_computes_with_text_or_maps_is_refused(string name, string inputs, string type)
    {
        ModelProto model = Versioned(Model(Graph(
            [LinearClassifier(Species), Classic("ZipMap", "scores", "map", Species), Node(name, inputs, "y")],
            "y",
            [new TensorProto { Name = "yes", DataType = OnnxTypes.Boolean, Dims = { 1 }, Int32Data = { 1 } }],
            Input("x", OnnxTypes.Float, 1, 2))));
        Diagnostic problem = Assert.Single(Refuse(model));
        Assert.Equal(DiagnosticKinds.TypeUnsupported, problem.Kind);
        Assert.Contains(type, problem.Message);
    }

    [Fact]
    public void Outputs_of_different_texts_are_refused()
    {
        ModelProto model = Rows(
            3, 1, 2, "label other scores", LinearClassifier(Species), Classic("CategoryMapper", "whole", "other", Integers("cats_int64s", 0), Texts("cats_strings", "red")),
            Node("Cast", "x", "whole", Attribute("to", (long)OnnxTypes.Int64)));
        (model.Graph.Node[1], model.Graph.Node[2]) = (model.Graph.Node[2], model.Graph.Node[1]);
        Graph graph = Accept(model);
        PlanClassifier? classifier = ClassifierDetection.Detect(graph, null);
        Diagnostic problem = Assert.Single(Assert.Throws<DiagnosticException>(() => ClassifierDetection.Labels(graph, classifier, "model.onnx")).Diagnostics);
        Assert.Equal("MC1030", problem.Kind.Code);
        Assert.Contains("'other'", problem.Message);
    }

    [Fact]
    public void What_classifiers_and_encoders_cannot_do_is_refused_by_name()
    {
        AssertRefused("one label", LinearClassifier(Texts("classlabels_strings", "a", "a")));
        AssertRefused("needs either", LinearClassifier(Species, Integers("classlabels_ints", 1, 2)));
        AssertRefused("zeros=0", Classic("OneHotEncoder", "x", "scores", Integers("cats_int64s", 1), Attribute("zeros", 0L)));
        AssertRefused("cats_strings", Classic("OneHotEncoder", "x", "scores", Texts("cats_strings", "a")));
        AssertRefused("norm 'L3'", Classic("Normalizer", "x", "scores", Attribute("norm", "L3")));
        AssertRefused("just one of the attributes 'keys_", Classic("LabelEncoder", "x", "scores", Integers("values_int64s", 1)));
        AssertRefused("ai.onnx.ml.DictVectorizer", Classic("DictVectorizer", "x", "scores"));
        AssertRefused("3 labels for scores", Classic("ZipMap", "x", "scores", Integers("classlabels_int64s", 1, 2, 3)));
    }

    private static string[] Labels(Graph graph, PlanClassifier? classifier) => [.. ClassifierDetection.Labels(graph, classifier, "model.onnx")];

    private static void AssertRefused(string message, NodeProto node) =>
        Assert.Contains(message, Assert.Single(Refuse(Rows(3, 1, 2, "scores", node))).Message);
}
