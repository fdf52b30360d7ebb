using System.Collections.Immutable;

namespace ModelCompiler.Compiler.Reports;

/// <summary>What there is to know of a compiled model: <c>report.json</c>, and what <c>report.html</c> shows.</summary>
/// <param name="Facts">Of the whole.</param>
/// <param name="Model">What it is called.</param>
/// <param name="Inputs">The inputs, as the model declares them.</param>
/// <param name="Outputs">The outputs.</param>
/// <param name="Layers">A row for each step, in the order of their execution.</param>
/// <param name="Nodes">The graph that the steps were made of.</param>
/// <param name="Arena">The activations' memory over time.</param>
/// <param name="Scatter">Pairs of elements of the first output: of the float program and of the compiled one; evenly taken from all that were measured.</param>
public sealed record ModelReport(
    CompileReport Facts,
    ModelSummary Model,
    ImmutableArray<PortReport> Inputs,
    ImmutableArray<PortReport> Outputs,
    ImmutableArray<LayerReport> Layers,
    ImmutableArray<NodeReport> Nodes,
    ImmutableArray<ArenaBuffer> Arena,
    ImmutableArray<OutputPair> Scatter);

/// <summary>What the model is called and how it was compiled.</summary>
/// <param name="ClassName">The class.</param>
/// <param name="Source">The model's file name.</param>
/// <param name="Precision">As it was asked for.</param>
/// <param name="MeasuredSamples">Examples that the layers' figures come from.</param>
public sealed record ModelSummary(string ClassName, string Source, string Precision, int MeasuredSamples);

/// <summary>An input or output.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Type">Element type and shape.</param>
public sealed record PortReport(string Name, string Type);

/// <summary>A step.</summary>
/// <param name="Name">The model's name of the layer.</param>
/// <param name="Kernel">What computes it.</param>
/// <param name="Shape">Of its result.</param>
/// <param name="Storage">How the result is stored: <c>UInt8</c>, <c>Float32</c>, ….</param>
/// <param name="MultiplyAccumulates">Of one prediction.</param>
/// <param name="WeightBytes">Bytes of its constants.</param>
/// <param name="Scale">Of the result's grid, or <see langword="null"/> when it is not quantised.</param>
/// <param name="ZeroPoint">Of the result's grid, 0…255.</param>
/// <param name="Measured">What was measured of the result, or <see langword="null"/>.</param>
public sealed record LayerReport(
    string Name, string Kernel, string Shape, string Storage, long MultiplyAccumulates, long WeightBytes, float? Scale, int? ZeroPoint, MeasuredValue? Measured);

/// <summary>A value on examples, against the same value in float32.</summary>
/// <param name="SignalToNoise">
/// Signal-to-quantisation-noise ratio in decibels: 10 · log₁₀(Σ float² / Σ (float − stored)²); <see langword="null"/> when there is no difference.
/// </param>
/// <param name="Saturated">Share (0…1) of elements whose float value lies beyond the ends of the grid.</param>
/// <param name="DeadChannels">Channels (of the last axis) that have one value on all examples.</param>
/// <param name="Channels">Channels there are.</param>
/// <param name="Histogram">Of the float values, or <see langword="null"/> when the value is not quantised.</param>
public sealed record MeasuredValue(double? SignalToNoise, double Saturated, int DeadChannels, int Channels, RangeHistogram? Histogram);

/// <summary>How often float values fall where, against the range that the grid covers.</summary>
/// <param name="Minimum">Where the first bin begins: a quarter of the grid's width below its range.</param>
/// <param name="Maximum">Where the last bin ends: as far above.</param>
/// <param name="RangeMinimum">What the least stored value stands for.</param>
/// <param name="RangeMaximum">What the greatest stored value stands for.</param>
/// <param name="Counts">Values in each bin; the first and last hold what lies beyond them too.</param>
public sealed record RangeHistogram(double Minimum, double Maximum, double RangeMinimum, double RangeMaximum, ImmutableArray<long> Counts);

/// <summary>A node of the graph.</summary>
/// <param name="Name">The model's name of the layer.</param>
/// <param name="Operation">The core op.</param>
/// <param name="Storage">How its first result is stored: <c>uint8</c>, <c>Float32</c>, ….</param>
/// <param name="Inputs">Indices of the nodes that it reads.</param>
public sealed record NodeReport(string Name, string Operation, string Storage, ImmutableArray<int> Inputs);

/// <summary>A region of the arena while it holds something that matters.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="FirstStep">The step that first touches it, −1 when feeding the inputs does.</param>
/// <param name="LastStep">The step that last touches it; the number of steps when taking the outputs does.</param>
public sealed record ArenaBuffer(string Name, int Offset, int Bytes, int FirstStep, int LastStep);

/// <summary>An element of the output in both programs.</summary>
/// <param name="Float">In float32.</param>
/// <param name="Compiled">As compiled.</param>
public readonly record struct OutputPair(float Float, float Compiled);
