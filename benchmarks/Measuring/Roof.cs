using System;
using System.Collections.Generic;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>
/// What this machine can do at best, here and now: our convolution of 14×14 pixels, 256 to 256 channels, whose operands stay in the second-level cache, by the
/// fastest of its instruction sets.
/// </summary>
/// <param name="Int8">10⁹ multiply-accumulates a second of uint8 by int8.</param>
/// <param name="Float32">The same of float32.</param>
internal sealed record Roof(double Int8, double Float32)
{
    private const int Extent = 14;
    private const int Pixels = Extent * Extent;
    private const int Channels = 256;

    // Reading past the end of a run is allowed by so much.
    private const int Slack = 3;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(0.1);

    private static readonly ConvolutionGeometry Geometry =
        new(1, Extent, Extent, Pixels * Channels, Extent * Channels, Channels, Pixels * Channels, Extent * Channels, Channels);

    private delegate void Int8Path(in Conv2DUInt8.Arguments arguments);

    private delegate void Float32Path(in Conv2DFloat32.Arguments arguments);

    /// <summary>Measures.</summary>
    public static Roof Measure()
    {
        double int8 = 0;
        foreach (Int8Path path in Int8Paths())
        {
            int8 = Math.Max(int8, Rate(Int8Product(path)));
        }

        double real = 0;
        foreach (Float32Path path in Float32Paths())
        {
            real = Math.Max(real, Rate(Float32Product(path)));
        }

        return new Roof(int8, real);
    }

    /// <summary>The higher of two measurements.</summary>
    public Roof Or(Roof other) => new(Math.Max(Int8, other.Int8), Math.Max(Float32, other.Float32));

    private static IEnumerable<Int8Path> Int8Paths()
    {
        if (AvxVnni.IsSupported)
        {
            yield return Conv2DUInt8.RunAvxVnni;
        }

        if (Avx512BW.IsSupported)
        {
            yield return Conv2DUInt8.RunAvx512;
        }

        if (Avx2.IsSupported)
        {
            yield return Conv2DUInt8.RunAvx2;
        }

        if (Dp.IsSupported)
        {
            yield return Conv2DUInt8.RunArmDp;
        }

        if (Vector128.IsHardwareAccelerated)
        {
            yield return Conv2DUInt8.RunVector128;
        }
    }

    private static IEnumerable<Float32Path> Float32Paths()
    {
        if (Avx512F.IsSupported)
        {
            yield return Conv2DFloat32.RunAvx512;
        }

        if (Avx2.IsSupported && Fma.IsSupported)
        {
            yield return Conv2DFloat32.RunAvx2;
        }

        if (Vector128.IsHardwareAccelerated)
        {
            yield return Conv2DFloat32.RunVector128;
        }
    }

    private static Action Int8Product(Int8Path path)
    {
        byte[] input = new byte[(Pixels * Channels) + Slack];
        new Random(1).NextBytes(input);
        sbyte[] weights = new sbyte[Channels * Channels];
        Array.Fill(weights, (sbyte)3);
        int[] bias = new int[Channels];
        float[] multipliers = new float[Channels];
        byte[] output = new byte[Pixels * Channels];
        int[] runOffsets = [0];
        return () => path(new Conv2DUInt8.Arguments(
            input, weights, bias, multipliers, output, runOffsets, Geometry, Channels, 1, Channels, Channels, Requantization.Target.Of(128, 0, 255)));
    }

    private static Action Float32Product(Float32Path path)
    {
        float[] input = new float[Pixels * Channels];
        Array.Fill(input, 0.5f);
        float[] weights = new float[Channels * Channels];
        Array.Fill(weights, 0.25f);
        float[] bias = new float[Channels];
        float[] output = new float[Pixels * Channels];
        int[] runOffsets = [0];
        return () => path(new Conv2DFloat32.Arguments(
            input, weights, bias, output, runOffsets, Geometry, Channels, 1, Channels, Channels, float.NegativeInfinity, float.PositiveInfinity));
    }

    private static double Rate(Action product)
    {
        double least = double.PositiveInfinity;
        double end = ThreadClock.Now + Duration.TotalNanoseconds;
        do
        {
            double before = ThreadClock.Now;
            product();
            least = Math.Min(least, ThreadClock.Now - before);
        }
        while (ThreadClock.Now < end);

        return (double)Pixels * Channels * Channels / least;
    }
}
