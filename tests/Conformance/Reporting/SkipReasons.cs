using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Conformance.Reporting;

/// <summary>Tells a model that is refused for a stated reason from one that should have been compiled.</summary>
internal static partial class SkipReasons
{
    private static readonly HashSet<string> Codes = ["MC1003", "MC1010", "MC1011", "MC1012", "MC1015", "MC1017", "MC1018", "MC1020", "MC1029"];

    // In int8 also: what calibration files cannot do.
    private static readonly HashSet<string> CalibrationCodes = ["MC3003", "MC3004"];

    /// <summary>The verdict on a model that was not compiled.</summary>
    /// <param name="name">The test.</param>
    /// <param name="diagnostics">What the compiler said.</param>
    public static Verdict Judge(string name, IEnumerable<Diagnostic> diagnostics)
    {
        Diagnostic[] errors = [.. diagnostics.Where(diagnostic => diagnostic.Kind.Severity == Severity.Error)];
        string reason = string.Join("; ", errors.Select(error => $"{error.Kind.Code} {(error.Node.Length == 0 ? "" : $"node '{error.Node}': ")}{error.Message}"));
        bool isSkipped = errors.Length > 0 && errors.All(error => Codes.Contains(error.Kind.Code) || CalibrationCodes.Contains(error.Kind.Code));
        return isSkipped ? Verdict.Skipped(name, reason, KindOf(errors[0])) : Verdict.Failed(name, errors.Length == 0 ? "no plan and no error" : reason);
    }

    /// <summary>Whether a model was refused only because inputs decide shapes.</summary>
    public static bool IsForShapes(IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.Where(diagnostic => diagnostic.Kind.Severity == Severity.Error).Select(error => error.Kind.Code).All(code => code is "MC1017" or "MC1020");

    /// <summary>The inputs that the compiler names as deciding shapes.</summary>
    public static IEnumerable<string> InputsForShapes(IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.Where(diagnostic => diagnostic.Kind.Code == "MC1017").Select(error => Input().Match(error.Message).Groups[1].Value);

    /// <summary>What is not supported, in a few words that many tests have in common.</summary>
    private static string KindOf(Diagnostic error) => error.Kind.Code switch
    {
        "MC1003" => $"format {Match(Quoted(), error)}",
        "MC1010" => $"operator {Match(Operator(), error)}",
        "MC1011" => $"operator {Match(Operator(), error)}, {Match(Attribute(), error)}",
        "MC1012" => $"element type {Match(ElementType(), error)}",
        "MC1015" => "dimension that neither the model nor the test fixes",
        "MC1017" => $"operator {Match(Operator(), error)}, a shape that an input decides",
        "MC1018" => $"operator {Match(Operator(), error)}, an extent that the data decides",
        "MC1020" => $"operator {Match(Operator(), error)}, a number of iterations that is computed",
        "MC3003" => "calibration: not a single float32 input",
        _ => "calibration: outputs that are not finite",
    };

    private static string Match(Regex pattern, Diagnostic error) => pattern.Match(error.Message) is { Success: true } match ? match.Groups[1].Value : error.Message;

    [GeneratedRegex(@"^'([^']+)'", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();

    [GeneratedRegex(@": input '([^']+)' decides", RegexOptions.CultureInvariant)]
    private static partial Regex Input();

    [GeneratedRegex(@"^operator ([^\s:]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Operator();

    [GeneratedRegex(@"^operator [^:]+: (.+?) is not supported", RegexOptions.CultureInvariant)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"has element type (\S+),", RegexOptions.CultureInvariant)]
    private static partial Regex ElementType();
}
