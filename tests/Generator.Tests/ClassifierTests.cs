using System.Linq;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>Classes whose model names the class itself, and those of several inputs.</summary>
public class ClassifierTests
{
    private const string Caller =
        """
        internal static class Caller
        {
            public static string Call(float score, long label)
            {
                var model = new Flowers();
                Prediction prediction = model.Predict(score, label);
                return $"{prediction.Index} {prediction.Label} {prediction.Score} {model.TopK(1)[0].Label} {Flowers.Labels.Length}";
            }
        }
        """;

    [Theory]
    [InlineData(2f, 7L, "1 rose -2 lily 2")]
    [InlineData(-2f, 5L, "0 lily -2 rose 2")]
    public void The_models_own_label_decides_and_columns_are_numbers(float score, long label, string expected)
    {
        (ModelPlan plan, byte[] weights) = Flowers(new([5L, 7L]));
        Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(plan, weights), [Caller], isNet10: false, out _));
        GeneratorHarness.Execute(
            GeneratorHarness.Files(plan, weights), Caller, assembly => Assert.Equal(expected, assembly.GetType("Caller")!.GetMethod("Call")!.Invoke(null, [score, label])));
    }

    [Fact]
    public void Texts_without_a_classifier_are_there_to_be_looked_up()
    {
        (ModelPlan plan, _) = Flowers(default);
        string[] sources = [.. GeneratorHarness.Run(GeneratorHarness.Files(plan with { Classifier = null }, [])).Sources().Values];
        Assert.Contains(sources, source => source.Contains("public static global::System.ReadOnlySpan<string> Labels => LabelTexts;"));
        Assert.Contains(sources, source => source.Contains("\"lily\","));
    }

    [Theory]
    [InlineData("scores", 2)]
    [InlineData("nowhere", 2)]
    [InlineData("label", 3)]
    public void A_label_that_is_no_label_is_refused(string output, int numbers)
    {
        (ModelPlan plan, byte[] weights) = Flowers(default);
        PlanClassifier classifier = plan.Classifier! with { LabelOutput = output, LabelNumbers = new(Enumerable.Range(0, numbers).Select(number => (long)number)) };
        Assert.Equal("MC8001", Assert.Single(GeneratorHarness.Run(GeneratorHarness.Files(plan with { Classifier = classifier }, weights)).GetRunResult().Diagnostics).Id);
    }

    // The scores are the first input and its negative, the label is the second input.
    private static (ModelPlan Plan, byte[] Weights) Flowers(EquatableArray<long> numbers)
    {
        var builder = new PlanBuilder();
        TensorValue first = builder.Tensor("a", ElementType.Float32, 1);
        TensorValue second = builder.Tensor("b", ElementType.Int64, 1);
        TensorValue scores = builder.Tensor("c", ElementType.Float32, 2);
        ConstantValue signs = builder.Constant("signs", ElementType.Float32, 1f, -1f);
        builder.Steps.Add(PlanBuilder.Step(
            "scores",
            PlanStep.ElementwiseKernel,
            "±x",
            ("shape", PlanBuilder.List(2)),
            ("expression", new TextValue("Multiply(x0:Float32, x1:Float32)")),
            ("x0", first),
            ("strides0", PlanBuilder.List(0)),
            ("x1", signs),
            ("strides1", PlanBuilder.List(1)),
            ("output", scores),
            ("outputStrides", PlanBuilder.List(1))));
        ModelPlan plan = builder.Build("Flowers") with
        {
            Labels = new(["lily", "rose"]),
            Classifier = new PlanClassifier("score", "scores", 2, ScoreTransform.Raw, "label", numbers),
            Inputs = new([Port("score", first, 1, isInput: true), Port("label in", second, 1, isInput: true)]),
            Outputs = new([Port("label", second, 1, isInput: false), Port("scores", scores, 2, isInput: false)]),
        };
        return (plan, builder.Weights);
    }

    private static PlanPort Port(string name, TensorValue tensor, int length, bool isInput)
    {
        var port = new PortValue(name, tensor.Type);
        PlanStep step = PlanBuilder.Elementwise(name, $"x0:{tensor.Type}", isInput ? tensor : port, length, isInput ? port : tensor);
        return new PlanPort(name, tensor.Type, new([1, length]), 0, 0, new([new PlanConversion(ConversionKind.Declared, new([1, length]), new([step]))]));
    }
}
