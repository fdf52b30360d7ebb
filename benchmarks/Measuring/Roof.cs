using System;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>
/// What this machine can do at best, here and now: our convolution of 14×14 pixels, 256 to 256 channels, whose operands stay in the second-level cache, by the
/// instruction set that the kernel chooses.
/// </summary>
/// <param name="Int8">10⁹ multiply-accumulates a second of uint8 by int8 weights that sums in int16 hold.</param>
/// <param name="Float32">The same of float32.</param>
internal sealed record Roof(double Int8, double Float32)
{
    private const int Extent = 14;
    private const int Pixels = Extent * Extent;
    private const int Channels = 256;
    private const int ZeroPoint = 128;

    // Reading past the end of a run is allowed by so much.
    private const int Slack = 3;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(0.1);

    private static readonly ConvolutionGeometry Geometry =
        new(1, Extent, Extent, Pixels * Channels, Extent * Channels, Channels, Pixels * Channels, Extent * Channels, Channels);

    /// <summary>Measures.</summary>
    public static Roof Measure() => new(Rate(Int8Product()), Rate(Float32Product()));

    /// <summary>The higher of two measurements.</summary>
    public Roof Or(Roof other) => new(Math.Max(Int8, other.Int8), Math.Max(Float32, other.Float32));

    private static Action Int8Product()
    {
        byte[] input = new byte[(Pixels * Channels) + Slack];
        new Random(1).NextBytes(input);
        sbyte[] weights = new sbyte[Channels * Channels];
        Array.Fill(weights, (sbyte)3);
        int[] bias = new int[Channels];
        float[] multipliers = new float[Channels];
        byte[] output = new byte[Pixels * Channels];
        int[] runOffsets = [0];
        return () => Conv2DUInt8.Run(
            input, weights, bias, multipliers, output, runOffsets, Geometry, Channels, 1, Channels, Channels, true, ZeroPoint, byte.MinValue, byte.MaxValue);
    }

    private static Action Float32Product()
    {
        float[] input = new float[Pixels * Channels];
        Array.Fill(input, 0.5f);
        float[] weights = new float[Channels * Channels];
        Array.Fill(weights, 0.25f);
        float[] bias = new float[Channels];
        float[] output = new float[Pixels * Channels];
        int[] runOffsets = [0];
        return () => Conv2DFloat32.Run(
            input, weights, bias, output, runOffsets, Geometry, Channels, true, 1, Channels, Channels, float.NegativeInfinity, float.PositiveInfinity);
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
