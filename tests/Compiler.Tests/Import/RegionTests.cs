using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>RoiAlign against its definition, sample by sample.</summary>
public class RegionTests(ITestOutputHelper output)
{
    private const int Channels = 2, Height = 7, Width = 9;

    [Theory]
    [InlineData("avg", 0, "half_pixel", 1)]
    [InlineData("avg", 0, "output_half_pixel", 2)]
    [InlineData("avg", 2, "half_pixel", 2)]
    [InlineData("avg", 3, "output_half_pixel", 1)]
    [InlineData("max", 2, "half_pixel", 2)]
    [InlineData("max", 1, "output_half_pixel", 1)]
    public void Bins_of_regions_are_means_or_maxima_of_samples(string mode, int samples, string coordinates, int images)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        float[] image = [.. Enumerable.Range(0, images * Channels * Height * Width).Select(_ => random.NextSingle() - 0.3f)];

        // Inside, all of it, reaching far beyond, empty, the wrong way round, outside.
        float[] regions = [1.3f, 2.2f, 9.7f, 8.1f, 0, 0, 18, 14, -40, -3, 70, 30, 4, 4, 4, 4, 8, 8, 6, 2, 50, 50, 60, 60, .. Enumerable.Range(0, 16).Select(_ => random.NextSingle() * 20)];
        long[] batches = [.. Enumerable.Range(0, 10).Select(_ => (long)random.Next(images))];
        NodeProto node = Node(
            "RoiAlign", "x r i", "y", Attribute("mode", mode), Attribute("sampling_ratio", samples), Attribute("coordinate_transformation_mode", coordinates),
            Attribute("output_height", 3), Attribute("output_width", 2), Attribute("spatial_scale", 0.5f));
        Graph graph = Accept(Model(Graph([node], "y", [Longs("i", batches)], Input("x", OnnxTypes.Float, images, Channels, Height, Width), Input("r", OnnxTypes.Float, 10, 4))));
        float[] expected = [.. from region in Enumerable.Range(0, 10)
                               from channel in Enumerable.Range(0, Channels)
                               from row in Enumerable.Range(0, 3)
                               from column in Enumerable.Range(0, 2)
                               select (float)Bin(image.AsSpan((((int)batches[region] * Channels) + channel) * Height * Width, Height * Width).ToArray(), [.. regions.Skip(region * 4).Take(4)], row, column, mode, samples, coordinates == "half_pixel")];
        Running.Close(expected, Running.Execute(graph, Tensor.Of([images, Channels, Height, Width], image), Tensor.Of([10, 4], regions)), 1e-4, "bins");
    }

    [Fact]
    public void Maxima_of_as_many_samples_as_a_region_is_large_are_refused()
    {
        ModelProto model = Model([1, 1, 4, 4], [Node("RoiAlign", "x r i", "y", Attribute("mode", "max"))], Floats("r", [1, 4], 0, 0, 2, 2), Longs("i", 0));
        Diagnostic problem = Assert.Single(Refuse(model));
        Assert.Equal(DiagnosticKinds.AttributeUnsupported, problem.Kind);
        Assert.Contains("sampling_ratio", problem.Message);
    }

    [Fact]
    public void Regions_without_an_image_each_are_refused()
    {
        ModelProto model = Model([1, 1, 4, 4], [Node("RoiAlign", "x r i", "y")], Floats("r", [1, 4], 0, 0, 2, 2), Longs("i", 0, 0));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    private static double Bin(float[] image, float[] region, int row, int column, string mode, int samples, bool isHalfPixel)
    {
        (double top, double height, int rows) = Axis(region[1], region[3], 3, samples, isHalfPixel);
        (double left, double width, int columns) = Axis(region[0], region[2], 2, samples, isHalfPixel);
        double sum = 0, greatest = double.NegativeInfinity;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double[] parts = Parts(image, top + (row * height) + ((i + 0.5) * height / rows), left + (column * width) + ((j + 0.5) * width / columns));
                sum += parts.Sum();
                greatest = Math.Max(greatest, parts.Max());
            }
        }

        return mode == "max" ? greatest : sum / Math.Max(1, rows * columns);
    }

    private static (double Start, double Bin, int Samples) Axis(float from, float to, int bins, int samples, bool isHalfPixel)
    {
        double size = (to - from) * 0.5;
        double bin = (isHalfPixel ? size : Math.Max(1, size)) / bins;
        return ((from * 0.5) - (isHalfPixel ? 0.5 : 0), bin, samples > 0 ? samples : (int)Math.Ceiling((float)bin));
    }

    private static double[] Parts(float[] image, double y, double x)
    {
        if (y is < -1 or > Height || x is < -1 or > Width)
        {
            return [0, 0, 0, 0];
        }

        y = Math.Clamp(y, 0, Height - 1);
        x = Math.Clamp(x, 0, Width - 1);
        int top = (int)y, left = (int)x, bottom = Math.Min(top + 1, Height - 1), right = Math.Min(left + 1, Width - 1);
        double down = y - top, across = x - left;
        return
        [
            (1 - down) * (1 - across) * image[(top * Width) + left], (1 - down) * across * image[(top * Width) + right],
            down * (1 - across) * image[(bottom * Width) + left], down * across * image[(bottom * Width) + right],
        ];
    }
}
