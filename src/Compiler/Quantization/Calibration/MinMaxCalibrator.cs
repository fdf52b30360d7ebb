namespace ModelCompiler.Compiler.Quantization;

/// <summary>All that was seen: nothing saturates on the calibration data, and one outlier costs all others resolution.</summary>
public sealed class MinMaxCalibrator() : Calibrator("MinMax", needsDistribution: false)
{
    /// <inheritdoc/>
    public override ValueRange Choose(ObservedValue value) => value.Range;
}
