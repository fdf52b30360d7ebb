namespace ModelCompiler.Conformance.Comparing;

/// <summary>How far outputs may be off.</summary>
/// <param name="Relative">Of a float element, as a share of the expected one.</param>
/// <param name="Absolute">Of a float element, beside that.</param>
/// <param name="QuantizedSteps">Of an integer that stands for a real number. Other integers must be equal.</param>
internal sealed record Tolerance(double Relative, double Absolute, int QuantizedSteps)
{
    /// <summary>The defaults of ONNX's own runner.</summary>
    public static readonly Tolerance OfOnnx = new(1e-3, 1e-7, 0);

    /// <summary>Recorded outputs: float32 against other summation orders; int8 against TensorFlow Lite's two roundings.</summary>
    public static readonly Tolerance OfGolden = new(1e-4, 1e-5, 1) { QuantizedShare = 0.99 };

    /// <summary>
    /// When set, integers that stand for real numbers are counted over all test vectors: so large a share of them must be within
    /// <see cref="QuantizedSteps"/>, and the greatest of an output must be the greatest expected one where that leads by more than twice as much.
    /// </summary>
    public double? QuantizedShare { get; init; }

    /// <summary>When set, so large a share of those integers must be equal.</summary>
    public double? EqualShare { get; init; }

    /// <summary>The same where the arithmetic is that of what recorded the outputs.</summary>
    public Tolerance Exact => QuantizedShare is null ? this : this with { EqualShare = 0.999 };

    /// <summary>
    /// When set, not elements are compared but whole outputs: the root mean square of the differences may have this share of that of the
    /// expected elements.
    /// </summary>
    public double? RootMeanSquare { get; init; }

    /// <summary>Quantised from float32 with ranges of one example.</summary>
    public static readonly Tolerance OfInt8 = new(0, 0, 0) { RootMeanSquare = 0.1 };
}
