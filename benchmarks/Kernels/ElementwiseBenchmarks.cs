using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>What stands between convolutions: residual sums, pooling, softmax.</summary>
public class ElementwiseBenchmarks
{
    private const int Extent = 56;
    private const int Channels = 64;
    private const int ResNetExtent = 112;
    private const int LastExtent = 7;
    private const int LastChannels = 1280;
    private const int Classes = 1000;
    private const int ZeroPoint = 128;

    private readonly byte[] left = Numbers.Bytes(ResNetExtent * ResNetExtent * Channels);
    private readonly byte[] right = Numbers.Bytes(Extent * Extent * Channels);
    private readonly byte[] byteOutput = new byte[Extent * Extent * Channels];
    private readonly float[] floats = Numbers.Floats(ResNetExtent * ResNetExtent * Channels);
    private readonly float[] floatOutput = new float[Extent * Extent * Channels];
    private readonly float[] exponentials = Numbers.Repeat(0.5f, byte.MaxValue + 1);
    private readonly int[] shape = [Extent * Extent * Channels];
    private readonly int[] strides = [1];

    // 3×3 windows two apart, one pixel of padding.
    private static PoolingGeometry Maximum => new(
        1, ResNetExtent, ResNetExtent, Extent, Extent, Channels, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1,
        ResNetExtent * ResNetExtent * Channels, ResNetExtent * Channels, Channels, Extent * Extent * Channels, Extent * Channels, Channels);

    private static PoolingGeometry Average => new(
        1, LastExtent, LastExtent, 1, 1, LastChannels, LastExtent, LastExtent, 1, 1, 1, 1, 0, 0, 0, 0,
        LastExtent * LastExtent * LastChannels, LastExtent * LastChannels, LastChannels, LastChannels, LastChannels, LastChannels);

    /// <summary>Residual sum, 56×56×64.</summary>
    [Benchmark]
    public void AddUInt8() => RuntimeSupport.AddUInt8.Run(left, right, byteOutput, shape, strides, strides, strides, 0.5f, 0.5f, -128, ZeroPoint, 0, byte.MaxValue);

    /// <summary>ResNet's pooling, 112×112×64.</summary>
    [Benchmark]
    public void MaxPoolUInt8() => MaxPool2DUInt8.Run(left, byteOutput, Maximum, 0, byte.MaxValue);

    /// <summary>The same in float32.</summary>
    [Benchmark]
    public void MaxPoolFloat32() => MaxPool2DFloat32.Run(floats, floatOutput, Maximum, float.NegativeInfinity, float.PositiveInfinity);

    /// <summary>MobileNetV2's last pooling, 7×7×1280.</summary>
    [Benchmark]
    public void AveragePoolUInt8() => AveragePool2DUInt8.Run(left, byteOutput, Average, countIncludesPadding: false, ZeroPoint, 1, ZeroPoint, 0, byte.MaxValue);

    /// <summary>The same in float32.</summary>
    [Benchmark]
    public void AveragePoolFloat32() => AveragePool2DFloat32.Run(floats, floatOutput, Average, countIncludesPadding: false, float.NegativeInfinity, float.PositiveInfinity);

    /// <summary>Softmax of 1000 classes.</summary>
    [Benchmark]
    public void SoftmaxUInt8() => RuntimeSupport.SoftmaxUInt8.Run(left, exponentials, byteOutput, 1, Classes, byte.MaxValue + 1, 0);

    /// <summary>The same in float32.</summary>
    [Benchmark]
    public void SoftmaxFloat32() => RuntimeSupport.SoftmaxFloat32.Run(floats, floatOutput, 1, Classes);
}
