using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.Benchmarks;

/// <summary>A square cut out of a picture, perhaps flipped, a little darker or brighter.</summary>
/// <param name="Side">Of the shorter side of the picture.</param>
/// <param name="Left">Of the room that the square leaves.</param>
/// <param name="Top">Of the room that the square leaves.</param>
/// <param name="IsFlipped">Whether left and right change places.</param>
/// <param name="Brightness">Factor of all pixels.</param>
internal sealed record Crop(double Side, double Left, double Top, bool IsFlipped, double Brightness)
{
    // Sides of 14 to 40 fortieths: even numbers of them for calibration, odd ones for measuring. No crop is in both.
    private const int Parts = 40;
    private const int LeastParts = 14;

    /// <summary>Crops that calibration may see. Spread evenly, whatever their number; without chance.</summary>
    public static IEnumerable<Crop> ForCalibration(int count) => Enumerable.Range(1, count).Select(index => At(index, isOdd: false));

    /// <summary>Crops that calibration does not see.</summary>
    public static IEnumerable<Crop> ForMeasuring(int count) => Enumerable.Range(1, count).Select(index => At(index, isOdd: true));

    /// <summary>Cuts.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="extent">Height and width of the result.</param>
    public byte[] Cut(Picture picture, int extent)
    {
        double side = Side * Math.Min(picture.Width, picture.Height);
        (double left, double top) = (Left * (picture.Width - side), Top * (picture.Height - side));
        byte[] pixels = new byte[extent * extent * Picture.Channels];
        for (int row = 0; row < extent; row++)
        {
            for (int column = 0; column < extent; column++)
            {
                int from = IsFlipped ? extent - 1 - column : column;
                for (int channel = 0; channel < Picture.Channels; channel++)
                {
                    double value = picture.At(top + (side * (row + 0.5) / extent), left + (side * (from + 0.5) / extent), channel);
                    pixels[(((row * extent) + column) * Picture.Channels) + channel] = (byte)Math.Clamp(Math.Round(value * Brightness), 0, byte.MaxValue);
                }
            }
        }

        return pixels;
    }

    private static Crop At(int index, bool isOdd)
    {
        int sides = ((Parts - LeastParts) / 2) + (isOdd ? 0 : 1);
        int parts = LeastParts + (isOdd ? 1 : 0) + (2 * (int)(Halton(index, 2) * sides));
        return new Crop((double)parts / Parts, Halton(index, 3), Halton(index, 5), index % 2 == 0, 0.8 + (0.4 * Halton(index, 7)));
    }

    // The digits of the index behind the point, in reverse: a sequence that fills [0, 1) evenly.
    private static double Halton(int index, int radix)
    {
        double value = 0;
        for (double place = 1.0 / radix; index > 0; index /= radix, place /= radix)
        {
            value += index % radix * place;
        }

        return value;
    }
}
