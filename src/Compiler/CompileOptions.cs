using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler;

/// <summary>How int8 layers get from their sums to the scale of their results.</summary>
public enum Rounding
{
    /// <summary>A product in float32, rounded once.</summary>
    Float,

    /// <summary>Multiplier and shift in integers, rounded twice: bit for bit what TensorFlow Lite's own kernels give.</summary>
    TfLite,
}

/// <summary>What a user says of a model: the metadata of a <c>ModelFile</c> item, the options of <c>modelc</c>.</summary>
public sealed record CompileOptions
{
    /// <summary>Largest weights, in bytes, that are written as literals unless told otherwise: above, the C# compiler becomes slow.</summary>
    public const int DefaultLiteralLimit = 1 << 20;

    /// <summary>Path of the model file.</summary>
    public required string ModelPath { get; init; }

    /// <summary>Name of the class; a C# identifier.</summary>
    public required string ClassName { get; init; }

    /// <summary>Namespace of the class, or empty.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Whether the class is public.</summary>
    public bool IsPublic { get; init; }

    /// <summary>The arithmetic, and how weights are stored.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>How int8 layers round; <see langword="null"/>: TensorFlow Lite's files as TensorFlow Lite does, others in float.</summary>
    public Rounding? Rounding { get; init; }

    /// <summary>Whether int8 layers compute in integers alone.</summary>
    public bool IsFixedPoint => Precision == Precision.Int8Only
        || (Rounding ?? (IsTensorFlowLite ? Compiler.Rounding.TfLite : Compiler.Rounding.Float)) == Compiler.Rounding.TfLite;

    /// <summary>Paths of the calibration files, in any order: images, <c>.npy</c>, <c>.bin</c>.</summary>
    public ImmutableArray<string> Calibration { get; init; } = [];

    /// <summary>How ranges are chosen: one of <see cref="Quantization.Calibrator.Names"/>.</summary>
    public string Calibrator { get; init; } = "MinMax";

    /// <summary>Path of the file that keeps what calibration decided, or <see langword="null"/>.</summary>
    public string? CalibrationCache { get; init; }

    /// <summary>Whether channels may be scaled between layers.</summary>
    public bool CrossLayerEqualization { get; init; } = true;

    /// <summary>Whether channels may be computed several times.</summary>
    public bool ChannelSplitting { get; init; }

    /// <summary>Whether the channels of an activation may be scaled apart.</summary>
    public bool ActivationEqualization { get; init; } = true;

    /// <summary>Whether concatenations of unlike ranges may keep a scale for each part.</summary>
    public bool BranchScales { get; init; } = true;

    /// <summary>Whether weights may be rounded otherwise than to the nearest.</summary>
    public bool LearnedRounding { get; init; }

    /// <summary>Whether layers may be fitted anew to what the quantised layers before them give.</summary>
    public bool LayerReconstruction { get; init; }

    /// <summary>Whether weights may be a little coarser where processors without dot-product instructions are much faster then.</summary>
    public bool Int16Sums { get; init; } = true;

    /// <summary>Whether biases may make good for the mean errors of rounding.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Whether convolutions may be computed in tiles, and be faster for more memory.</summary>
    public bool Winograd { get; init; } = true;

    /// <summary>Path of a file with one label a line, or <see langword="null"/>.</summary>
    public string? LabelsPath { get; init; }

    /// <summary>Subtracted from each pixel (0…255) before scaling: one value, or one a channel. Empty: 0.</summary>
    public ImmutableArray<float> Mean { get; init; } = [];

    /// <summary>Multiplied with each pixel after subtracting the mean: one value, or one a channel. Empty: 1.</summary>
    public ImmutableArray<float> Scale { get; init; } = [];

    /// <summary>Whether the model wants blue, green, red where pixels come as red, green, blue.</summary>
    public bool ReverseChannels { get; init; }

    /// <summary>Shapes of inputs that the model leaves open, by input name.</summary>
    public ImmutableDictionary<string, ImmutableArray<int>> InputShapes { get; init; } = ImmutableDictionary<string, ImmutableArray<int>>.Empty;

    /// <summary>Numbers of inputs that are always the same, by input name: they become constants and are no parameters of the class.</summary>
    public ImmutableDictionary<string, ImmutableArray<double>> InputValues { get; init; } = ImmutableDictionary<string, ImmutableArray<double>>.Empty;

    /// <summary>Where a TensorFlow model begins: nodes or names of its signature. Empty: its placeholders.</summary>
    public ImmutableArray<string> Inputs { get; init; } = [];

    /// <summary>Where a TensorFlow model ends: nodes or names of its signature. Empty: what its signature says, or the nodes that nobody reads.</summary>
    public ImmutableArray<string> Outputs { get; init; } = [];

    /// <summary>How outputs become scores; <see langword="null"/>: softmax unless the model ends in one.</summary>
    public ScoreTransform? Scores { get; init; }

    /// <summary>What one prediction leaves for the next.</summary>
    public ImmutableArray<StateLink> State { get; init; } = [];

    /// <summary>Largest weights, in bytes, that are written as literals.</summary>
    public int LiteralLimit { get; init; } = DefaultLiteralLimit;

    /// <summary>Most threads that the elements of a batch are shared among.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Most bytes of the arena; <see langword="null"/> for no limit.</summary>
    public long? MaximumArenaBytes { get; init; }

    /// <summary>Most bytes of the weights; <see langword="null"/> for no limit.</summary>
    public long? MaximumWeightBytes { get; init; }

    /// <summary>Most multiply-accumulates of a prediction; <see langword="null"/> for no limit.</summary>
    public long? MaximumMacs { get; init; }

    /// <summary>Least share (0…1) of calibration examples with the top class of float32; <see langword="null"/> for no limit.</summary>
    public double? MinimumAgreement { get; init; }

    /// <summary>Most that the outputs may differ from float32: root mean square of the difference over that of the float outputs; <see langword="null"/> for no limit.</summary>
    public double? MaximumError { get; init; }

    /// <summary>Paths of examples whose class is known, in any order: files in folders named as their class, or <c>.csv</c> lists of files and classes.</summary>
    public ImmutableArray<string> Evaluation { get; init; } = [];

    /// <summary>Logical name of the embedded resource, when the weights become one.</summary>
    public string WeightResource => (Namespace.Length == 0 ? "" : Namespace + ".") + ClassName + ".weights";

    private bool IsTensorFlowLite => Path.GetExtension(ModelPath).Equals(".tflite", StringComparison.OrdinalIgnoreCase);

    /// <summary>The inputs that a caller gives: not those that are state.</summary>
    public ImmutableArray<string> FreeInputs(Graph graph) => [.. graph.Inputs.Where(input => State.All(link => link.Input != input))];

    /// <summary>The outputs that a caller gets: not those that become state.</summary>
    public ImmutableArray<GraphOutput> FreeOutputs(Graph graph) => [.. graph.Outputs.Where(output => State.All(link => link.Output != output.Name))];
}

/// <summary>A value that one prediction leaves for the next.</summary>
/// <param name="Output">The output that makes it.</param>
/// <param name="Input">The input that reads it.</param>
public sealed record StateLink(string Output, string Input);
