using System;
using System.IO;
using System.Linq;
using StbImageSharp;

namespace ModelCompiler.Benchmarks;

/// <summary>A picture, read from a file.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Pixels">Red, green, blue, row by row.</param>
internal sealed record Picture(string Name, int Height, int Width, byte[] Pixels)
{
    /// <summary>Numbers of a pixel.</summary>
    public const int Channels = 3;

    /// <summary>Whether any pixel is not grey.</summary>
    public bool IsInColour => Pixels.Chunk(Channels).Any(pixel => pixel[0] != pixel[1] || pixel[1] != pixel[2]);

    /// <summary>Reads a file.</summary>
    /// <exception cref="BenchmarkException">It is missing.</exception>
    public static Picture Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new BenchmarkException($"{path} is not there; the README of the shared data says where it is from.");
        }

        ImageResult image = ImageResult.FromMemory(File.ReadAllBytes(path), ColorComponents.RedGreenBlue);
        return new Picture(Path.GetFileName(path), image.Height, image.Width, image.Data);
    }

    /// <summary>The number at a place between pixels, from the four around it.</summary>
    /// <param name="y">0 for the upper edge, <see cref="Height"/> for the lower.</param>
    /// <param name="x">0 for the left edge, <see cref="Width"/> for the right.</param>
    /// <param name="channel">0 for red.</param>
    public double At(double y, double x, int channel)
    {
        (double row, double column) = (Math.Clamp(y - 0.5, 0, Height - 1), Math.Clamp(x - 0.5, 0, Width - 1));
        (int top, int left) = ((int)row, (int)column);
        (int bottom, int right) = (Math.Min(top + 1, Height - 1), Math.Min(left + 1, Width - 1));
        (double down, double across) = (row - top, column - left);
        return ((1 - down) * (((1 - across) * Pixel(top, left)) + (across * Pixel(top, right))))
            + (down * (((1 - across) * Pixel(bottom, left)) + (across * Pixel(bottom, right))));

        double Pixel(int atRow, int atColumn) => Pixels[(((atRow * Width) + atColumn) * Channels) + channel];
    }
}
