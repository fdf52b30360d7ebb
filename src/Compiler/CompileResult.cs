using System.Collections.Immutable;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Evaluation;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Reports;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler;

/// <summary>What <see cref="CompilerDriver.Compile"/> gives: a plan, or what is wrong.</summary>
/// <param name="Plan">The plan, or <see langword="null"/> when there is an error.</param>
/// <param name="Weights">The constants that the plan's offsets point into.</param>
/// <param name="Report">Facts of the compilation, when there is a plan.</param>
/// <param name="Diagnostics">Everything found, errors first.</param>
public sealed record CompileResult(ModelPlan? Plan, byte[] Weights, CompileReport? Report, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>The graph that the plan was made of: optimised, and quantised where the precision says so.</summary>
    public Graph? Graph { get; init; }

    /// <summary>Files that no option names but the model or a list of examples does, in ordinal order: a change of theirs asks for another compilation.</summary>
    public ImmutableArray<string> DataFiles { get; init; } = [];

    /// <summary>All that is known of the model, layer by layer, when there is a plan.</summary>
    public ModelReport? Details { get; init; }
}

/// <summary>Facts of a compilation.</summary>
/// <param name="Parameters">Elements of the model's weights before quantisation.</param>
/// <param name="MultiplyAccumulates">Of one prediction.</param>
/// <param name="WeightBytes">Bytes of the packed weights.</param>
/// <param name="ArenaBytes">Bytes of the arena.</param>
/// <param name="Steps">Steps of one prediction.</param>
/// <param name="FloatSteps">Names of the steps that stayed in float although int8 was asked for.</param>
/// <param name="CalibrationSamples">Calibration files used; 0 in float32.</param>
/// <param name="Agreement">
/// Share (0…1) of calibration samples for which the compiled program and float32 have the same top class, measured by running both programs with
/// the kernels that ship; <see langword="null"/> when the model is no classifier, is in float32, or there are no samples.
/// </param>
/// <param name="OutputError">Root mean square difference of the outputs from those in float32, over that of the latter; <see langword="null"/> in float32 or without samples.</param>
public sealed record CompileReport(
    long Parameters,
    long MultiplyAccumulates,
    int WeightBytes,
    int ArenaBytes,
    int Steps,
    ImmutableArray<string> FloatSteps,
    int CalibrationSamples,
    double? Agreement,
    double? OutputError)
{
    /// <summary>Most bytes of the arena that are needed at one time: the arena can be no smaller.</summary>
    public long LiveBytes { get; init; }

    /// <summary>The calibrator that chose the ranges; empty in float.</summary>
    public string Calibrator { get; init; } = "";

    /// <summary>What each calibrator gave, when several were tried.</summary>
    public ImmutableArray<TechniqueGain> Calibrators { get; init; } = [];

    /// <summary>What each technique gave that was tried; with a calibration cache, when that was made.</summary>
    public ImmutableArray<TechniqueGain> Techniques { get; init; } = [];

    /// <summary>How close to float32 the program had to be; <see langword="null"/> when nothing was asked for.</summary>
    public QualityBar? Bar { get; init; }

    /// <summary>The layers that have an int8 form and are kept in float32 so that the bar is reached, those that int8 would hurt most first.</summary>
    public ImmutableArray<LayerSensitivity> FloatLayers { get; init; } = [];

    /// <summary>How many layers have an int8 form, those that are kept in float among them; 0 unless there are such.</summary>
    public int Layers { get; init; }

    /// <summary>Accuracy on the examples of known class; <see langword="null"/> when there are none.</summary>
    public LabelledEvaluation? Evaluation { get; init; }

    /// <summary>Bytes of the weights when deflated, where that is what the precision is for; else <see langword="null"/>.</summary>
    public long? DeflatedWeightBytes { get; init; }
}
