using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Cases;

/// <summary>Models of any format with recorded outputs: <c>X.golden/manifest.json</c>, <c>in_T_S.bin</c>, <c>out_T_S.bin</c>.</summary>
internal static class GoldenSuite
{
    /// <summary>Every model that has a manifest beside it.</summary>
    public static IReadOnlyList<ConformanceCase> Find(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "manifest.json", SearchOption.AllDirectories)
            .Where(path => Path.GetDirectoryName(path)!.EndsWith(".golden", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => GoldenCase.Read(folder, path)),
    ];
}

/// <summary>A model with recorded inputs and outputs.</summary>
internal sealed class GoldenCase : ConformanceCase
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly string folder;
    private readonly Manifest manifest;

    private GoldenCase(string name, string modelPath, string folder, Manifest manifest)
        : base(name, modelPath)
    {
        this.folder = folder;
        this.manifest = manifest;
    }

    /// <inheritdoc/>
    public override Tolerance Tolerance => Tolerance.OfGolden;

    /// <inheritdoc/>
    public override bool IsLarge => true;

    /// <inheritdoc/>
    public override ImmutableDictionary<string, ImmutableArray<int>> OpenShapes => Path.GetExtension(ModelPath) == ".pb"
        ? manifest.Inputs.ToImmutableDictionary(entry => entry.Name, entry => entry.Shape)
        : base.OpenShapes;

    /// <summary>Reads a manifest.</summary>
    /// <param name="root">Where the suite begins; names are relative to it.</param>
    /// <param name="path">The manifest.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static GoldenCase Read(string root, string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        try
        {
            Manifest manifest = JsonSerializer.Deserialize<Manifest>(File.ReadAllBytes(path), Json)!;
            string model = Path.Combine(Path.GetDirectoryName(folder)!, manifest.Model);
            return new GoldenCase(Path.GetRelativePath(root, model).Replace('\\', '/'), model, folder, manifest);
        }
        catch (JsonException exception)
        {
            throw new IOException($"{path}: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override ImmutableArray<TestVector> Vectors(ModelPlan plan) =>
    [
        .. Enumerable.Range(0, manifest.Samples).Select(sample => new TestVector(
            [.. manifest.Inputs.Select((entry, index) => Read(entry, FileName("in", index, sample), Named(plan.Inputs, entry, index)))],
            [.. manifest.Outputs.Select((entry, index) => Read(entry, FileName("out", index, sample), Named(plan.Outputs, entry, index)))])),
    ];

    // Formats rename tensors on import (":0"); the order is the same.
    private static string Named(EquatableArray<PlanPort> ports, Entry entry, int index) =>
        ports.Any(port => port.Name == entry.Name) || index >= ports.Count ? entry.Name : ports[index].Name;

    private static ElementType TypeOf(Entry entry) => entry.Dtype switch
    {
        "float32" => ElementType.Float32,
        "float64" => ElementType.Float64,
        "int8" => ElementType.Int8,
        "uint8" => ElementType.UInt8,
        "int16" => ElementType.Int16,
        "int32" => ElementType.Int32,
        "int64" => ElementType.Int64,
        "bool" => ElementType.Boolean,
        _ => throw new TestDataException($"'{entry.Name}' has the type {entry.Dtype}"),
    };

    private static string FileName(string direction, int tensor, int sample) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{direction}_{tensor}_{sample}.bin");

    private TestTensor Read(Entry entry, string file, string name)
    {
        string path = Path.Combine(folder, file);
        ElementType type = TypeOf(entry);
        long count = entry.Shape.Aggregate(1L, (product, extent) => product * extent);
        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : throw new TestDataException($"{file} is not there");
        if (bytes.Length != count * type.SizeOf())
        {
            throw new TestDataException($"{file} has {bytes.Length} bytes, not those of {count} elements of {entry.Dtype}");
        }

        Array values = Array.CreateInstance(type.NetType(), (int)count);
        bytes.CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(values), bytes.Length));
        return new TestTensor(name, type, [.. entry.Shape], values, IsQuantized: entry.Scale is not null);
    }

    private sealed record Manifest(string Model, int Samples, ImmutableArray<Entry> Inputs, ImmutableArray<Entry> Outputs);

    private sealed record Entry(string Name, string Dtype, ImmutableArray<int> Shape, double? Scale);
}
