namespace ModelCompiler.Compiler.Quantization;

/// <summary>The extremes of the examples, averaged as they come in the order of their files' names: a single unusual example has little say.</summary>
public sealed class MovingAverageCalibrator() : Calibrator("MovingAverage", needsDistribution: false)
{
    /// <inheritdoc/>
    public override ValueRange Choose(ObservedValue value) => value.MovingAverage;
}
