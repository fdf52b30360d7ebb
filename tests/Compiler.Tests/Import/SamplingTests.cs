using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Images read at computed places, against the formula written as loops.</summary>
public class SamplingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("linear", "zeros", 0)]
    [InlineData("linear", "border", 1)]
    [InlineData("linear", "reflection", 0)]
    [InlineData("nearest", "zeros", 1)]
    [InlineData("nearest", "border", 0)]
    [InlineData("nearest", "reflection", 1)]
    [InlineData("cubic", "zeros", 0)]
    [InlineData("cubic", "border", 0)]
    [InlineData("cubic", "reflection", 1)]
    public void A_grid_says_where_to_read_a_signal_an_image_or_a_volume(string mode, string padding, int alignsCorners)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int rank = 1; rank <= 3; rank++)
        {
            int[] image = [2, 3, .. Enumerable.Range(0, rank).Select(_ => random.Next(1, 5))];
            int[] grid = [2, .. Enumerable.Range(0, rank).Select(_ => random.Next(1, 4)), rank];
            Tensor x = Numbers(random, image, 1), places = Numbers(random, grid, 1.7);
            NodeProto node = Node("GridSample", "x grid", "y", Attribute("mode", mode), Attribute("padding_mode", padding), Attribute("align_corners", alignsCorners));
            Graph graph = Accept(Model(Graph([node], "y", null, Input("x", OnnxTypes.Float, [.. image.Cast<object>()]), Input("grid", OnnxTypes.Float, [.. grid.Cast<object>()]))));
            var reader = new Reader(x, mode, padding, alignsCorners == 1);
            Running.Close(reader.ReadAll(places), Running.Execute(graph, x, places), 1e-4, $"{mode}, {padding}, {rank} axes");
        }
    }

    [Fact]
    public void Zeros_beyond_an_image_are_zeros_whatever_lies_at_its_border()
    {
        TensorProto[] inputs = [Floats("x", [1, 1, 1, 2], float.PositiveInfinity, 1), Floats("grid", [1, 1, 2, 2], -9, 0, float.NegativeInfinity, 0)];
        Assert.Equal([0f, 0f], Evaluate("GridSample", inputs).Values<float>());
    }

    [Fact]
    public void The_nearest_elements_may_be_integers()
    {
        Tensor result = Evaluate(
            "GridSample", [new TensorProto { Name = "x", DataType = OnnxTypes.Int64, Dims = { 1, 1, 2 }, Int64Data = { 7, 1L << 60 } }, Floats("grid", [1, 2, 1], 0.5f, -0.5f)], Attribute("mode", "nearest"));
        Assert.Equal([1L << 60, 7L], result.Values<long>());
    }

    [Fact]
    public void Means_of_integers_are_refused()
    {
        var bytes = new TensorProto { Name = "x", DataType = OnnxTypes.UInt8, Dims = { 1, 1, 2 }, Int32Data = { 7, 9 } };
        ModelProto model = Model(Graph([Node("GridSample", "x grid", "y")], "y", [bytes], Input("grid", OnnxTypes.Float, 1, 2, 1)));
        Assert.Equal(DiagnosticKinds.TypeUnsupported, Assert.Single(Refuse(model)).Kind);
    }

    [Theory]
    [InlineData("x", 1, 2, 3, 3)]
    [InlineData("x", 2, 2, 3, 2)]
    public void A_grid_that_does_not_fit_the_image_is_refused(string image, params int[] grid)
    {
        ModelProto model = Model(Graph(
            [Node("GridSample", $"{image} grid", "y")], "y", null, Input("x", OnnxTypes.Float, 1, 1, 4, 4), Input("grid", OnnxTypes.Float, [.. grid.Cast<object>()])));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void An_unknown_padding_is_refused()
    {
        ModelProto model = Model([1, 1, 4, 4], [Node("GridSample", "x grid", "y", Attribute("padding_mode", "wrap"))], Floats("grid", [1, 1, 1, 2], 0, 0));
        Assert.Equal(DiagnosticKinds.GraphInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_grid_of_the_identity_reads_the_image_as_it_is(int alignsCorners)
    {
        Tensor image = Numbers(new Random(1), [1, 2, 3, 5], 1);
        NodeProto[] nodes =
        [
            Node("AffineGrid", "theta size", "grid", Attribute("align_corners", alignsCorners)),
            Node("GridSample", "x grid", "y", Attribute("align_corners", alignsCorners)),
        ];
        Graph graph = Accept(Model([1, 2, 3, 5], nodes, Floats("theta", [1, 2, 3], 1, 0, 0, 0, 1, 0), Longs("size", 1, 2, 3, 5)));
        Running.Close(image.Values<float>(), Running.Execute(graph, image), 1e-5, "identity");
    }

    [Fact]
    public void A_computed_transformation_gives_each_axis_a_row()
    {
        Graph graph = Accept(Model([1, 3, 4], [Node("AffineGrid", "x size", "y", Attribute("align_corners", 1))], Longs("size", 1, 1, 2, 1, 2)));
        float[] theta = [1, 10, 100, 1000, 2, 20, 200, 2000, 3, 30, 300, 3000];
        float[] actual = Running.Execute(graph, Tensor.Of([1, 3, 4], theta));
        float[] expected = [.. new[] { (-1, -1), (1, -1), (-1, 1), (1, 1) }.SelectMany(at => Enumerable.Range(0, 3).Select(row =>
            theta[row * 4] * at.Item1 + theta[row * 4 + 2] * at.Item2 + theta[row * 4 + 3]))];
        Running.Close(expected, actual, 1e-6, "grid");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 4)]
    public void A_deformable_convolution_without_offsets_is_a_convolution(int groups, int offsetGroups)
    {
        var random = new Random(2);
        Tensor image = Numbers(random, [2, 4, 5, 6], 1), weights = Numbers(random, [6, 4 / groups, 3, 2], 1);
        AttributeProto[] attributes = [Attribute("group", groups), Integers("pads", 1, 0, 1, 1), Integers("strides", 2, 1), Integers("dilations", 1, 2)];
        TensorProto[] constants =
        [
            Floats("w", [6, 4 / groups, 3, 2], weights.Values<float>()), Floats("b", [6], 1, 2, 3, 4, 5, 6),
            Floats("offset", [2, offsetGroups * 12, 3, 5], new float[2 * offsetGroups * 12 * 15]),
        ];
        Graph plain = Accept(Model([2, 4, 5, 6], [Node("Conv", "x w b", "y", attributes)], constants));
        Graph deformable = Accept(Model([2, 4, 5, 6], [Node("DeformConv", "x w offset b", "y", [.. attributes, Attribute("offset_group", offsetGroups)])], constants));
        Running.Close(Running.Execute(plain, image), Running.Execute(deformable, image), 1e-5, "convolution");
    }

    private static Tensor Numbers(Random random, int[] shape, double size) =>
        Tensor.Of(Shape.From(shape), [.. Enumerable.Range(0, shape.Aggregate(1, (count, extent) => count * extent)).Select(_ => (float)((random.NextDouble() * 2 - 1) * size))]);

    // One element at a time, axis by axis.
    private sealed class Reader(Tensor image, string mode, string padding, bool alignsCorners)
    {
        private readonly int[] spatial = [.. image.Shape.Skip(2)];

        public float[] ReadAll(Tensor grid)
        {
            int places = grid.Count / grid.Shape[0] / spatial.Length;
            int elements = spatial.Aggregate((x, y) => x * y);
            return [.. Enumerable.Range(0, image.Shape[0] * image.Shape[1]).SelectMany(plane => Enumerable.Range(0, places).Select(place =>
            {
                int first = ((plane / image.Shape[1] * places) + place) * spatial.Length;
                double[] coordinates = [.. Enumerable.Range(0, spatial.Length).Select(axis => Place(grid.Values<float>()[first + spatial.Length - 1 - axis], axis))];
                return (float)Read(coordinates, 0, plane * elements);
            }))];
        }

        private double Place(double at, int axis)
        {
            int extent = spatial[axis];
            double place = alignsCorners ? (at + 1) / 2 * (extent - 1) : (((at + 1) * extent) - 1) / 2;
            place = mode == "nearest" ? Math.Round(place) : place;
            bool isBeyond = alignsCorners ? place < 0 || place > extent - 1 : place < -0.5 || place > extent - 0.5;
            return !isBeyond || padding == "zeros" ? place : padding == "border" ? Math.Clamp(place, 0, extent - 1) : Mirror(place, extent);
        }

        private double Mirror(double place, int extent)
        {
            double least = alignsCorners ? 0 : -0.5, greatest = alignsCorners ? extent - 1 : extent - 0.5;
            while (greatest > least && (place < least || place > greatest))
            {
                place = place < least ? (2 * least) - place : (2 * greatest) - place;
            }

            return greatest > least ? place : 0;
        }

        private double Read(double[] coordinates, int axis, int offset)
        {
            if (axis == spatial.Length)
            {
                return image.Values<float>()[offset];
            }

            int below = (int)Math.Floor(coordinates[axis]);
            (int first, int taps) = mode switch { "nearest" => (0, 1), "linear" => (0, 2), _ => (-1, 4) };
            return Enumerable.Range(first, taps).Sum(tap =>
            {
                int extent = spatial[axis], place = below + tap;
                double weight = Weight(Math.Abs(coordinates[axis] - place));
                place = padding switch { "border" => Math.Clamp(place, 0, extent - 1), "reflection" => (int)Math.Round(Mirror(place, extent)), _ => place };
                return place < 0 || place >= extent || weight == 0 ? 0 : weight * Read(coordinates, axis + 1, offset + (place * Inner(axis)));
            });
        }

        private int Inner(int axis) => spatial.Skip(axis + 1).Aggregate(1, (count, extent) => count * extent);

        private double Weight(double distance) =>
            mode == "nearest" ? 1
            : mode == "linear" ? 1 - distance
            : distance <= 1 ? (1.25 * distance * distance * distance) - (2.25 * distance * distance) + 1
            : -0.75 * ((distance * distance * distance) - (5 * distance * distance) + (8 * distance) - 4);
    }
}
