using System;
using System.Collections.Generic;
using System.Globalization;

namespace Digits;

/// <summary>Draws digits in the terminal.</summary>
internal static class Screen
{
    // Two pixels a character: one above the other.
    private const string Blocks = " ▀▄█";
    private const byte Bright = 96;
    private const int BarLength = 20;

    /// <summary>Draws the image with the best classes beside it.</summary>
    public static void Show(GreyPng image, string label, ReadOnlySpan<Prediction> best)
    {
        var beside = new List<string> { "", $"   a {label}, taken for a {best[0].Label}{(best[0].Label == label ? "" : "  ✗")}", "" };
        foreach (Prediction prediction in best)
        {
            string bar = new string('█', (int)MathF.Round(prediction.Score * BarLength)).PadRight(BarLength, '·');
            beside.Add(string.Create(CultureInfo.InvariantCulture, $"   {prediction.Label}  {bar} {prediction.Score,6:P1}"));
        }

        for (int row = 0; row < image.Height; row += 2)
        {
            Console.WriteLine((Line(image, row) + (row / 2 < beside.Count ? beside[row / 2] : "")).TrimEnd());
        }
    }

    private static string Line(GreyPng image, int row) => string.Create(image.Width, (image, row), static (line, state) =>
    {
        for (int column = 0; column < line.Length; column++)
        {
            int upper = state.image[state.row, column] >= Bright ? 1 : 0;
            int lower = state.image[state.row + 1, column] >= Bright ? 2 : 0;
            line[column] = Blocks[upper + lower];
        }
    });
}
