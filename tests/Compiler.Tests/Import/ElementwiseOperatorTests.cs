using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Ops;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class ElementwiseOperatorTests
{
    public static TheoryData<string, Func<double, double>> Activations => new()
    {
        { "Relu", x => Math.Max(0, x) },
        { "LeakyRelu", x => x < 0 ? 0.01f * x : x },
        { "Elu", x => x < 0 ? Math.Exp(x) - 1 : x },
        { "Sigmoid", x => 1 / (1 + Math.Exp(-x)) },
        { "HardSigmoid", x => Math.Clamp((0.2 * x) + 0.5, 0, 1) },
        { "HardSwish", x => x * Math.Clamp((x / 6) + 0.5, 0, 1) },
        { "Softplus", x => Math.Log(1 + Math.Exp(x)) },
        { "Softsign", x => x / (1 + Math.Abs(x)) },
        { "Mish", x => x * Math.Tanh(Math.Log(1 + Math.Exp(x))) },
        { "Tanh", Math.Tanh },
        { "Abs", Math.Abs },
        { "Floor", Math.Floor },
        { "Round", x => Math.Round(x, MidpointRounding.ToEven) },
        { "Reciprocal", x => 1 / x },
    };

    [Theory]
    [MemberData(nameof(Activations))]
    public void Functions_of_one_number_are_what_their_names_say(string name, Func<double, double> function)
    {
        float[] inputs = [-7.5f, -2.5f, -0.5f, 0.25f, 1.5f, 2.5f, 20f];
        float[] outputs = Evaluate(name, [Floats("x", [inputs.Length], inputs)]).Values<float>();
        Assert.All(inputs.Zip(outputs), pair => Assert.Equal(function(pair.First), pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.Second))));
    }

    [Fact]
    public void Softplus_of_great_numbers_does_not_overflow() =>
        Assert.Equal([200f, 0f], Evaluate("Softplus", [Floats("x", [2], 200, -200)]).Values<float>());

    [Fact]
    public void Operands_broadcast_as_numpy_does()
    {
        Tensor output = Evaluate("Sub", [Floats("a", [2, 1], 10, 20), Floats("b", [3], 1, 2, 3)]);
        Assert.Equal([2, 3], output.Shape);
        Assert.Equal([9f, 8f, 7f, 19f, 18f, 17f], output.Values<float>());
    }

    [Fact]
    public void Before_version_7_axis_says_where_the_smaller_operand_stands()
    {
        NodeProto node = Node("Add", "a b", "y", Attribute("broadcast", 1), Attribute("axis", 0));
        Tensor output = Evaluate(6, node, Floats("a", [2, 2], 1, 2, 3, 4), Floats("b", [2], 10, 20))[0];
        Assert.Equal([11f, 12f, 23f, 24f], output.Values<float>());
    }

    [Fact]
    public void Bounds_of_Clip_were_attributes_and_became_inputs()
    {
        TensorProto x = Floats("x", [3], -5, 0, 5);
        Tensor old = Evaluate(6, Node("Clip", "x", "y", Attribute("min", -1f), Attribute("max", 2f)), x)[0];
        Tensor now = Evaluate(13, Node("Clip", "x _ high", "y"), x, Floats("high", [], 2))[0];
        Assert.Equal([-1f, 0f, 2f], old.Values<float>());
        Assert.Equal([-5f, 0f, 2f], now.Values<float>());
    }

    [Fact]
    public void Remainders_take_the_sign_of_either_operand()
    {
        TensorProto a = Longs("a", -7, 7), b = Longs("b", 3, -3);
        Assert.Equal([2L, -2L], Evaluate("Mod", [a, b]).Values<long>());
        Assert.Equal([-1L, 1L], Evaluate("Mod", [a, b], Attribute("fmod", 1)).Values<long>());
    }

    [Fact]
    public void A_sum_of_many_is_the_sum_of_all()
    {
        TensorProto[] operands = [.. Enumerable.Range(0, 100).Select(index => Floats($"x{index}", [1], index))];
        Assert.Equal([4950f], Evaluate("Sum", operands).Values<float>());
    }

    [Fact]
    public void A_cast_to_a_truth_value_asks_for_not_zero() =>
        Assert.Equal([true, false, true], Evaluate("Cast", [Floats("x", [3], 0.5f, 0, -3)], Attribute("to", OnnxTypes.Boolean)).Values<bool>());

    [Fact]
    public void Where_chooses()
    {
        Tensor isSmall = Evaluate("Less", [Floats("x", [2], 1, 5), Floats("t", [1], 3)]);
        Assert.Equal([true, false], isSmall.Values<bool>());
        var condition = new TensorProto { Name = "c", DataType = OnnxTypes.Boolean };
        condition.Dims.Add(2);
        condition.Int32Data.AddRange([1, 0]);
        Assert.Equal([1f, 4f], Evaluate("Where", [condition, Floats("a", [2], 1, 2), Floats("b", [2], 3, 4)]).Values<float>());
    }

    [Fact]
    public void Functions_of_real_numbers_refuse_integers()
    {
        ModelProto model = Model(Graph([Node("Exp", "x", "y")], "y", null, Input("x", OnnxTypes.Int64, 3)));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void Of_an_input_a_function_is_one_elementwise_op()
    {
        Graph graph = Accept(Model([1, 4], [Node("Gelu", "x", "y")]));
        Assert.IsType<Elementwise>(Assert.Single(graph.Nodes).Op);
    }
}
