using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class UnpoolingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_places_of_the_greatest_count_in_the_whole_tensor(int columnMajor)
    {
        Random random = Seeded();
        float[] x = [.. Enumerable.Range(0, 2 * 3 * 5 * 6).Select(_ => random.NextSingle() - 2)];
        NodeProto node = Node(
            "MaxPool", "x", "p y", Integers("kernel_shape", 3, 2), Integers("strides", 2, 1), Integers("pads", 1, 1, 1, 0), Integers("dilations", 1, 2), Attribute("storage_order", columnMajor));
        Graph graph = Accept(Model(Graph([node, Node("Cast", "y", "f", Attribute("to", OnnxTypes.Float))], "f", null, Input("x", OnnxTypes.Float, 2, 3, 5, 6))));
        float[] places = Running.Execute(graph, Tensor.Of([2, 3, 5, 6], x));
        Assert.Equal(2 * 3 * 3 * 5, places.Length);
        for (int index = 0; index < places.Length; index++)
        {
            int plane = index / 15, row = index / 5 % 3, column = index % 5;
            int best = (from y in Enumerable.Range(0, 3)
                        from z in Enumerable.Range(0, 2)
                        let at = (Row: (row * 2) + y - 1, Column: column + (z * 2) - 1)
                        where at is { Row: >= 0 and < 5, Column: >= 0 and < 6 }
                        select (at.Row * 6) + at.Column).MaxBy(place => x[(plane * 30) + place]);
            Assert.Equal((plane * 30) + (columnMajor == 1 ? (best % 6 * 5) + (best / 6) : best), places[index]);
        }
    }

    [Fact]
    public void Padding_is_never_the_greatest_not_even_of_infinities()
    {
        float[] lowest = [.. Enumerable.Repeat(float.NegativeInfinity, 2)];
        NodeProto node = Node("MaxPool", "x", "p y", Integers("kernel_shape", 2), Integers("pads", 1, 0));
        Assert.Equal([0L, 0L], Evaluate(Opset, node, Floats("x", [1, 1, 2], lowest))[1].Values<long>());
    }

    [Fact]
    public void What_was_pooled_goes_back_to_where_it_was()
    {
        NodeProto[] nodes = [Node("MaxPool", "x", "p i", Integers("kernel_shape", 2, 2), Integers("strides", 2, 2)), Node("MaxUnpool", "p i", "y", Integers("kernel_shape", 2, 2), Integers("strides", 2, 2))];
        float[] image = [1, 2, 8, 3, 4, 3, 5, 6, -1, -2, 0, 0, -3, -4, 0, 7];
        Graph graph = Accept(Model([1, 1, 4, 4], nodes));
        Assert.Equal([0, 0, 8, 0, 4, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 7], Running.Execute(graph, Tensor.Of([1, 1, 4, 4], image)));
    }

    [Fact]
    public void Places_outside_the_image_are_refused()
    {
        ModelProto model = Model([1, 1, 2], [Node("MaxUnpool", "x i", "y", Integers("kernel_shape", 2), Integers("strides", 2))], new TensorProto { Name = "i", DataType = OnnxTypes.Int64, Dims = { 1, 1, 2 }, Int64Data = { 0, 4 } });
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void An_output_smaller_than_the_unpooled_image_is_refused()
    {
        ModelProto model = Model([1, 1, 2], [Node("MaxUnpool", "x i shape", "y", Integers("kernel_shape", 2), Integers("strides", 2))], new TensorProto { Name = "i", DataType = OnnxTypes.Int64, Dims = { 1, 1, 2 }, Int64Data = { 0, 2 } }, Longs("shape", 1, 1, 3));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void Overlapping_blocks_are_summed()
    {
        Random random = Seeded();
        const int channels = 2, height = 5, width = 6, rows = 4, columns = 3;
        float[] x = [.. Enumerable.Range(0, channels * 6 * rows * columns).Select(_ => random.NextSingle())];
        Graph graph = Accept(Model(
            [1, channels * 6, rows * columns],
            [Node("Col2Im", "x image block", "y", Integers("pads", 1, 0, 0, 2), Integers("strides", 1, 2), Integers("dilations", 2, 1))],
            Longs("image", height, width),
            Longs("block", 2, 3)));
        var expected = new float[channels * height * width];
        for (int index = 0; index < x.Length; index++)
        {
            int place = index % 12, tap = index / 12 % 6, channel = index / 72;
            int y = (place / columns) + (tap / 3 * 2) - 1, z = (place % columns * 2) + (tap % 3);
            if (y is >= 0 and < height && z < width)
            {
                expected[(((channel * height) + y) * width) + z] += x[index];
            }
        }

        Running.Close(expected, Running.Execute(graph, Tensor.Of([1, channels * 6, rows * columns], x)), 1e-5, "sums");
    }

    [Theory]
    [InlineData(5, 4)]
    [InlineData(4, 5)]
    public void Columns_that_do_not_fit_the_image_are_refused(int rows, int columns)
    {
        ModelProto model = Model([1, rows, columns], [Node("Col2Im", "x image block", "y", Integers("strides", 2, 2))], Longs("image", 4, 4), Longs("block", 2, 2));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    private Random Seeded()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
