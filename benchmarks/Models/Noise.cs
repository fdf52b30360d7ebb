using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace ModelCompiler.Benchmarks.Models;

/// <summary>What models are fed: the same numbers for everybody.</summary>
internal static class Noise
{
    private const int Seed = 20;
    private const int CalibrationFiles = 4;
    private const int LargestPixel = 255;

    /// <summary>Fills an input.</summary>
    /// <param name="input">Bytes of its elements.</param>
    /// <param name="isFloat">Whether the elements are floats, else they are bytes.</param>
    /// <param name="isPixels">Whether floats are to be 0…255.</param>
    public static void Fill(Span<byte> input, bool isFloat, bool isPixels)
    {
        var random = new Random(Seed);
        if (isFloat)
        {
            Fill(MemoryMarshal.Cast<byte, float>(input), random, isPixels);
        }
        else
        {
            random.NextBytes(input);
        }
    }

    /// <summary>Writes calibration files for a model of one input and says where they are.</summary>
    /// <param name="elements">Elements of the input.</param>
    /// <param name="isPixels">Whether its values are 0…255.</param>
    /// <param name="folder">Where to.</param>
    public static ImmutableArray<string> WriteCalibration(int elements, bool isPixels, string folder)
    {
        var paths = new List<string>();
        foreach (int file in Enumerable.Range(0, CalibrationFiles))
        {
            float[] values = new float[elements];
            Fill(values, new Random(Seed + 1 + file), isPixels);
            string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"noise-{(isPixels ? "pixels" : "normal")}-{elements}-{file}.bin"));

            // Whole at once: another process may be reading the same.
            string partial = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
            File.WriteAllBytes(partial, MemoryMarshal.AsBytes<float>(values));
            File.Move(partial, path, overwrite: true);
            paths.Add(path);
        }

        return [.. paths];
    }

    // Normal by Box and Muller.
    private static void Fill(Span<float> values, Random random, bool isPixels)
    {
        foreach (ref float value in values)
        {
            value = isPixels
                ? random.Next(LargestPixel + 1)
                : (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }
    }
}
