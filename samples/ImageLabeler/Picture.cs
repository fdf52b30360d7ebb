using System;
using System.IO;
using StbImageSharp;

namespace Labeling;

/// <summary>A square picture of red, green and blue bytes.</summary>
internal sealed class Picture
{
    // Of a header that claims more, nothing is decoded.
    private const long MostPixels = 100_000_000;

    private Picture(int extent, byte[] pixels)
    {
        Extent = extent;
        Pixels = pixels;
    }

    /// <summary>Pixels in a row and a column.</summary>
    public int Extent { get; }

    /// <summary>All pixels, row by row from the top; three bytes each.</summary>
    public byte[] Pixels { get; }

    /// <summary>Reads the middle square of a JPEG, PNG or BMP file; what is transparent lies on white.</summary>
    /// <exception cref="InvalidDataException">It is no such picture.</exception>
    public static Picture Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        ImageResult image;
        try
        {
            if (ImageInfo.FromStream(new MemoryStream(file)) is not { Width: > 0, Height: > 0 } info)
            {
                throw new InvalidDataException("this is not a picture that can be read; use .jpg, .png or .bmp");
            }

            if ((long)info.Width * info.Height > MostPixels)
            {
                throw new InvalidDataException($"the picture has {info.Width} × {info.Height} pixels, more than {MostPixels:N0}");
            }

            image = ImageResult.FromMemory(file, ColorComponents.RedGreenBlueAlpha);
        }
        catch (Exception exception) when (exception is not InvalidDataException)
        {
            // The decoder reports damage by whatever exception its code runs into.
            throw new InvalidDataException("the picture is damaged", exception);
        }

        return MiddleSquare(image);
    }

    /// <summary>The picture in another size. Each pixel is the mean of those around its place, the near ones counting most.</summary>
    public Picture Resize(int extent)
    {
        (int First, float[] Weights)[] taps = Taps(Extent, extent);
        var narrow = new float[Extent * extent * 3];
        for (int index = 0; index < narrow.Length; index++)
        {
            (int row, int column, int channel) = (index / 3 / extent, index / 3 % extent, index % 3);
            (int first, float[] weights) = taps[column];
            for (int tap = 0; tap < weights.Length; tap++)
            {
                narrow[index] += weights[tap] * Pixels[(((row * Extent) + first + tap) * 3) + channel];
            }
        }

        var pixels = new byte[extent * extent * 3];
        for (int index = 0; index < pixels.Length; index++)
        {
            (int first, float[] weights) = taps[index / 3 / extent];
            float sum = 0;
            for (int tap = 0; tap < weights.Length; tap++)
            {
                sum += weights[tap] * narrow[((first + tap) * extent * 3) + (index % (extent * 3))];
            }

            pixels[index] = (byte)MathF.Round(sum);
        }

        return new Picture(extent, pixels);
    }

    private static Picture MiddleSquare(ImageResult image)
    {
        int extent = Math.Min(image.Width, image.Height);
        int left = (image.Width - extent) / 2, top = (image.Height - extent) / 2;
        var pixels = new byte[extent * extent * 3];
        for (int index = 0; index < extent * extent; index++)
        {
            ReadOnlySpan<byte> pixel = image.Data.AsSpan(((((top + (index / extent)) * image.Width) + left + (index % extent)) * 4), 4);
            for (int channel = 0; channel < 3; channel++)
            {
                pixels[(index * 3) + channel] = (byte)(((pixel[channel] * pixel[3]) + (255 * (255 - pixel[3])) + 127) / 255);
            }
        }

        return new Picture(extent, pixels);
    }

    // For each new pixel of a row the old ones that it is the mean of: those nearer than a pixel, of whichever size is the larger.
    private static (int First, float[] Weights)[] Taps(int from, int to)
    {
        double ratio = (double)from / to, reach = Math.Max(1, ratio);
        var taps = new (int First, float[] Weights)[to];
        for (int index = 0; index < to; index++)
        {
            double centre = ((index + 0.5) * ratio) - 0.5;
            int first = Math.Max(0, (int)Math.Floor(centre - reach) + 1), last = Math.Min(from - 1, (int)Math.Ceiling(centre + reach) - 1);
            var weights = new float[last - first + 1];
            double total = 0;
            for (int tap = 0; tap < weights.Length; tap++)
            {
                weights[tap] = (float)(1 - (Math.Abs(first + tap - centre) / reach));
                total += weights[tap];
            }

            taps[index] = (first, Array.ConvertAll(weights, weight => (float)(weight / total)));
        }

        return taps;
    }
}
