using System;
using System.Collections.Immutable;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using ModelCompiler.Benchmarks.Models;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>Ours: the generated class.</summary>
internal sealed class GeneratedContender : IContender
{
    /// <summary>Name of the contender that all others are compared with.</summary>
    public const string Title = "ModelCompiler";

    private readonly string assemblyPath;
    private readonly string adapterName;
    private readonly object adapter;
    private readonly Action predict;

    /// <summary>Loads an assembly and makes an instance of the model in it.</summary>
    /// <param name="assemblyPath">The assembly.</param>
    /// <param name="adapterName">Full name of the class that <see cref="AdapterSource"/> wrote.</param>
    // Not into a context that can be unloaded: code in such ones is slower.
    public GeneratedContender(string assemblyPath, string adapterName)
    {
        this.assemblyPath = assemblyPath;
        this.adapterName = adapterName;

        // Not by its name: what takes names apart takes a cold process as long to compile as a small model.
        Type type = Array.Find(Assembly.LoadFrom(assemblyPath).GetExportedTypes(), type => type.FullName == adapterName)!;
        adapter = Activator.CreateInstance(type)!;
        predict = type.GetMethod("Predict")!.CreateDelegate<Action>(adapter);
    }

    /// <inheritdoc/>
    public string Name => Title;

    /// <inheritdoc/>
    public long ShippedBytes => new FileInfo(assemblyPath).Length;

    /// <inheritdoc/>
    public ImmutableArray<string> Recipe => [nameof(GeneratedContender), assemblyPath, adapterName];

    /// <inheritdoc/>
    public void FillInputs(bool arePixels)
    {
        foreach (Array input in (Array[])adapter.GetType().GetProperty("Inputs")!.GetValue(adapter)!)
        {
            Span<byte> bytes = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(input), Buffer.ByteLength(input));
            Noise.Fill(bytes, input is float[], arePixels);
        }
    }

    /// <inheritdoc/>
    public void Predict() => predict();

    /// <inheritdoc/>
    public void Dispose()
    {
        // The assembly stays loaded.
    }
}
