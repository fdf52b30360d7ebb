using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler;

namespace ModelCompiler.Benchmarks;

/// <summary>The models whose accuracy is measured, and what they are measured on.</summary>
internal static class Subjects
{
    /// <summary>Calibration crops of a model of pictures: few enough that anybody has as many.</summary>
    public const int CalibrationCrops = 100;

    private static readonly ImmutableArray<string> Photographs = ["onnx-models/winml/fish.png", "onnx-models/winml/kitten_224.png", "tflite/tflm/person.bmp", "tflite/tflm/no_person.bmp"];

    /// <summary>All of them.</summary>
    /// <param name="digits">Examples of the models of digits, 10,000 at most.</param>
    /// <param name="crops">Examples of the models of pictures; of SqueezeNet, which takes twenty times as long, half as many.</param>
    /// <exception cref="BenchmarkException">Something is missing.</exception>
    public static IEnumerable<Subject> Load(int digits, int crops)
    {
        MnistTestSet images = MnistTestSet.Load();
        yield return Digits("digits (sample)", DigitModel.Options, images, digits);
        yield return Digits("MNIST (CNTK)", DigitModel.Options with { ModelPath = Shared("onnx-models/winml/mnist.onnx"), LabelsPath = null, Mean = [], Scale = [] }, images, digits);
        ImmutableArray<Picture> pictures = [.. Photographs.Select(path => Picture.Read(Shared(path)))];
        foreach ((string name, string file) in new[] { ("MobileNet 0.25", "mobilenet_v1_0.25_128_frozen_graph.pb"), ("the same, flowers", "retrained_graph.pb") })
        {
            var options = new CompileOptions { ModelPath = Shared("tf/poets/" + file), ClassName = "MobileNet", Mean = [127.5f], Scale = [1 / 127.5f] };
            yield return Crops(name, options, pictures, 128, crops);
        }

        var squeezeNet = new CompileOptions { ModelPath = Shared("onnx-models/winml/SqueezeNet_fp16.onnx"), ClassName = "SqueezeNet", ReverseChannels = true };
        yield return Crops("SqueezeNet", squeezeNet, pictures, 224, crops / 2);
    }

    private static Subject Digits(string name, CompileOptions options, MnistTestSet images, int count) => new(
        name,
        options with { Calibration = DigitModel.CalibrationFiles },
        [.. Enumerable.Range(0, Math.Min(count, images.Count)).Select(index => new Example(images.Pixels(index).ToArray(), images.Label(index), IsInColour: false))]);

    private static Subject Crops(string name, CompileOptions options, ImmutableArray<Picture> pictures, int extent, int count)
    {
        // Files, for these are what the compiler is given; anew each time, so that they are never those of another version of this program.
        string folder = Path.Combine(Repository.Artifacts, "accuracy", extent.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        var files = ImmutableArray.CreateBuilder<string>();
        foreach (Example example in Cut(pictures, Crop.ForCalibration, CalibrationCrops, extent))
        {
            files.Add(Path.Combine(folder, files.Count.ToString("000", CultureInfo.InvariantCulture) + ".bin"));
            File.WriteAllBytes(files[^1], example.Pixels);
        }

        return new Subject(name, options with { Calibration = files.ToImmutable() }, [.. Cut(pictures, Crop.ForMeasuring, count, extent)]);
    }

    private static IEnumerable<Example> Cut(ImmutableArray<Picture> pictures, Func<int, IEnumerable<Crop>> crops, int count, int extent) =>
        crops(count / pictures.Length).SelectMany(crop => pictures.Select(picture => new Example(crop.Cut(picture, extent), null, picture.IsInColour)));

    private static string Shared(string path)
    {
        string full = Path.Combine(Repository.Shared, path);
        return File.Exists(full) ? full : throw new BenchmarkException($"{full} is not there: it is one of the public files that are never copied into the project.");
    }
}
