using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>How a value between elements is made of them.</summary>
internal enum Interpolation
{
    /// <summary>The nearest element; halves go to the even place.</summary>
    Nearest,

    /// <summary>A mean of two elements an axis.</summary>
    Linear,

    /// <summary>Keys' cubic convolution of four elements an axis, with the coefficient −0.75.</summary>
    Cubic,
}

/// <summary>What lies beyond an image.</summary>
internal enum Surroundings
{
    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>The elements at the border.</summary>
    Border,

    /// <summary>The image, mirrored again and again.</summary>
    Reflection,
}

/// <summary>
/// Reads images at computed places. Indices and weights are elementwise expressions; what they pick is one gather, summed up by a product of matrices.
/// </summary>
/// <param name="Mode">How a value between elements is made.</param>
/// <param name="Beyond">What lies beyond the image.</param>
/// <param name="AlignsCorners">Whether the image ends at the centres of its outermost elements rather than at their edges.</param>
internal sealed record PlaceSampler(Interpolation Mode, Surroundings Beyond, bool AlignsCorners)
{
    private const double Cubic = -0.75;

    // Below, a product of matrices for each place costs more than a sum of products.
    private const int FewestChannels = 8;

    // Of the elements read, the first is so far from the one at or before the place.
    private int FirstTap => Mode == Interpolation.Cubic ? -1 : 0;

    private int Taps => Mode switch { Interpolation.Nearest => 1, Interpolation.Linear => 2, _ => 4 };

    /// <summary>Reads images.</summary>
    /// <param name="context">Where the ops are added.</param>
    /// <param name="image">The images, batch × spatial axes × channels.</param>
    /// <param name="coordinates">For each spatial axis where to read, in elements from the first one's centre: batch × places × 1.</param>
    /// <returns>Batch × places × channels.</returns>
    public string Sample(OnnxContext context, string image, string[] coordinates)
    {
        Shape shape = context.ShapeOf(image);
        int elements = shape.Count(..^1);
        int places = context.ShapeOf(coordinates[0])[1];
        if (elements == 0)
        {
            throw new ShapeException($"places in an image of shape {shape}, which has no elements");
        }

        // Places beyond the image read a row of zeros behind it: a weight of 0 would not do where the image is not finite.
        string rows = context.Reshape(image, [elements, shape[^1]]);
        rows = Beyond == Surroundings.Zeros ? context.Pad(rows, [0, 0], [1, 0]) : rows;
        (string indices, string? weights) = Places(context, shape, coordinates);
        int taps = context.ShapeOf(indices).Count(2..);
        if (weights is null)
        {
            return context.Emit(new Gather(0), rows, context.Reshape(indices, [shape[0], places]));
        }

        string picked = context.Emit(new Gather(0), rows, context.Reshape(indices, [shape[0] * places, taps]));
        string factors = context.Convert(weights, context.ElementTypeOf(image));
        string sums = shape[^1] >= FewestChannels
            ? context.Emit(new MatMul(), context.Reshape(factors, [shape[0] * places, 1, taps]), picked)
            : context.Reduce(ReduceKind.Sum, context.Map(picked, context.Reshape(factors, [shape[0] * places, taps, 1]), (x, factor) => x * factor), [1], keep: false);
        return context.Reshape(sums, [shape[0], places, shape[^1]]);
    }

    // Rows of the image and their weights: batch × places × taps of each axis.
    private (string Indices, string? Weights) Places(OnnxContext context, Shape shape, string[] coordinates)
    {
        int rank = coordinates.Length;
        int[] strides = Shape.From(shape.Skip(1).Take(rank)).Strides();
        string indices = context.Constant(Tensor.Of(
            Shape.From([shape[0], .. Enumerable.Repeat(1, rank + 1)]), [.. Enumerable.Range(0, shape[0]).Select(batch => (long)batch * shape.Count(1..^1))]));
        string? inside = null;
        string? weights = null;
        for (int axis = 0; axis < rank; axis++)
        {
            int extent = shape[axis + 1], stride = strides[axis];
            string settled = context.Map(coordinates[axis], x => Settle(x, extent));
            settled = context.Reshape(settled, Shape.From([.. context.ShapeOf(settled).Take(2), .. Enumerable.Repeat(1, rank)]));
            string taps = context.Convert(context.Count(Taps, rank + 2, axis + 2), context.ElementTypeOf(settled));
            string place = context.Map(settled, taps, (x, tap) => Tap(x.Floor() + tap + FirstTap, extent));
            indices = context.Map(indices, place, (index, x) => index + (x.Clamp(0, extent - 1).To(ElementType.Int64) * stride));
            if (Beyond == Surroundings.Zeros)
            {
                string isInside = context.Map(place, x => (x >= 0).And(x <= extent - 1));
                inside = inside is null ? isInside : context.Map(inside, isInside, (x, y) => x.And(y));
            }

            if (Mode != Interpolation.Nearest)
            {
                string factor = context.Map(settled, taps, (x, tap) => Weight((x - x.Floor() - tap - FirstTap).Abs()));
                weights = weights is null ? factor : context.Map(weights, factor, (x, y) => x * y);
            }
        }

        indices = inside is null ? indices : context.Map(inside, indices, (condition, index) => condition.Select(index, index.Like(shape.Count(..^1))));
        return (indices, weights);
    }

    // The coordinate that is read instead of one beyond the image. Where zeros lie, it only has to stay small enough for an integer.
    private Term Settle(Term x, int extent)
    {
        x = Mode == Interpolation.Nearest ? x.Round() : x;
        return Beyond switch
        {
            Surroundings.Zeros => x.Clamp(-3, extent + 2.0),
            Surroundings.Border => IsBeyond(x, extent).Select(x.Clamp(0, extent - 1), x),
            _ => Reflect(x, extent),
        };
    }

    private Term Tap(Term x, int extent) => Beyond == Surroundings.Reflection ? Reflect(x, extent) : x;

    private Term Reflect(Term x, int extent)
    {
        double least = Least;
        double range = Greatest(extent) - least;
        if (range == 0)
        {
            return x * 0;
        }

        Term distance = (x - least).Abs();
        Term times = (distance / range).Floor();
        Term rest = distance - (times * range);
        Term isOdd = (times - ((times * 0.5).Floor() * 2)).EqualTo(1);
        return IsBeyond(x, extent).Select(isOdd.Select(range - rest, rest) + least, x);
    }

    private double Least => AlignsCorners ? 0 : -0.5;

    private double Greatest(int extent) => AlignsCorners ? extent - 1 : extent - 0.5;

    private Term IsBeyond(Term x, int extent) => (x < Least).Logical(ElementwiseFunction.Or, x > Greatest(extent));

    private Term Weight(Term distance) =>
        Mode == Interpolation.Linear
            ? 1 - distance
            : (distance <= 1).Select(
                (((distance * (Cubic + 2)) - (Cubic + 3)) * distance.Square()) + 1,
                ((((distance * Cubic) - (5 * Cubic)) * distance) + (8 * Cubic)) * distance - (4 * Cubic));
}
