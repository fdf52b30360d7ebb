using System;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>Random tensors from a seed.</summary>
internal static class TestNumbers
{
    /// <summary>Bytes, now and then nothing but the largest.</summary>
    public static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        if (random.Next(4) == 0)
        {
            Array.Fill(bytes, (byte)255);
        }

        return bytes;
    }

    /// <summary>Weights −128…127, now and then nothing but an extreme.</summary>
    public static sbyte[] Weights(Random random, int length)
    {
        var weights = new sbyte[length];
        int extreme = random.Next(8);
        for (int index = 0; index < length; index++)
        {
            weights[index] = extreme switch { 0 => 127, 1 => -128, _ => (sbyte)random.Next(-128, 128) };
        }

        return weights;
    }

    public static float[] Floats(Random random, int length)
    {
        var floats = new float[length];
        for (int index = 0; index < length; index++)
        {
            floats[index] = (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-3, 4));
        }

        return floats;
    }

    public static int[] Integers(Random random, int length, int magnitude)
    {
        var integers = new int[length];
        for (int index = 0; index < length; index++)
        {
            integers[index] = random.Next(-magnitude, magnitude + 1);
        }

        return integers;
    }

    public static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
