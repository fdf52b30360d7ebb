using System.Collections.Generic;
using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>Depthwise convolutions of MobileNetV2 and EfficientNet.</summary>
public class DepthwiseBenchmarks
{
    private const int ZeroPoint = 128;

    private byte[] bytes = [];
    private sbyte[] weights = [];
    private int[] bias = [];
    private float[] multipliers = [];
    private byte[] byteOutput = [];
    private float[] floats = [];
    private float[] floatWeights = [];
    private float[] floatBias = [];
    private float[] floatOutput = [];
    private int[] offsets = [];

    /// <summary>The layer; as many output channels as input channels.</summary>
    [ParamsSource(nameof(Shapes))]
    public LayerShape Shape { get; set; } = null!;

    /// <summary>The layers.</summary>
    public static IEnumerable<LayerShape> Shapes() =>
    [
        new("MobileNetV2 112²", 112, 3, 1, 32, 32),
        new("MobileNetV2 56²", 56, 3, 2, 96, 96),
        new("MobileNetV2 14²", 14, 3, 1, 384, 384),
        new("MobileNetV2 7²", 7, 3, 1, 960, 960),
        new("EfficientNet 14²", 14, 5, 1, 672, 672),
    ];

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        int weightLength = Shape.Kernel * Shape.Kernel * Shape.PaddedOutputChannels;
        bytes = Numbers.Bytes(Shape.InputLength);
        weights = Numbers.Weights(weightLength);
        bias = new int[Shape.PaddedOutputChannels];
        multipliers = Numbers.Repeat(1e-3f, Shape.PaddedOutputChannels);
        byteOutput = new byte[Shape.OutputLength];
        floats = Numbers.Floats(Shape.InputLength);
        floatWeights = Numbers.Floats(weightLength);
        floatBias = new float[Shape.PaddedOutputChannels];
        floatOutput = new float[Shape.OutputLength];
        offsets = Shape.TapOffsets();
    }

    /// <summary>uint8 by int8.</summary>
    [Benchmark]
    public void UInt8() => DepthwiseConv2DUInt8.Run(
        bytes, weights, bias, multipliers, byteOutput, offsets, Shape.Geometry, Shape.InputChannels, ZeroPoint, 0, byte.MaxValue);

    /// <summary>float32.</summary>
    [Benchmark]
    public void Float32() => DepthwiseConv2DFloat32.Run(
        floats, floatWeights, floatBias, floatOutput, offsets, Shape.Geometry, Shape.InputChannels, 0, float.PositiveInfinity);
}
