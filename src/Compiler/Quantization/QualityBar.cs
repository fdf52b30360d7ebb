using System.Collections.Generic;
using System.Globalization;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>How close to float32 a compiled model must be on the calibration examples.</summary>
/// <param name="MinimumAgreement">Least share (0…1) of examples with the same top class, or <see langword="null"/>.</param>
/// <param name="MaximumError">Most root mean square of the outputs' difference over that of the float outputs, or <see langword="null"/>.</param>
public sealed record QualityBar(double? MinimumAgreement, double? MaximumError)
{
    // Shares such as 99.9 % have no exact form; one example makes more of a difference than this.
    private const double Tolerance = 1e-12;

    /// <summary>What <see cref="Precision.Auto"/> reaches when nothing is asked for: of a classifier, whose scores matter less than their order …</summary>
    public static QualityBar OfClassifiers { get; } = new(0.99, null);

    /// <summary>… and of any other model.</summary>
    public static QualityBar OfOthers { get; } = new(null, 0.05);

    /// <summary>The bar of a model; <see langword="null"/> when there is none.</summary>
    /// <param name="options">What the user asks for.</param>
    /// <param name="isClassifier">Whether the model has a top class.</param>
    public static QualityBar? Of(CompileOptions options, bool isClassifier) =>
        options.MinimumAgreement is not null || options.MaximumError is not null ? new QualityBar(options.MinimumAgreement, options.MaximumError)
        : options.Precision != Precision.Auto ? null
        : isClassifier ? OfClassifiers
        : OfOthers;

    /// <summary>Whether the bar is reached.</summary>
    /// <param name="agreement">Share (0…1) of examples with the same top class.</param>
    /// <param name="error">The outputs' relative error; <see langword="null"/> when none is float.</param>
    public bool IsReached(double agreement, double? error) => !MissesAgreement(agreement) && !MissesError(error);

    /// <summary>In a sentence after "to reach".</summary>
    public string InProse() => string.Join(" and ", Parts());

    /// <summary>What was measured where the bar is missed, and the bar.</summary>
    /// <param name="agreement">Share (0…1) of examples with the same top class.</param>
    /// <param name="error">The outputs' relative error.</param>
    public string Missed(double agreement, double? error)
    {
        var parts = new List<string>();
        if (MissesAgreement(agreement))
        {
            parts.Add($"has the top class of float32 for {Percent(agreement)}, less than MinimumAgreement=\"{Percent(MinimumAgreement!.Value)}\"");
        }

        if (MissesError(error))
        {
            parts.Add($"has outputs that differ from float32 by {Percent(error!.Value)} (root mean square), more than MaximumError=\"{Percent(MaximumError!.Value)}\"");
        }

        return string.Join(", and ", parts);
    }

    /// <summary>A share, such as <c>98.96 %</c>.</summary>
    public static string Percent(double share) => share.ToString("0.### %", CultureInfo.InvariantCulture);

    private IEnumerable<string> Parts()
    {
        if (MinimumAgreement is { } agreement)
        {
            yield return Percent(agreement) + " agreement";
        }

        if (MaximumError is { } error)
        {
            yield return "an error of at most " + Percent(error);
        }
    }

    // Written so that what is no number misses.
    private bool MissesAgreement(double agreement) => MinimumAgreement is { } least && !(agreement >= least - Tolerance);

    private bool MissesError(double? error) => MaximumError is { } most && error is { } measured && !(measured <= most + Tolerance);
}
