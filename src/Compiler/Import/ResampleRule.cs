using System;
using System.Linq;

namespace ModelCompiler.Compiler.Import;

/// <summary>An axis being resized.</summary>
/// <param name="From">Its extent.</param>
/// <param name="To">Its extent afterwards.</param>
/// <param name="Scale">The factor meant, of which <paramref name="To"/> is the rounded outcome.</param>
internal sealed record ResizedAxis(int From, int To, double Scale)
{
    /// <summary>Where the region begins: 0 is the first element, 1 the last.</summary>
    public double Start { get; init; }

    /// <summary>Where the region ends.</summary>
    public double End { get; init; } = 1;

    /// <summary>Whether every element stays where it is.</summary>
    public bool IsUnchanged => From == To && Scale == 1 && Start == 0 && End == 1;
}

/// <summary>Which elements of an axis make an element of the resized one.</summary>
/// <param name="Mode">nearest, linear or cubic.</param>
/// <param name="Coordinates">How places after map to places before.</param>
/// <param name="Rounding">How the nearest is chosen.</param>
internal sealed record ResampleRule(string Mode, string Coordinates, string Rounding)
{
    /// <summary>The cubic kernel's parameter.</summary>
    public double CubicCoefficient { get; init; } = -0.75;

    /// <summary>Whether taps beyond the ends are left out, rather than taken from the ends.</summary>
    public bool ExcludesOutside { get; init; }

    /// <summary>Whether the kernel widens when shrinking.</summary>
    public bool Antialias { get; init; }

    /// <summary>Whether elements are picked rather than mixed.</summary>
    public bool IsNearest => Mode == "nearest";

    /// <summary>The place before that a place afterwards stands for.</summary>
    /// <exception cref="ImportException">The mode is not known.</exception>
    public double Coordinate(ResizedAxis axis, int index) => Coordinates switch
    {
        "half_pixel" => ((index + 0.5) / axis.Scale) - 0.5,
        "half_pixel_symmetric" => (axis.From / 2.0 * (1 - (axis.To / (axis.Scale * axis.From)))) + ((index + 0.5) / axis.Scale) - 0.5,
        "pytorch_half_pixel" => axis.To == 1 ? 0 : ((index + 0.5) / axis.Scale) - 0.5,
        "align_corners" => axis.To == 1 ? 0 : index * (axis.From - 1.0) / (axis.To - 1),
        "asymmetric" => index / axis.Scale,
        "tf_half_pixel_for_nn" => (index + 0.5) / axis.Scale,
        "tf_crop_and_resize" => axis.To == 1
            ? 0.5 * (axis.Start + axis.End) * (axis.From - 1)
            : (axis.Start * (axis.From - 1)) + (index * (axis.End - axis.Start) * (axis.From - 1) / (axis.To - 1)),
        _ => throw ImportException.Invalid($"attribute 'coordinate_transformation_mode' is '{Coordinates}'"),
    };

    /// <summary>The element nearest to each place.</summary>
    /// <exception cref="ImportException">The mode is not known.</exception>
    public long[] NearestIndices(ResizedAxis axis) => [.. Enumerable.Range(0, axis.To).Select(index =>
    {
        double place = Coordinate(axis, index);
        double nearest = Rounding switch
        {
            "round_prefer_floor" => Math.Ceiling(place - 0.5),
            "round_prefer_ceil" => Math.Floor(place + 0.5),
            "floor" => Math.Floor(place),
            "ceil" => Math.Ceiling(place),
            _ => throw ImportException.Invalid($"attribute 'nearest_mode' is '{Rounding}'"),
        };
        return (long)Math.Clamp(nearest, 0, axis.From - 1);
    })];

    /// <summary>The elements and weights that are summed at each place; beyond the ends, the ends.</summary>
    /// <exception cref="ImportException">The mode is not known.</exception>
    public (int Taps, int[] Indices, float[] Weights) Taps(ResizedAxis axis)
    {
        double stretch = Antialias ? Math.Min(1, axis.Scale) : 1;
        double radius = Mode switch { "linear" => 1, "cubic" => 2, _ => throw ImportException.Invalid($"attribute 'mode' is '{Mode}'") };
        int first = (int)Math.Floor(-radius / stretch) + 1;
        int taps = 2 - (2 * first);
        var indices = new int[checked(axis.To * taps)];
        var weights = new float[indices.Length];
        var kernel = new double[taps];
        for (int index = 0; index < axis.To; index++)
        {
            double place = Coordinate(axis, index);
            double whole = Math.Floor(place);
            double sum = 0;
            for (int tap = 0; tap < taps; tap++)
            {
                double at = whole + first + tap;
                bool isOutside = at < 0 || at >= axis.From;
                kernel[tap] = ExcludesOutside && isOutside ? 0 : Kernel((at - place) * stretch);
                sum += kernel[tap];
                indices[(index * taps) + tap] = (int)Math.Clamp(at, 0, axis.From - 1);
            }

            for (int tap = 0; tap < taps; tap++)
            {
                weights[(index * taps) + tap] = (float)(kernel[tap] / sum);
            }
        }

        return (taps, indices, weights);
    }

    private double Kernel(double distance)
    {
        double x = Math.Abs(distance);
        if (Mode == "linear")
        {
            return Math.Max(0, 1 - x);
        }

        double a = CubicCoefficient;
        return x <= 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1
            : x < 2 ? ((((a * x) - (5 * a)) * x) + (8 * a)) * x - (4 * a)
            : 0;
    }
}
