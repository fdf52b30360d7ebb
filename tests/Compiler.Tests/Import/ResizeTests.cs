using System;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class ResizeTests
{
    private static readonly TensorProto Ramp = Floats("x", [1, 1, 4], 1, 2, 3, 4);
    private static readonly TensorProto None = Floats("none", [0]);

    [Theory]
    [InlineData("asymmetric", "floor", new float[] { 1, 1, 2, 3, 3, 4 })]
    [InlineData("asymmetric", "ceil", new float[] { 1, 2, 3, 3, 4, 4 })]
    [InlineData("half_pixel", "round_prefer_floor", new float[] { 1, 1, 2, 3, 3, 4 })]
    [InlineData("align_corners", "round_prefer_ceil", new float[] { 1, 2, 2, 3, 3, 4 })]
    public void The_nearest_element_depends_on_coordinates_and_rounding(string coordinates, string rounding, float[] expected)
    {
        Tensor output = Evaluate(
            "Resize", [Ramp, None, Floats("s", [3], 1, 1, 1.5f)], Attribute("coordinate_transformation_mode", coordinates), Attribute("nearest_mode", rounding));
        Assert.Equal(expected, output.Values<float>());
    }

    [Fact]
    public void Between_elements_linear_resizing_mixes_them()
    {
        Tensor output = Evaluate(13, Node("Resize", "x none none sizes", "y", Attribute("mode", "linear")), Floats("x", [1, 1, 2], 0, 4), None, Longs("sizes", 1, 1, 4))[0];
        Assert.Equal([0f, 1f, 3f, 4f], output.Values<float>());
    }

    [Fact]
    public void A_ramp_survives_cubic_resizing_inside()
    {
        Tensor output = Evaluate(13, Node("Resize", "x none none sizes", "y", Attribute("mode", "cubic"), Attribute("cubic_coeff_a", -0.5f)), Floats("x", [1, 1, 8], 0, 1, 2, 3, 4, 5, 6, 7), None, Longs("sizes", 1, 1, 16))[0];
        Assert.Equal([2.25f, 2.75f, 3.25f], output.Values<float>()[5..8], (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void Upsample_repeats() =>
        Assert.Equal([1f, 1f, 2f, 2f, 3f, 3f, 4f, 4f], Evaluate(9, Node("Upsample", "x s", "y"), Ramp, Floats("s", [3], 1, 1, 2))[0].Values<float>());

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(1e30f)]
    public void Absurd_scales_are_refused(float scale)
    {
        ModelProto model = Model([1, 1, 4], [Node("Resize", "x _ s", "y")], Floats("s", [3], 1, 1, scale));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void Modes_that_nobody_knows_are_refused()
    {
        ModelProto model = Model([1, 1, 4], [Node("Resize", "x _ s", "y", Attribute("mode", "quintic"))], Floats("s", [3], 1, 1, 2));
        Assert.Equal(DiagnosticKinds.GraphInvalid, Assert.Single(Refuse(model)).Kind);
    }
}
