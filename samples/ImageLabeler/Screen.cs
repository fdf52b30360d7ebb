using System;
using System.Globalization;
using System.Linq;

namespace Labeling;

/// <summary>Shows predictions in the terminal.</summary>
internal static class Screen
{
    private const int BarLength = 30;

    /// <summary>Writes the classes with a bar each, as long as its score.</summary>
    public static void Show(string path, ReadOnlySpan<Prediction> best)
    {
        Console.WriteLine(path);
        int width = best.ToArray().Max(prediction => Text(prediction).Length);
        foreach (Prediction prediction in best)
        {
            string bar = new string('█', (int)MathF.Round(prediction.Score * BarLength)).PadRight(BarLength, '·');
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {Text(prediction).PadRight(width)}  {bar} {prediction.Score,6:P1}"));
        }

        Console.WriteLine();
    }

    // Some label files number their lines; of several names of a thing the first will do.
    private static string Text(Prediction prediction)
    {
        string label = prediction.Label;
        int colon = label.IndexOf(':', StringComparison.Ordinal);
        label = colon > 0 && label.AsSpan(0, colon).IndexOfAnyExceptInRange('0', '9') < 0 ? label[(colon + 1)..] : label;
        return label.Split(',')[0];
    }
}
