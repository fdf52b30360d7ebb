using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Benchmarks.Measuring;

namespace ModelCompiler.Benchmarks.Reporting;

/// <summary>What is to be reached.</summary>
/// <param name="Model">Of which model or models.</param>
/// <param name="Against">Against whom, or of what.</param>
/// <param name="AtLeast">The number to reach.</param>
/// <param name="Value">The number now, or <see langword="null"/> when it was not measured.</param>
internal sealed record Goal(string Model, string Against, double AtLeast, Func<Results, double?> Value);

/// <summary>All goals. Ratios above 1 say that ours is faster.</summary>
internal static class Goals
{
    private const string BetterOnnxRuntime = "the better of ONNX Runtime float32 and int8";

    private static readonly ImmutableArray<string> Tiny = ["ad01-int8", "kws-int8", "resnet8-int8", "vww-int8"];

    /// <summary>Models whose first prediction is measured as published, too.</summary>
    public static ImmutableArray<string> Published { get; } = [.. Tiny, "mobilenet_v2-int8"];

    /// <summary>The goals in the order of the table.</summary>
    public static ImmutableArray<Goal> All { get; } =
    [
        .. Tiny.Select(model => Speed(model, TensorFlowLiteContender.Title, 1.3, TensorFlowLiteContender.Title)),
        new("geometric mean of these", TensorFlowLiteContender.Title, 2.0, results => GeometricMean(Tiny.Select(model => Ratio(results, model, TensorFlowLiteContender.Title)))),
        Speed("tflm_mobilenet_v2-int8", TensorFlowLiteContender.Title, 2.2, TensorFlowLiteContender.Title),
        Speed("mobilenet_v2-int8", BetterOnnxRuntime, 1.2, OnnxRuntimeContender.Float, OnnxRuntimeContender.Int8),
        Speed("squeezenet1_1-int8", BetterOnnxRuntime, 2.0, OnnxRuntimeContender.Float, OnnxRuntimeContender.Int8),
        Speed("resnet18-int8", OnnxRuntimeContender.Float, 2.5, OnnxRuntimeContender.Float),
        Speed("resnet50-int8", OnnxRuntimeContender.Float, 2.5, OnnxRuntimeContender.Float),
        Speed("resnet50-int8", OnnxRuntimeContender.Int8, 0.7, OnnxRuntimeContender.Int8),
        .. new[] { "mobilenet_v2-float32", "resnet18-float32", "squeezenet1_1-float32" }.Select(model => Speed(model, OnnxRuntimeContender.Float, 0.95, OnnxRuntimeContender.Float)),
        .. new[] { "digits-int8", "digits-float32", "mnist-int8", "mnist-float32" }.Select(model => Speed(model, OnnxRuntimeContender.Float, 3, OnnxRuntimeContender.Float)),
        .. Tiny.Select(model => Cold(model, OnnxRuntimeContender.Int8, 1.5)),
        Cold("mobilenet_v2-int8", OnnxRuntimeContender.Int8, 1),
        Cold("mobilenet_v2-float32", OnnxRuntimeContender.Float, 1),
        .. new[] { "mobilenet_v2-int8", "resnet18-int8", "resnet50-int8" }.Select(Roof),
        new("the worst of all", "the arena, of which is needed at one time", Math.Round(1 / 1.15, 2), results => results.Models.Min(model => (double?)model.LiveBytes / model.ArenaBytes)),
        Build("mobilenet_v2-float32", "8 s for the build, how many times over", build => 8 / build.Seconds),
        Build("mobilenet_v2-float32", "2 GB for the build, how many times over", build => 2e9 / build.PeakBytes),
        Build("resnet50-float32", "20 s for the build, how many times over", build => 20 / build.Seconds),
    ];

    private static Goal Speed(string model, string against, double atLeast, params string[] peers) =>
        new(model, against, atLeast, results => peers.Select(peer => Ratio(results, model, peer)).Min());

    private static Goal Cold(string model, string peer, double atLeast) =>
        new(model, $"{peer}, cold process to first prediction", atLeast, results => results.Find(model) is { } result ? result.Find(peer)?.ColdMilliseconds / result.Contenders[0].ColdMilliseconds : null);

    private static Goal Roof(string model) =>
        new(model, "the measured roof", 0.6, results => results.Find(model) is { } result ? results.RoofShare(result, result.Contenders[0]) : null);

    private static Goal Build(string model, string against, Func<ColdBuild, double> share) =>
        new(model, against, 1, results => results.Find(model)?.Build is { } build ? share(build) : null);

    private static double? Ratio(Results results, string model, string peer) => results.Find(model)?.Find(peer)?.Ratio;

    private static double? GeometricMean(IEnumerable<double?> values)
    {
        double?[] all = [.. values];
        return all.All(value => value is not null) ? Math.Exp(all.Average(value => Math.Log(value!.Value))) : null;
    }
}
