namespace ModelCompiler.RuntimeSupport;

/// <summary>What a reduction does with its elements. Over no elements it gives the value named here.</summary>
public static class ReduceOperation
{
    /// <summary>Σ x; 0.</summary>
    public const int Sum = 0;

    /// <summary>Σ x divided by the number of elements, integers towards zero; NaN, or 0 of integers.</summary>
    public const int Mean = 1;

    /// <summary>The largest, NaN if there is one; −∞, or the type's lowest integer.</summary>
    public const int Maximum = 2;

    /// <summary>The smallest, NaN if there is one; +∞, or the type's highest integer.</summary>
    public const int Minimum = 3;

    /// <summary>Π x; 1.</summary>
    public const int Product = 4;

    /// <summary>Σ x²; 0.</summary>
    public const int SumOfSquares = 5;

    /// <summary>Σ |x|; 0.</summary>
    public const int SumOfAbsolutes = 6;
}
