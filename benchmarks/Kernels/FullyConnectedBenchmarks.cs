using System;
using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>Last layers: one row, so that the weights' way from memory counts.</summary>
public class FullyConnectedBenchmarks
{
    private const int Outputs = 1000;
    private const int PaddedOutputs = 1008;
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

    /// <summary>Activations: ResNet-18, MobileNetV2, ResNet-50.</summary>
    [Params(512, 1280, 2048)]
    public int Inputs { get; set; }

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        bytes = Numbers.Bytes(Inputs);
        weights = Numbers.Weights(PaddedOutputs * Inputs);
        smallWeights = Array.ConvertAll(weights, weight => (sbyte)(weight / 2));
        bias = new int[PaddedOutputs];
        multipliers = Numbers.Repeat(1e-4f, PaddedOutputs);
        byteOutput = new byte[Outputs];
        floats = Numbers.Floats(Inputs);
        floatWeights = Numbers.Floats(PaddedOutputs * Inputs);
        floatBias = new float[PaddedOutputs];
        floatOutput = new float[Outputs];
    }

    /// <summary>uint8 by int8, any weights.</summary>
    [Benchmark]
    public void UInt8() => FullyConnectedUInt8.Run(bytes, weights, bias, multipliers, byteOutput, 1, Inputs, Outputs, ZeroPoint, 0, byte.MaxValue, []);

    /// <summary>uint8 by int8, sums of two products hold in an int16.</summary>
    [Benchmark]
    public void SmallWeights() => FullyConnectedUInt8.Run(
        bytes, smallWeights, bias, multipliers, byteOutput, 1, Inputs, Outputs, ZeroPoint, 0, byte.MaxValue, [ByteConvolution.NoMoreWideQuads]);

    /// <summary>float32.</summary>
    [Benchmark]
    public void Float32() => FullyConnectedFloat32.Run(floats, floatWeights, floatBias, floatOutput, 1, Inputs, Outputs, float.NegativeInfinity, float.PositiveInfinity);
}
