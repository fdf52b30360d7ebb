using System;
using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>Convolutions of MobileNetV2 and ResNets.</summary>
public class ConvolutionBenchmarks
{
    // Up to 3 bytes past a run may be read.
    private const int Slack = 3;
    private const int ZeroPoint = 128;

    private byte[] bytes = [];
    private sbyte[] weights = [];
    private sbyte[] smallWeights = [];
    private int[] bias = [];
    private float[] multipliers = [];
    private byte[] byteOutput = [];
    private float[] floats = [];
    private float[] floatWeights = [];
    private float[] floatBias = [];
    private float[] floatOutput = [];
    private int[] offsets = [];

    /// <summary>The layer.</summary>
    [ParamsSource(nameof(Shapes))]
    public LayerShape Shape { get; set; } = null!;

    /// <summary>The layers.</summary>
    public static IEnumerable<LayerShape> Shapes() =>
    [
        new("MobileNetV2 first", 112, 3, 2, 3, 32),
        new("MobileNetV2 first expand", 112, 1, 1, 16, 96),
        new("MobileNetV2 expand", 56, 1, 1, 24, 144),
        new("MobileNetV2 project", 14, 1, 1, 384, 64),
        new("MobileNetV2 last", 7, 1, 1, 320, 1280),
        new("ResNet first", 112, 7, 2, 3, 64),
        new("ResNet 56²", 56, 3, 1, 64, 64),
        new("ResNet 14²", 14, 3, 1, 256, 256),
        new("ResNet 7²", 7, 3, 1, 512, 512),
    ];

    private int RunLength => Shape.Kernel * Shape.InputChannels;

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        int quads = (RunLength + 3) / 4;
        bytes = Numbers.Bytes(Shape.InputLength + Slack);
        weights = Numbers.Weights(Shape.PaddedOutputChannels * Shape.Kernel * quads * 4);
        smallWeights = Array.ConvertAll(weights, weight => (sbyte)(weight / 4));
        bias = new int[Shape.PaddedOutputChannels];
        multipliers = Numbers.Repeat(1e-4f, Shape.PaddedOutputChannels);
        byteOutput = new byte[Shape.OutputLength];
        floats = Numbers.Floats(Shape.InputLength);
        floatWeights = Numbers.Floats(Shape.PaddedOutputChannels * Shape.Kernel * RunLength);
        floatBias = new float[Shape.PaddedOutputChannels];
        floatOutput = new float[Shape.OutputLength];
        offsets = Shape.RowOffsets();
    }

    /// <summary>uint8 by int8.</summary>
    [Benchmark]
    public void UInt8() => Conv2DUInt8.Run(
        bytes, weights, bias, multipliers, byteOutput, offsets, Shape.Geometry, RunLength, 1, Shape.InputChannels, Shape.OutputChannels, false, ZeroPoint, 0, byte.MaxValue);

    /// <summary>uint8 by int8 weights whose products are summed in int16 where that is faster.</summary>
    [Benchmark]
    public void SmallWeights() => Conv2DUInt8.Run(
        bytes, smallWeights, bias, multipliers, byteOutput, offsets, Shape.Geometry, RunLength, 1, Shape.InputChannels, Shape.OutputChannels, true, ZeroPoint, 0, byte.MaxValue);

    /// <summary>float32.</summary>
    [Benchmark]
    public void Float32() => Conv2DFloat32.Run(
        floats, floatWeights, floatBias, floatOutput, offsets, Shape.Geometry, RunLength, true, 1, Shape.InputChannels, Shape.OutputChannels, 0, float.PositiveInfinity);
}
