using System;
using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>Convolutions of 3×3 in int8, directly and by Winograd's algorithm: ResNets and SqueezeNet.</summary>
public class WinogradBenchmarks
{
    // Up to 3 bytes past a run may be read.
    private const int Slack = 3;
    private const int ZeroPoint = 128;
    private const int TilesTogether = 16;

    private byte[] bytes = [];
    private sbyte[] weights = [];
    private int[] bias = [];
    private float[] multipliers = [];
    private byte[] output = [];
    private int[] scratch = [];
    private int[] offsets = [];

    /// <summary>The layer.</summary>
    [ParamsSource(nameof(Shapes))]
    public LayerShape Shape { get; set; } = null!;

    /// <summary>The layers; input channels are multiples of 4, with which both read the weights in the same order.</summary>
    public static IEnumerable<LayerShape> Shapes() =>
    [
        new("ResNet8 32²", 32, 3, 1, 16, 16),
        new("ResNet8 8²", 8, 3, 1, 64, 64),
        new("SqueezeNet 55²", 55, 3, 1, 16, 64),
        new("SqueezeNet 13²", 13, 3, 1, 64, 256),
        new("ResNet 56²", 56, 3, 1, 64, 64),
        new("ResNet 28²", 28, 3, 1, 128, 128),
        new("ResNet 14²", 14, 3, 1, 256, 256),
        new("ResNet 7²", 7, 3, 1, 512, 512),
    ];

    private int RunLength => Shape.Kernel * Shape.InputChannels;

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        bytes = Numbers.Bytes(Shape.InputLength + Slack);
        weights = Array.ConvertAll(Numbers.Weights(Shape.PaddedOutputChannels * Shape.Kernel * RunLength), weight => (sbyte)(weight / 8));
        bias = new int[Shape.PaddedOutputChannels];
        multipliers = Numbers.Repeat(1e-4f, Shape.PaddedOutputChannels);
        output = new byte[Shape.OutputLength];
        scratch = new int[ByteWinogradConvolution.ScratchLength(TilesTogether, Shape.InputChannels)];
        offsets = Shape.RowOffsets();
    }

    /// <summary>Directly.</summary>
    [Benchmark(Baseline = true)]
    public void Direct() => Conv2DUInt8.Run(
        bytes, weights, bias, multipliers, output, offsets, Shape.Geometry, RunLength, 1, Shape.InputChannels, Shape.OutputChannels, false, ZeroPoint, 0, byte.MaxValue);

    /// <summary>In tiles.</summary>
    [Benchmark]
    public void Winograd() => Conv2DWinogradUInt8.Run(
        bytes, weights, bias, multipliers, output, scratch, Shape.Geometry, TilesTogether, Shape.InputChannels, Shape.OutputChannels, ZeroPoint, 0, byte.MaxValue);
}
