using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;

namespace ModelCompiler.Benchmarks.Models;

/// <summary>The models that are measured, in the order of the tables.</summary>
internal static class ModelCatalog
{
    /// <summary>All models.</summary>
    public static ImmutableArray<BenchmarkModel> All { get; } =
    [
        Lite("ad01-int8", "mlperf-tiny/ad01_int8", isInt8: true),
        Lite("kws-int8", "mlperf-tiny/kws_ref_model", isInt8: true),
        Lite("resnet8-int8", "mlperf-tiny/resnet8_int8", isInt8: true),
        Lite("vww-int8", "mlperf-tiny/vww_96_int8", isInt8: true),
        Lite("ad01-float32", "mlperf-tiny/ad01_fp32", isInt8: false),
        Lite("kws-float32", "mlperf-tiny/kws_ref_model_float32", isInt8: false),
        Lite("resnet8-float32", "mlperf-tiny/resnet8_float", isInt8: false),
        Lite("vww-float32", "mlperf-tiny/vww_96_float", isInt8: false),
        Lite("tflm_mobilenet_v2-int8", "tflm/mobilenet_v2_int8", isInt8: true),
        .. Pair(Digits),
        .. Pair(isInt8 => new BenchmarkModel(Named("mnist", isInt8), Path.Combine(Repository.Shared, "onnx-models", "winml", "mnist.onnx"), isInt8) { TakesPixels = true }),
        .. Pair(isInt8 => Torchvision("mobilenet_v2", isInt8)),
        .. Pair(isInt8 => Torchvision("mobilenet_v3_small", isInt8)),
        .. Pair(isInt8 => Torchvision("squeezenet1_1", isInt8)),
        .. Pair(isInt8 => Torchvision("resnet18", isInt8)),
        .. Pair(isInt8 => Torchvision("resnet50", isInt8)),
        .. Pair(isInt8 => Torchvision("efficientnet_b0", isInt8)),
    ];

    /// <summary>Those that somebody named, or all.</summary>
    /// <param name="names">Names or parts of names.</param>
    /// <exception cref="BenchmarkException">A name means no model.</exception>
    public static ImmutableArray<BenchmarkModel> Find(IReadOnlyCollection<string> names)
    {
        string[] unknown = [.. names.Where(name => !All.Any(model => Means(name, model)))];
        return unknown.Length == 0
            ? [.. All.Where(model => names.Count == 0 || names.Any(name => Means(name, model)))]
            : throw new BenchmarkException($"No model is called {string.Join(", ", unknown)}; there are {string.Join(", ", All.Select(model => model.Name))}.");
    }

    // A whole name is that model only; any other text is a part of names.
    private static bool Means(string text, BenchmarkModel model) =>
        All.Any(other => other.Name == text) ? model.Name == text : model.Name.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static ImmutableArray<BenchmarkModel> Pair(Func<bool, BenchmarkModel> model) => [model(true), model(false)];

    private static string Named(string name, bool isInt8) => name + (isInt8 ? "-int8" : "-float32");

    private static BenchmarkModel Lite(string name, string file, bool isInt8) => new(name, Path.Combine(Repository.Shared, "tflite", file + ".tflite"), isInt8);

    private static BenchmarkModel Digits(bool isInt8) => new(Named("digits", isInt8), DigitModel.ModelPath, isInt8)
    {
        Calibration = DigitModel.CalibrationFiles,
        Mean = [DigitModel.Mean],
        Scale = [DigitModel.Scale],
    };

    private static BenchmarkModel Torchvision(string network, bool isInt8) => new(Named(network, isInt8), Path.Combine(Repository.Artifacts, "models", network + ".onnx"), isInt8)
    {
        Advice = "make it with /usr/bin/python3 benchmarks/export_torchvision.py",
    };
}
