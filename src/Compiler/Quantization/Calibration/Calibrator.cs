using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>A rule by which the range of a tensor is chosen from what it was observed to hold. What lies outside of the range saturates.</summary>
/// <param name="name">As <c>Calibrator</c> names it.</param>
/// <param name="needsDistribution">Whether it wants the second pass over the examples.</param>
public abstract class Calibrator(string name, bool needsDistribution)
{
    /// <summary>What tries all and keeps the best.</summary>
    public const string Auto = "Auto";

    /// <summary>All, simplest first: of equals, <see cref="Auto"/> keeps the first.</summary>
    public static ImmutableArray<Calibrator> All { get; } =
    [
        new MinMaxCalibrator(),
        new MovingAverageCalibrator(),
        new PercentileCalibrator("Percentile99.999", 0.99999),
        new PercentileCalibrator("Percentile99.99", 0.9999),
        new PercentileCalibrator("Percentile99.9", 0.999),
        new EntropyCalibrator(),
        new MeanSquaredErrorCalibrator(),
    ];

    /// <summary>What <c>Calibrator</c> may say.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(calibrator => calibrator.Name), Auto];

    /// <summary>As <c>Calibrator</c> names it.</summary>
    public string Name => name;

    /// <summary>Whether it wants the second pass over the examples.</summary>
    public bool NeedsDistribution => needsDistribution;

    /// <summary>The calibrators that a name stands for.</summary>
    public static ImmutableArray<Calibrator> Named(string name) => name == Auto ? All : [All.Single(calibrator => calibrator.Name == name)];

    /// <summary>Chooses a range, which lies in the one observed.</summary>
    public abstract ValueRange Choose(ObservedValue value);
}
