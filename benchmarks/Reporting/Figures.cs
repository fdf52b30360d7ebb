using System.Globalization;

namespace ModelCompiler.Benchmarks.Reporting;

/// <summary>Numbers as people read them.</summary>
internal static class Figures
{
    private const double Million = 1e6;

    /// <summary>Three significant digits, whole above 100.</summary>
    public static string Number(double value) => value.ToString(value >= 100 ? "#,0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>A ratio.</summary>
    public static string Ratio(double value) => value.ToString("0.00", CultureInfo.InvariantCulture) + "×";

    /// <summary>A share in percent.</summary>
    public static string Share(double value) => (100 * value).ToString("0", CultureInfo.InvariantCulture) + " %";

    /// <summary>10⁶ of something.</summary>
    public static string Millions(double value) => Number(value / Million);
}
