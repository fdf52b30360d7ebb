using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>
/// Convolutions by dot products of four bytes where AVX-VNNI is missing: a fused multiply-add of floats, which needs as long and as many ports, stands in for the
/// instruction. Results mean nothing; times say what surrounds the products.
/// </summary>
public class DotProductBenchmarks
{
    // Up to 3 bytes past a run may be read.
    private const int Slack = 3;
    private const int ZeroPoint = 128;

    private byte[] input = [];
    private sbyte[] weights = [];
    private int[] bias = [];
    private float[] multipliers = [];
    private byte[] output = [];
    private int[] offsets = [];

    /// <summary>The layer.</summary>
    [ParamsSource(nameof(Shapes))]
    public LayerShape Shape { get; set; } = null!;

    /// <summary>The layers.</summary>
    public static IEnumerable<LayerShape> Shapes() =>
    [
        new("MobileNetV2 first", 112, 3, 2, 3, 32),
        new("MobileNetV2 expand", 112, 1, 1, 16, 96),
        new("MobileNetV2 expand", 56, 1, 1, 24, 144),
        new("MobileNetV2 expand", 14, 1, 1, 96, 576),
        new("MobileNetV2 project", 14, 1, 1, 576, 96),
        new("MobileNetV2 last", 7, 1, 1, 320, 1280),
        new("ResNet first", 112, 7, 2, 3, 64),
        new("ResNet 14²", 14, 1, 1, 1024, 256),
    ];

    private int RunLength => Shape.Kernel * Shape.InputChannels;

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        input = Numbers.Bytes(Shape.InputLength + Slack);
        weights = Numbers.Weights(Shape.PaddedOutputChannels * Shape.Kernel * ((RunLength + 3) / 4) * 4);

        // As floats they are 1: sums near 0 would be subnormal, which takes some processors longer.
        bias = new int[Shape.PaddedOutputChannels];
        Array.Fill(bias, BitConverter.SingleToInt32Bits(1));
        multipliers = Numbers.Repeat(1e-4f, Shape.PaddedOutputChannels);
        output = new byte[Shape.OutputLength];
        offsets = Shape.RowOffsets();
    }

    /// <summary>uint8 by int8, but for the instruction.</summary>
    [Benchmark]
    public void UInt8() => ByteConvolution.RunDot<StandIn, FloatRequantizer>(new ByteConvolution.Arguments(
        input, weights, bias, MemoryMarshal.Cast<float, int>(multipliers), output, offsets, Shape.Geometry, RunLength, 1, Shape.InputChannels, Shape.OutputChannels,
        FloatRequantizer.Target(ZeroPoint, 0, byte.MaxValue)));

    /// <summary>What takes the instruction's place.</summary>
    internal readonly struct StandIn : ByteConvolution.IDot
    {
        /// <inheritdoc/>
        public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> activations, Vector256<sbyte> weights) =>
            Fma.MultiplyAdd(activations.AsSingle(), weights.AsSingle(), sums.AsSingle()).AsInt32();
    }
}
