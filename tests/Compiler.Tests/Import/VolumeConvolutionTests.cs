using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Convolutions over three axes, against the sum that defines them.</summary>
public class VolumeConvolutionTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_volume_is_convolved_along_all_axes(int groups)
    {
        Random random = Seeded();
        int[] strides = [random.Next(1, 3), random.Next(1, 3), random.Next(1, 3)], dilations = [random.Next(1, 3), random.Next(1, 3), 1];
        int[] before = [random.Next(2), random.Next(2), random.Next(2)], after = [random.Next(2), random.Next(2), random.Next(2)];
        Tensor x = Numbers(random, 2, 4, 6, 7, 5), w = Numbers(random, 8, 4 / groups, 3, 2, 3), b = Numbers(random, 8);
        Graph graph = Accept(Model(
            [2, 4, 6, 7, 5],
            [Node("Conv", "x w b", "y", Attribute("group", groups), Steps("strides", strides), Steps("dilations", dilations), Steps("pads", [.. before, .. after]))],
            Proto("w", w),
            Proto("b", b)));
        int[] extents = [.. Enumerable.Range(0, 3).Select(axis => ((x.Shape[axis + 2] + before[axis] + after[axis] - ((w.Shape[axis + 2] - 1) * dilations[axis]) - 1) / strides[axis]) + 1)];
        var expected = new double[2 * 8 * extents[0] * extents[1] * extents[2]];
        for (int index = 0; index < expected.Length; index++)
        {
            int[] at = Coordinates(index, [2, 8, .. extents]);
            expected[index] = b.Values<float>()[at[1]];
            for (int tap = 0; tap < w.Count / 8; tap++)
            {
                int[] k = Coordinates(tap, [4 / groups, 3, 2, 3]);
                int[] place = [.. Enumerable.Range(0, 3).Select(axis => (at[axis + 2] * strides[axis]) + (k[axis + 1] * dilations[axis]) - before[axis])];
                if (!place.Where((coordinate, axis) => coordinate < 0 || coordinate >= x.Shape[axis + 2]).Any())
                {
                    expected[index] += At(x, at[0], (at[1] / (8 / groups) * (4 / groups)) + k[0], place[0], place[1], place[2]) * w.Values<float>()[(at[1] * (w.Count / 8)) + tap];
                }
            }
        }

        Running.Close([.. expected.Select(value => (float)value)], Running.Execute(graph, x), 1e-4, "convolution");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_transposed_convolution_spreads_each_element_over_its_window(int groups)
    {
        Random random = Seeded();
        int[] strides = [2, 1, 3], dilations = [1, 2, 1], before = [1, 0, 1], after = [0, 1, 1], extra = [1, 0, 2];
        Tensor x = Numbers(random, 2, 4, 3, 2, 3), w = Numbers(random, 4, 3, 2, 3, 2);
        Graph graph = Accept(Model(
            [2, 4, 3, 2, 3],
            [Node("ConvTranspose", "x w", "y", Attribute("group", groups), Steps("strides", strides), Steps("dilations", dilations), Steps("pads", [.. before, .. after]), Steps("output_padding", extra))],
            Proto("w", w)));
        int[] extents = [.. Enumerable.Range(0, 3).Select(axis => ((x.Shape[axis + 2] - 1) * strides[axis]) + ((w.Shape[axis + 2] - 1) * dilations[axis]) + 1 + extra[axis] - before[axis] - after[axis])];
        int[] shape = [2, 3 * groups, .. extents];
        var expected = new float[shape.Aggregate((a, c) => a * c)];
        for (int index = 0; index < x.Count; index++)
        {
            int[] at = Coordinates(index, [.. x.Shape]);
            for (int tap = 0; tap < w.Count / 4; tap++)
            {
                int[] k = Coordinates(tap, [3, 2, 3, 2]);
                int[] place = [.. Enumerable.Range(0, 3).Select(axis => (at[axis + 2] * strides[axis]) + (k[axis + 1] * dilations[axis]) - before[axis])];
                if (!place.Where((coordinate, axis) => coordinate < 0 || coordinate >= extents[axis]).Any())
                {
                    int channel = (at[1] / (4 / groups) * 3) + k[0];
                    expected[(((((((at[0] * shape[1]) + channel) * extents[0]) + place[0]) * extents[1]) + place[1]) * extents[2]) + place[2]]
                        += x.Values<float>()[index] * w.Values<float>()[(at[1] * (w.Count / 4)) + tap];
                }
            }
        }

        Running.Close(expected, Running.Execute(graph, x), 1e-4, "transposed convolution");
    }

    [Fact]
    public void Padding_may_be_chosen_by_mode_in_volumes_too()
    {
        Graph graph = Accept(Model([1, 1, 5, 6, 7], [Node("Conv", "x w", "y", Attribute("auto_pad", "SAME_UPPER"), Integers("strides", 2, 2, 2))], Floats("w", [1, 1, 3, 3, 3], new float[27])));
        Assert.Equal([1, 1, 3, 3, 4], graph.ShapeOf(graph.Outputs[0].Value));
    }

    [Fact]
    public void Weights_for_other_channels_are_refused() =>
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(Model([1, 3, 4, 4, 4], [Node("Conv", "x w", "y")], Floats("w", [2, 2, 1, 1, 1], new float[4])))).Kind);

    [Fact]
    public void A_convolution_over_four_axes_is_refused() =>
        Assert.Equal(DiagnosticKinds.AttributeUnsupported, Assert.Single(Refuse(Model([1, 1, 2, 2, 2, 2], [Node("Conv", "x w", "y")], Floats("w", [1, 1, 1, 1, 1, 1], 1)))).Kind);

    private Random Seeded()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    private static AttributeProto Steps(string name, int[] values) => Integers(name, [.. values.Select(value => (long)value)]);

    private static TensorProto Proto(string name, Tensor tensor) => Floats(name, [.. tensor.Shape.Select(extent => (long)extent)], tensor.Values<float>());

    private static Tensor Numbers(Random random, params int[] shape) =>
        Tensor.Of(Shape.From(shape), [.. Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(_ => (random.NextSingle() * 2) - 1)]);

    private static int[] Coordinates(int index, int[] shape) => [.. Shape.From(shape).Strides().Select((stride, axis) => index / stride % shape[axis])];

    private static double At(Tensor tensor, params int[] place) => tensor.Values<float>()[tensor.Shape.Strides().Zip(place, (stride, at) => stride * at).Sum()];
}
