using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Benchmarks.Measuring;
using ModelCompiler.Benchmarks.Models;

namespace ModelCompiler.Benchmarks.Reporting;

/// <summary>All that was measured on one machine: benchmarks/results.json.</summary>
/// <param name="Machine">The machine and the versions.</param>
/// <param name="RoofInt8">10⁹ multiply-accumulates a second at best, uint8 by int8.</param>
/// <param name="RoofFloat32">The same, float32.</param>
/// <param name="EmptyProcessMilliseconds">From the start to the end of a .NET program that does nothing.</param>
/// <param name="EmptyProcessBytes">The most memory that it has.</param>
/// <param name="Models">The models, in the order of the catalog.</param>
internal sealed record Results(
    Machine Machine, double RoofInt8, double RoofFloat32, double? EmptyProcessMilliseconds, long? EmptyProcessBytes, ImmutableArray<ModelResult> Models)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The result of a model, or <see langword="null"/>.</summary>
    public ModelResult? Find(string model) => Models.FirstOrDefault(result => result.Name == model);

    /// <summary>The share of the roof that a contender reaches with its least time.</summary>
    public double RoofShare(ModelResult model, ContenderResult contender) =>
        model.MultiplyAccumulates / (contender.LeastMicroseconds * 1e3) / (contender.Name == OnnxRuntimeContender.Float || !model.IsInt8 ? RoofFloat32 : RoofInt8);

    /// <summary>These, and of the models that were not measured now, what an earlier run on the same machine gave.</summary>
    /// <param name="path">Its file.</param>
    /// <exception cref="BenchmarkException">The file is not what it should be.</exception>
    public Results WithEarlier(string path)
    {
        if (!File.Exists(path))
        {
            return this;
        }

        try
        {
            Results? earlier = JsonSerializer.Deserialize<Results>(File.ReadAllText(path), Format);
            if (earlier is null || earlier.Machine != Machine || earlier.Models.All(model => Find(model.Name) is not null))
            {
                return this;
            }

            return this with
            {
                RoofInt8 = Math.Max(RoofInt8, earlier.RoofInt8),
                RoofFloat32 = Math.Max(RoofFloat32, earlier.RoofFloat32),
                EmptyProcessMilliseconds = EmptyProcessMilliseconds ?? earlier.EmptyProcessMilliseconds,
                EmptyProcessBytes = EmptyProcessBytes ?? earlier.EmptyProcessBytes,
                Models = [.. ModelCatalog.All.Select(model => Find(model.Name) ?? earlier.Find(model.Name)).OfType<ModelResult>()],
            };
        }
        catch (JsonException exception)
        {
            throw new BenchmarkException($"{path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>The file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format).ReplaceLineEndings("\n") + "\n";
}

/// <summary>One model in all runtimes that take it.</summary>
/// <param name="Name">Its name in the catalog.</param>
/// <param name="Source">Its file's name.</param>
/// <param name="IsInt8">Whether it was quantised.</param>
/// <param name="MultiplyAccumulates">Of one prediction.</param>
/// <param name="Rounds">Interleaved rounds.</param>
/// <param name="Load">Runnable processes while it was measured, ourselves included, where the system tells.</param>
/// <param name="BuildSeconds">From the model's file to the assembly, calibration included.</param>
/// <param name="ArenaBytes">Bytes of the arena.</param>
/// <param name="LiveBytes">Most bytes of it that are needed at one time.</param>
/// <param name="Build">The build by itself; <see langword="null"/> where it was not measured or calibration would take most of it.</param>
/// <param name="Contenders">Ours first.</param>
/// <param name="Absent">Who did not take part, and why.</param>
internal sealed record ModelResult(
    string Name,
    string Source,
    bool IsInt8,
    long MultiplyAccumulates,
    int Rounds,
    double? Load,
    double BuildSeconds,
    long ArenaBytes,
    long LiveBytes,
    ColdBuild? Build,
    ImmutableArray<ContenderResult> Contenders,
    ImmutableArray<string> Absent)
{
    /// <summary>Ours in forms that are compiled before they are shipped; <see langword="null"/> where none was measured.</summary>
    public ImmutableArray<PublishedResult>? Published { get; init; }

    /// <summary>The result of a contender, or <see langword="null"/>.</summary>
    public ContenderResult? Find(string contender) => Contenders.FirstOrDefault(result => result.Name == contender);
}

/// <summary>One model in one runtime.</summary>
/// <param name="Name">The runtime, and the form of the model.</param>
/// <param name="MedianMicroseconds">Of a prediction, the median over the rounds.</param>
/// <param name="LeastMicroseconds">The least.</param>
/// <param name="Ratio">How many times as long as ours: the median over the rounds; <see langword="null"/> for ours.</param>
/// <param name="LeastRatio">The ratio of the least times.</param>
/// <param name="AllocatedBytes">Managed bytes a prediction.</param>
/// <param name="ColdMilliseconds">From the start of a process to its first prediction.</param>
/// <param name="ColdLoadMilliseconds">From the start of its program.</param>
/// <param name="PeakBytes">The most memory of that process.</param>
/// <param name="ShippedBytes">Libraries and model.</param>
internal sealed record ContenderResult(
    string Name,
    double MedianMicroseconds,
    double LeastMicroseconds,
    double? Ratio,
    double? LeastRatio,
    long AllocatedBytes,
    double? ColdMilliseconds,
    double? ColdLoadMilliseconds,
    long? PeakBytes,
    long ShippedBytes);

/// <summary>The first prediction of ours in a form that is compiled before it is shipped.</summary>
/// <param name="Name">The form.</param>
/// <param name="ColdMilliseconds">From the start of a process to its first prediction.</param>
/// <param name="ColdLoadMilliseconds">From the start of its program.</param>
/// <param name="PeakBytes">The most memory of that process.</param>
/// <param name="ShippedBytes">The assembly, or the program where .NET is in it.</param>
internal sealed record PublishedResult(string Name, double ColdMilliseconds, double ColdLoadMilliseconds, long PeakBytes, long ShippedBytes);
