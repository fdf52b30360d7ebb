using System;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>The least and greatest number seen in a tensor.</summary>
/// <param name="Minimum">The least.</param>
/// <param name="Maximum">The greatest.</param>
public readonly record struct ValueRange(float Minimum, float Maximum)
{
    /// <summary>Of no numbers: the identity of <see cref="Union"/>.</summary>
    public static ValueRange Empty => new(float.PositiveInfinity, float.NegativeInfinity);

    /// <summary>Greatest minus least.</summary>
    public double Width => (double)Maximum - Minimum;

    /// <summary>Whether both ends are numbers.</summary>
    public bool IsFinite => float.IsFinite(Minimum) && float.IsFinite(Maximum);

    /// <summary>The smallest range that holds both.</summary>
    public ValueRange Union(ValueRange other) => new(Math.Min(Minimum, other.Minimum), Math.Max(Maximum, other.Maximum));

    /// <summary>Scale and zero point that cover the range and 0 exactly, which padding and ReLU need.</summary>
    public QuantizationParameters Quantize()
    {
        double minimum = Math.Min(0, (double)Minimum);
        double maximum = Math.Max(0, (double)Maximum);
        float scale = (float)((maximum - minimum) / 255);
        if (!(scale > float.MinValue) || scale < 1e-30f)
        {
            return new QuantizationParameters(1f / 255, 0);
        }

        return new QuantizationParameters(scale, (int)Math.Clamp(Math.Round(-minimum / scale), 0, 255));
    }
}
