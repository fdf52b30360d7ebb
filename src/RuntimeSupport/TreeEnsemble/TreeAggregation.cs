namespace ModelCompiler.RuntimeSupport;

/// <summary>What an ensemble makes of the weights of the leaves that its trees arrive at.</summary>
public static class TreeAggregation
{
    /// <summary>Their sum.</summary>
    public const int Sum = 0;

    /// <summary>Their sum, divided by the number of trees.</summary>
    public const int Average = 1;

    /// <summary>The smallest; 0 when no leaf has one.</summary>
    public const int Minimum = 2;

    /// <summary>The largest; 0 when no leaf has one.</summary>
    public const int Maximum = 3;
}
