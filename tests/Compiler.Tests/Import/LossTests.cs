using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class LossTests
{
    private const int Classes = 4;

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_loss_is_the_weighted_mean_of_the_negative_logarithms(string name, string reduction, bool isWeighted, int ignored, int seed)
    {
        var random = new Random(seed);
        Tensor scores = Networks.Noise(random, [3, Classes, 2]);
        long[] classes = [.. Enumerable.Range(0, 6).Select(index => index == 2 && ignored != int.MinValue ? (long)ignored : random.Next(Classes))];
        float[] weights = [0.5f, 2, 1, 3];
        AttributeProto[] attributes = [Attribute("reduction", reduction), .. ignored == int.MinValue ? [] : new[] { Attribute("ignore_index", ignored) }];
        ModelProto model = Model(
            Graph(
                [Node(name, isWeighted ? "x t w" : "x t", "y", attributes)],
                "y",
                [Floats("w", [Classes], weights)],
                Input("x", OnnxTypes.Float, 3, Classes, 2),
                Input("t", OnnxTypes.Int64, 3, 2)),
            13);

        float[] output = Running.Evaluate(Accept(model), scores, Tensor.Of([3, 2], classes)).Values<float>();

        double[] parts = [.. Enumerable.Range(0, 6).Select(index => classes[index] == ignored ? 0 : (isWeighted ? weights[classes[index]] : 1.0))];
        double[] losses = [.. Enumerable.Range(0, 6).Select(index => parts[index] == 0 ? 0 : -parts[index] * Logarithm(scores, index / 2, (int)classes[index], index % 2, name[0] == 'S'))];
        double[] expected = reduction switch { "none" => losses, "sum" => [losses.Sum()], _ => [losses.Sum() / parts.Sum()] };
        Running.Close(Array.ConvertAll(expected, loss => (float)loss), output, 1e-5, $"seed {seed}");
    }

    [Fact]
    public void The_second_output_is_the_logarithm_of_softmax()
    {
        Tensor[] outputs = Evaluate(13, Node("SoftmaxCrossEntropyLoss", "x t", "y l"), Floats("x", [1, 2], 1, 1), Longs("t", 1));
        Assert.Equal(Math.Log(2), outputs[0].Values<float>()[0], 1e-6);
        Assert.Equal([-(float)Math.Log(2), -(float)Math.Log(2)], outputs[1].Values<float>(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Theory]
    [InlineData("x t", "median", 0L, "MC1013")]
    [InlineData("x t", "mean", 2L, "MC1014")]
    [InlineData("x t", "mean", -1L, "MC1014")]
    [InlineData("x long", "mean", 0L, "MC1014")]
    [InlineData("x t x", "mean", 0L, "MC1014")]
    [InlineData("t t", "mean", 0L, "MC1014")]
    [InlineData("x x", "mean", 0L, "MC1013")]
    public void What_makes_no_loss_is_refused(string inputs, string reduction, long wrong, string code)
    {
        TensorProto[] constants = [Floats("x", [2, 2], 1, 2, 3, 4), Longs("t", 0, wrong), Longs("long", 0, 0, 0)];
        ModelProto model = Model(Graph([Node("NegativeLogLikelihoodLoss", inputs, "y", Attribute("reduction", reduction))], "y", constants));
        Assert.Equal(code, Assert.Single(Refuse(model)).Kind.Code);
    }

    public static TheoryData<string, string, bool, int, int> Cases()
    {
        var cases = new TheoryData<string, string, bool, int, int>();
        int seed = 0;
        foreach (string name in new[] { "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss" })
        {
            foreach (string reduction in new[] { "none", "sum", "mean" })
            {
                foreach (int ignored in new[] { int.MinValue, -1, 1, 99 })
                {
                    cases.Add(name, reduction, false, ignored, ++seed);
                    cases.Add(name, reduction, true, ignored, ++seed);
                }
            }
        }

        return cases;
    }

    private static double Logarithm(Tensor scores, int batch, int index, int place, bool normalises)
    {
        double At(int other) => scores.Values<float>()[(((batch * Classes) + other) * 2) + place];
        return At(index) - (normalises ? Math.Log(Enumerable.Range(0, Classes).Sum(other => Math.Exp(At(other)))) : 0);
    }
}
