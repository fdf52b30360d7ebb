using System.Collections.Immutable;
using ModelCompiler.Compiler;

namespace ModelCompiler.Benchmarks.Models;

/// <summary>A model in one precision: a row of the tables.</summary>
/// <param name="Name">As the command line and the tables have it.</param>
/// <param name="Path">The model's file.</param>
/// <param name="IsInt8">Whether the arithmetic is int8, by our quantiser or by the file itself.</param>
internal sealed record BenchmarkModel(string Name, string Path, bool IsInt8)
{
    /// <summary>What to do when the file is not there.</summary>
    public string Advice { get; init; } = "the public models are expected beside the repository, in ../shared/data";

    /// <summary>Files to calibrate on; none: noise.</summary>
    public ImmutableArray<string> Calibration { get; init; } = [];

    /// <summary>The range of pixels when the model takes them as they are, else activations are normal noise.</summary>
    public bool TakesPixels { get; init; }

    /// <summary>Subtracted from pixels of calibration files.</summary>
    public ImmutableArray<float> Mean { get; init; } = [];

    /// <summary>Multiplied with pixels of calibration files.</summary>
    public ImmutableArray<float> Scale { get; init; } = [];

    /// <summary>Whether the file is TensorFlow Lite's own.</summary>
    public bool IsLite => System.IO.Path.GetExtension(Path) == ".tflite";

    /// <summary>Whether our quantiser has to make it int8.</summary>
    public bool NeedsQuantizer => IsInt8 && !IsLite;

    /// <summary>Of the class to generate.</summary>
    public string ClassName => Name.Replace('-', '_');

    /// <summary>The precision to compile in: what the file quantised is int8 in either.</summary>
    public Precision Precision => NeedsQuantizer ? Precision.Int8 : Precision.Float32;
}
