using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>Convolutions of 3×3 in float32, directly and by Winograd's algorithm: ResNets and SqueezeNet.</summary>
public class FloatWinogradBenchmarks
{
    private float[] floats = [];
    private float[] weights = [];
    private float[] bias = [];
    private float[] output = [];
    private float[] scratch = [];
    private int[] offsets = [];

    /// <summary>The layer.</summary>
    [ParamsSource(nameof(Shapes))]
    public LayerShape Shape { get; set; } = null!;

    /// <summary>Tiles that are computed together.</summary>
    [Params(14, 28, 56)]
    public int Tiles { get; set; }

    /// <summary>The layers.</summary>
    public static IEnumerable<LayerShape> Shapes() => WinogradBenchmarks.Shapes();

    private int RunLength => Shape.Kernel * Shape.InputChannels;

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        floats = Numbers.Floats(Shape.InputLength);
        weights = Numbers.Floats(Shape.PaddedOutputChannels * Shape.Kernel * RunLength);
        bias = new float[Shape.PaddedOutputChannels];
        output = new float[Shape.OutputLength];
        scratch = new float[FloatWinogradConvolution.ScratchLength(Tiles, Shape.InputChannels)];
        offsets = Shape.RowOffsets();
    }

    /// <summary>Directly.</summary>
    [Benchmark(Baseline = true)]
    public void Direct() => Conv2DFloat32.Run(
        floats, weights, bias, output, offsets, Shape.Geometry, RunLength, true, 1, Shape.InputChannels, Shape.OutputChannels, 0, float.PositiveInfinity);

    /// <summary>In tiles.</summary>
    [Benchmark]
    public void Winograd() => Conv2DWinogradFloat32.Run(
        floats, weights, bias, output, scratch, Shape.Geometry, Tiles, Shape.InputChannels, Shape.OutputChannels, 0, float.PositiveInfinity);
}
