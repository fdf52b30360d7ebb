using System.Collections.Immutable;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Something better than plain rounding. What it does is kept where it makes the measured error of the outputs less, and only there.</summary>
/// <param name="name">As its metadata is named.</param>
public abstract class QuantizationTechnique(string name)
{
    /// <summary>
    /// All, in the order in which they are tried: first what changes float weights, then how values are stored, then what int8 weights become, and last
    /// what makes good for the errors that the others leave.
    /// </summary>
    public static ImmutableArray<QuantizationTechnique> All { get; } =
    [
        new CrossLayerEqualization(),
        new ActivationEqualization(),
        new ChannelSplitting(),
        new BranchScales(),
        new LearnedRounding(),
        new LayerReconstruction(),
        new Int16Sums(),
        new BiasCorrection(),
    ];

    /// <summary>As its metadata is named.</summary>
    public string Name => name;

    /// <summary>Whether it scales channels of the float graph against each other.</summary>
    internal virtual bool ScalesChannels => false;

    /// <summary>Whether the user wants it.</summary>
    public abstract bool IsWanted(CompileOptions options);

    /// <summary>What becomes of a choice; <see langword="null"/> when there is nothing in the model that the technique is for.</summary>
    internal abstract QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice);

    /// <summary>The error of the outputs by which it is kept or not.</summary>
    internal virtual double Error(QuantizationTrials trials, QuantizationChoice choice) => trials.Error(choice);

    /// <summary>Whether it is kept, by the error without it and with it.</summary>
    internal virtual bool IsWorthIt(double before, double after) => after < before;
}

/// <summary>What a technique or calibrator gave.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ErrorBefore">Root mean square of the output's difference from float over that of the float output, without it.</param>
/// <param name="ErrorAfter">The same with it.</param>
/// <param name="IsKept">Whether the program has it.</param>
public sealed record TechniqueGain(string Name, double ErrorBefore, double ErrorAfter, bool IsKept);
