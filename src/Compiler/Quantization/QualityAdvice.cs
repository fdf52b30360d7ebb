using System.Collections.Generic;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What may help a model that is not as close to float32 as it must be: what the item does not ask for already.</summary>
internal static class QualityAdvice
{
    // Below, another hundred examples tell more of the ranges than any rule makes of them.
    private const int ManyExamples = 100;

    /// <summary>The advice, in a sentence after "use".</summary>
    public static string For(CompileOptions options) => string.Join(", or ", options.Precision.NeedsCalibration() ? ForInt8(options) : ForFloat(options));

    private static IEnumerable<string> ForInt8(CompileOptions options)
    {
        if (options.Precision == Precision.Int8)
        {
            yield return "Precision=\"Auto\", which keeps layers in float32 until the bar is reached";
        }

        if (options.Calibration.Length < ManyExamples)
        {
            yield return "more Calibration files that are like what the model will meet";
        }

        if (options.Calibrator != "Auto")
        {
            yield return "Calibrator=\"Auto\"";
        }

        if (!options.LayerReconstruction)
        {
            yield return "LayerReconstruction=\"true\"";
        }

        if (!options.ChannelSplitting)
        {
            yield return "ChannelSplitting=\"true\"";
        }

        if (!options.LearnedRounding)
        {
            yield return "LearnedRounding=\"true\"";
        }

        if (!options.BiasCorrection || !options.CrossLayerEqualization || !options.BranchScales)
        {
            yield return "the techniques that are switched off (BiasCorrection, CrossLayerEqualization, BranchScales)";
        }

        // Int8Only is for devices that have no floating point.
        if (options.Precision != Precision.Int8Only)
        {
            yield return "Precision=\"Float16Weights\"";
        }

        yield return "a lower bar";
    }

    private static IEnumerable<string> ForFloat(CompileOptions options)
    {
        if (options.Precision != Precision.Float16Weights)
        {
            yield return "Precision=\"Float16Weights\"";
        }

        yield return "Precision=\"Float32\"";
    }
}
