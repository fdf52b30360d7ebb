namespace ModelCompiler.Conformance.Reporting;

/// <summary>How a test ended.</summary>
internal enum Outcome
{
    /// <summary>All outputs are right.</summary>
    Passed,

    /// <summary>Something is wrong, with the model's outputs or on the way to them.</summary>
    Failed,

    /// <summary>The compiler says that it does not support something the test needs, and names it.</summary>
    Skipped,
}

/// <summary>The end of a test.</summary>
/// <param name="Case">Its name.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why, when it did not pass.</param>
/// <param name="Kind">For the summary: what is not supported.</param>
/// <param name="HasFixedInputs">Whether inputs were fixed with <c>InputValue</c>.</param>
internal sealed record Verdict(string Case, Outcome Outcome, string Reason = "", string Kind = "", bool HasFixedInputs = false)
{
    /// <summary>Elements of its outputs that are integers for real numbers.</summary>
    public long Quantized { get; init; }

    /// <summary>Those that are as expected.</summary>
    public long Equal { get; init; }

    /// <summary>All outputs are right.</summary>
    public static Verdict Passed(string name, bool hasFixedInputs) => new(name, Outcome.Passed, HasFixedInputs: hasFixedInputs);

    /// <summary>Something is wrong.</summary>
    public static Verdict Failed(string name, string reason) => new(name, Outcome.Failed, reason);

    /// <summary>Something is not supported.</summary>
    public static Verdict Skipped(string name, string reason, string kind) => new(name, Outcome.Skipped, reason, kind);
}
