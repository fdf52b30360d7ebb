using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class RunningOperatorTests
{
    private const int ProductOpset = 26;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    public void Sums_and_products_run_either_way_with_or_without_the_element_itself(int exclusive, int reverse)
    {
        float[] x = [1, 2, -3, 4, 0.5f, 2, 1];
        foreach ((string name, float neutral) in new[] { ("CumSum", 0f), ("CumProd", 1f) })
        {
            NodeProto node = Node(name, "x axis", "y", Attribute("exclusive", exclusive), Attribute("reverse", reverse));
            Graph graph = Accept(Model(Graph([node], "y", [Longs("axis", -1)], Input("x", OnnxTypes.Float, 1, 7)), ProductOpset));
            float[] expected = [.. Enumerable.Range(0, 7).Select(index =>
                (reverse == 1 ? x.Skip(index + exclusive) : x.Take(index + 1 - exclusive)).Aggregate(neutral, (a, b) => name == "CumSum" ? a + b : a * b))];
            Assert.Equal(expected, Running.Execute(graph, Tensor.Of([1, 7], x)));
        }
    }

    [Fact]
    public void What_comes_later_does_not_matter_even_if_infinite()
    {
        Tensor sums = Evaluate("CumSum", [Floats("x", [3], 1, 2, float.PositiveInfinity), Longs("axis", 0)]);
        Assert.Equal([1f, 3f, float.PositiveInfinity], sums.Values<float>());
    }

    [Fact]
    public void Integers_are_summed_exactly_along_axes_of_any_length()
    {
        Tensor sums = Evaluate("CumSum", [Longs("x", [.. Enumerable.Range(0, 10_000).Select(_ => 1L << 48)]), Longs("axis", 0)]);
        Assert.Equal(Enumerable.Range(1, 10_000).Select(count => count * (1L << 48)), sums.Values<long>());
    }

    [Fact]
    public void A_computed_axis_is_refused()
    {
        ModelProto model = Model(Graph([Node("CumSum", "x n", "y")], "y", null, Input("x", OnnxTypes.Float, 4), Input("n", OnnxTypes.Int64)));
        Assert.Equal(DiagnosticKinds.ShapeDependsOnData, Assert.Single(Refuse(model)).Kind);
    }
}
