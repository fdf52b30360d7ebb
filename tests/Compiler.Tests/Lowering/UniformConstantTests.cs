using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Lowering;

/// <summary>Constants whose elements are all equal: held as one element, written as one number, the same in every result.</summary>
public class UniformConstantTests
{
    [Fact]
    public void Movements_and_arithmetic_keep_a_constant_uniform()
    {
        Tensor uniform = Uniform(0.5f, 3, 4);
        Tensor moved = new Transpose(new EquatableArray<int>([1, 0])).Evaluate([new Reshape([4, 3]).Evaluate([uniform])[0]])[0];
        Tensor expanded = new Expand([5, 3, 4]).Evaluate([moved])[0];
        Tensor sum = Networks.Add.Evaluate([expanded, Uniform(2, 1)])[0];
        Assert.True(sum.IsUniform);
        Assert.Equal("5×3×4", sum.Shape.ToString());
        Assert.Equal(Enumerable.Repeat(2.5f, 60), sum.Values<float>());
    }

    [Fact]
    public void A_uniform_operand_is_the_same_as_its_elements_written_out()
    {
        var random = new Random(3);
        Tensor noise = Networks.Noise(random, [3, 4]);
        Tensor uniform = Uniform(0.7f, 3, 4);
        Assert.Equal(
            Networks.Multiply.Evaluate([noise, Tensor.Of(uniform.Shape, uniform.Data)])[0].Values<float>(), Networks.Multiply.Evaluate([noise, uniform])[0].Values<float>());
    }

    [Fact]
    public void There_is_no_uniform_tensor_without_elements() => Assert.Throws<ShapeException>(() => Tensor.Uniform(Tensor.Scalar(1f), [0, 3]));

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Int8)]
    public void A_network_of_uniform_weights_stores_none_and_computes_the_same_bits(Precision precision)
    {
        Graph uniform = PassList.Run(Network(writtenOut: false), precision);
        Graph written = PassList.Run(Network(writtenOut: true), precision);
        LoweredModel small = ModelLowering.Lower(uniform, Running.Options);
        LoweredModel large = ModelLowering.Lower(written, Running.Options);
        Assert.True(small.Weights.Length < 4096, $"{small.Weights.Length} bytes");
        Assert.True(small.Plan.UniformBytes > 64 << 10);
        Tensor image = Networks.Noise(new Random(4), [1, 8, 6, 6]);
        Assert.Equal(Running.Execute(written, image), Running.Execute(uniform, image));
        Assert.Equal(large.Plan.Steps.Count, small.Plan.Steps.Count);
    }

    [Fact]
    public void Constants_filled_with_one_number_share_a_place_and_others_do_not()
    {
        var pool = new ConstantPool();
        pool.Add("a", Uniform(1, 30_000));
        pool.Add("b", Uniform(1, 20_000));
        pool.Add("c", Uniform(-1, 20_000));
        pool.Add("d", Enumerable.Repeat(1f, 40_000).ToArray());
        pool.Add("zero", Uniform(0f, 20_000));
        pool.Add("negative zero", Uniform(-0f, 20_000));
        PlanConstant[] constants = [.. pool.Constants];
        Assert.Empty(pool.ToArray());
        Assert.Equal([0, 0, 160_000, 0, 240_000, 320_000], constants.Select(constant => constant.Offset));
        Assert.Equal("Float32'-1", ExpressionText.Write(constants[2].Uniform!));
    }

    [Fact]
    public void What_a_line_of_text_cannot_say_exactly_or_is_small_is_stored()
    {
        var pool = new ConstantPool();
        pool.Add("small", Uniform(1, 100));
        pool.Add("nan", Uniform(float.NaN, 20_000));
        pool.Add("long", Enumerable.Repeat(long.MaxValue, 20_000).ToArray());
        pool.Add("nearly", Enumerable.Repeat(1, 20_000).Append(2).ToArray());
        Assert.All(pool.Constants, constant => Assert.Null(constant.Uniform));

        // The small one is followed by 48 bytes, so that the long ones begin with a cache line.
        Assert.All(pool.Constants.Skip(1), constant => Assert.Equal(0, constant.Offset % 64));
        Assert.Equal(448 + 80_000 + 160_000 + 80_016, pool.ToArray().Length);
    }

    [Fact]
    public void Weights_that_are_filled_in_count_against_the_limit()
    {
        var pool = new ConstantPool();
        pool.Add("half", Uniform(1, 150_000_000));
        Assert.Throws<ShapeException>(() => pool.Add("other half", Uniform(2, 150_000_000)));
    }

    private static Tensor Uniform(float value, params int[] shape) => Tensor.Uniform(Tensor.Scalar(value), Shape.From(shape));

    // A convolution with a batch norm, groups and an odd number of channels, and a fully connected layer.
    private static Graph Network(bool writtenOut)
    {
        var builder = new GraphBuilder();
        string image = builder.Add("last", Transpose.ToChannelsLast, builder.AddInput("image", new TensorType(ElementType.Float32, [1, 8, 6, 6])));
        string convolved = builder.Add("conv", new Conv2D(new Window(3, 3), 1), image, Constant("w", 0.01f, 250, 3, 3, 8));
        string scaled = builder.Add("scale", Networks.Multiply, convolved, Constant("s", 0.5f, 1, 1, 1, 250));
        string grouped = builder.Add("grouped", new Conv2D(new Window(1, 1), 2), scaled, Constant("g", -0.02f, 300, 1, 1, 125));
        string rows = builder.Add("rows", new Reshape([1, 300 * 16]), grouped);
        string result = builder.Add("dense", new MatMul(), rows, Constant("d", 0.001f, 300 * 16, 10));
        return builder.ToGraph([new GraphOutput("result", result)]);

        string Constant(string name, float value, params int[] shape)
        {
            Tensor uniform = Uniform(value, shape);
            return builder.AddConstant(writtenOut ? Tensor.Of(uniform.Shape, uniform.Data) : uniform, name);
        }
    }
}
