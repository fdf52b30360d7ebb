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

    /// <summary>Those that are asked for.</summary>
    /// <param name="names">Parts of their names. Empty: all.</param>
    /// <param name="digits">Examples of the models of digits, 10,000 at most.</param>
    /// <param name="crops">Examples of the models of pictures; of SqueezeNet, which takes twenty times as long, half as many.</param>
    /// <exception cref="BenchmarkException">Something is missing, or no model has such a name.</exception>
    public static ImmutableArray<Subject> Load(IReadOnlyCollection<string> names, int digits, int crops)
    {
        (string Name, Func<string, Subject> Load)[] wanted =
            [.. All(digits, crops).Where(subject => names.Count == 0 || names.Any(name => subject.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))];
        return wanted.Length > 0 ? [.. wanted.Select(subject => subject.Load(subject.Name))] : throw new BenchmarkException($"No model's name has {string.Join(" or ", names)} in it.");
    }

    private static IEnumerable<(string Name, Func<string, Subject> Load)> All(int digits, int crops)
    {
        yield return ("digits (sample)", name => Digits(name, DigitModel.Options, digits));
        yield return ("MNIST (CNTK)", name => Digits(name, DigitModel.Options with { ModelPath = Shared("onnx-models/winml/mnist.onnx"), LabelsPath = null, Mean = [], Scale = [] }, digits));
        foreach ((string title, string file) in new[] { ("MobileNet 0.25", "mobilenet_v1_0.25_128_frozen_graph.pb"), ("the same, flowers", "retrained_graph.pb") })
        {
            yield return (title, name => Crops(name, new CompileOptions { ModelPath = Shared("tf/poets/" + file), ClassName = "MobileNet", Mean = [127.5f], Scale = [1 / 127.5f] }, 128, crops));
        }

        yield return ("SqueezeNet", name => Crops(
            name, new CompileOptions { ModelPath = Shared("onnx-models/winml/SqueezeNet_fp16.onnx"), ClassName = "SqueezeNet", ReverseChannels = true }, 224, crops / 2));
    }

    private static Subject Digits(string name, CompileOptions options, int count)
    {
        MnistTestSet images = MnistTestSet.Load();
        return new Subject(name, options with { Calibration = DigitModel.CalibrationFiles }, [.. Enumerable.Range(0, Math.Min(count, images.Count)).Select(index => new Example(images.Pixels(index).ToArray(), images.Label(index), IsInColour: false))]);
    }

    private static Subject Crops(string name, CompileOptions options, int extent, int count)
    {
        ImmutableArray<Picture> pictures = [.. Photographs.Select(path => Picture.Read(Shared(path)))];
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
