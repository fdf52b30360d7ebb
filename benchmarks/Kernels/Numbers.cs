using System;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>Operands: the same in every run.</summary>
internal static class Numbers
{
    private const int Seed = 1;

    /// <summary>Any bytes.</summary>
    public static byte[] Bytes(int length)
    {
        byte[] values = new byte[length];
        new Random(Seed).NextBytes(values);
        return values;
    }

    /// <summary>Any signed bytes.</summary>
    public static sbyte[] Weights(int length) => Array.ConvertAll(Bytes(length), value => unchecked((sbyte)value));

    /// <summary>−1…1.</summary>
    public static float[] Floats(int length)
    {
        var random = new Random(Seed);
        float[] values = new float[length];
        foreach (ref float value in values.AsSpan())
        {
            value = (2 * random.NextSingle()) - 1;
        }

        return values;
    }

    /// <summary>Many times the same.</summary>
    public static float[] Repeat(float value, int length)
    {
        float[] values = new float[length];
        Array.Fill(values, value);
        return values;
    }
}
