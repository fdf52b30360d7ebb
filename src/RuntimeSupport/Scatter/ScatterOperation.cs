namespace ModelCompiler.RuntimeSupport;

/// <summary>What <c>ScatterReduce…</c> makes of what is in place and the update.</summary>
public static class ScatterOperation
{
    /// <summary>The sum; integers wrap around.</summary>
    public const int Add = 1;

    /// <summary>The product; integers wrap around.</summary>
    public const int Multiply = 2;

    /// <summary>The lesser; NaN if one is.</summary>
    public const int Minimum = 3;

    /// <summary>The greater; NaN if one is.</summary>
    public const int Maximum = 4;
}
