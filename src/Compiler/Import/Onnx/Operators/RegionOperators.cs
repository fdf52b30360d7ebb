using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// Regions of images, brought to one size. A mean of samples is two products of matrices: what each row, then each column, adds to each bin.
/// </summary>
internal static class RegionOperators
{
    private const int MostSamples = 64;

    // Samples of an adaptive region lie at least half an element apart, so that fewer than five come within one element of a row.
    private const int MostNearRow = 6;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries => [new("RoiAlign", 10, Align)];

    // One axis of the regions, each R×1…: where they start and how large a bin is, in elements of the image.
    private sealed record Bins(string Start, string Size, int Count, int Extent, int Samples);

    private static string Align(OnnxNode node, OnnxContext context)
    {
        context.RequireFloat32(node, 0);
        context.RequireFloat32(node, 1);
        Shape image = context.ShapeOf(node[0]);
        Shape regions = context.ShapeOf(node[1]);
        if (image.Rank != 4 || image.Contains(0) || regions.Rank != 2 || regions[1] != 4 || context.ShapeOf(node[2]) != [regions[0]])
        {
            throw new ShapeException($"regions of shape {regions} in images {context.ShapeOf(node[2])} of {image}");
        }

        string batches = IndexOperators.Indices(node, context, 2);
        bool isHalfPixel = IsHalfPixel(node);
        Bins rows = Read(node, context, "output_height", 1, image[2], isHalfPixel);
        Bins columns = Read(node, context, "output_width", 0, image[3], isHalfPixel);
        return node.Text("mode", "avg") switch
        {
            "avg" => Mean(node, context, batches, rows, columns),
            "max" when rows.Samples > 0 => Greatest(node, context, batches, rows, columns),
            "max" => throw ImportException.Attribute(node.Operator, "mode 'max' with as many samples as a region is large", "set sampling_ratio"),
            var mode => throw ImportException.Invalid($"attribute 'mode' of {node.Operator} is '{mode}'"),
        };
    }

    // Before version 16, coordinates were not moved to the centres of elements.
    private static bool IsHalfPixel(OnnxNode node) =>
        node.Opset >= 16 && node.Text("coordinate_transformation_mode", "half_pixel") switch
        {
            "half_pixel" => true,
            "output_half_pixel" => false,
            var mode => throw ImportException.Invalid($"attribute 'coordinate_transformation_mode' of {node.Operator} is '{mode}'"),
        };

    private static Bins Read(OnnxNode node, OnnxContext context, string size, int column, int extent, bool isHalfPixel)
    {
        long count = node.Integer(size, 1), samples = node.Integer("sampling_ratio", 0);
        float scale = node.Number("spatial_scale", 1);
        if (count is < 1 or > 1 << 15 || samples is < 0 or > MostSamples || !float.IsFinite(scale))
        {
            throw ImportException.Invalid($"attributes of {node.Operator}: {size} is {count}, sampling_ratio {samples}, spatial_scale {scale}");
        }

        double offset = isHalfPixel ? 0.5 : 0;
        string start = context.Map(context.Slice(node[1], 1, column, 1), x => (x * scale) - offset);
        string end = context.Map(context.Slice(node[1], 1, column + 2, 1), x => (x * scale) - offset);
        string bin = context.Map(start, end, (from, to) => (isHalfPixel ? to - from : (to - from).Maximum(1)) / count);
        return new Bins(start, bin, (int)count, extent, (int)samples);
    }

    // Regions × rows × columns of bins × channels, then channels first.
    private static string Mean(OnnxNode node, OnnxContext context, string batches, Bins rows, Bins columns)
    {
        Shape image = context.ShapeOf(node[0]);
        int regions = context.ShapeOf(node[1])[0];
        string images = context.Reshape(context.ToImage(node[0]), [image[0], image[2], image[3] * image[1]]);
        string weights = Weights(context, rows);
        string ofRows = image[0] == 1
            ? context.Emit(new MatMul(), context.Reshape(weights, [regions * rows.Count, image[2]]), context.Reshape(images, [image[2], image[3] * image[1]]))
            : context.Emit(new MatMul(), weights, context.Emit(new Gather(0), images, batches));
        string ofColumns = context.Reshape(Weights(context, columns), [regions, 1, columns.Count, columns.Extent]);
        string bins = context.Emit(new MatMul(), ofColumns, context.Reshape(ofRows, [regions, rows.Count, image[3], image[1]]));
        return context.FromImage(bins, isSignal: false);
    }

    // What each element of the axis adds to the mean of each bin's samples: regions × bins × extent.
    private static string Weights(OnnxContext context, Bins bins)
    {
        int regions = context.ShapeOf(bins.Start)[0];
        string start = context.Reshape(bins.Start, [regions, 1, 1, 1]);
        string size = context.Reshape(bins.Size, [regions, 1, 1, 1]);
        string samples = context.Map(size, x => bins.Samples > 0 ? x.Like(bins.Samples) : x.Real(ElementwiseFunction.Ceiling));
        string distance = context.Map(size, samples, (x, count) => x / count);
        string first = context.Map(start, size, Along(context, bins.Count, 1), (from, bin, index) => from + (bin * index));
        string element = Along(context, bins.Extent, 2);
        string sample = bins.Samples > 0
            ? Along(context, bins.Samples, 3)
            : context.Map(FirstNear(context, first, distance, samples, element), Along(context, MostNearRow, 3), (x, next) => x + next);
        string place = context.Map(sample, distance, first, (index, step, from) => from + ((index + 0.5) * step));
        string counts = context.Map(sample, samples, (index, count) => (index >= 0).And(index < count));
        string weight = context.Map(place, element, (x, at) =>
            (x >= -1).And(x <= bins.Extent).Select((1 - (x.Clamp(0, bins.Extent - 1) - at).Abs()).Maximum(0), x.Like(0)));
        string used = context.Map(counts, weight, (condition, x) => condition.Select(x, x.Like(0)));
        string sums = context.Reduce(ReduceKind.Sum, used, [3], keep: false);
        return context.Map(sums, context.Reshape(samples, [regions, 1, 1]), (x, count) => x / count.Maximum(1));
    }

    // The first sample that may be within one element of an element.
    private static string FirstNear(OnnxContext context, string first, string distance, string samples, string element)
    {
        string near = context.Map(element, first, distance, (at, from, step) => ((at - 1 - from) / step - 0.5).Floor());
        return context.Map(near, samples, (index, count) => index.Minimum(count - 1).Maximum(0));
    }

    // The greatest of the samples' weighted elements: as the standard has it, they are not added up before.
    private static string Greatest(OnnxNode node, OnnxContext context, string batches, Bins rows, Bins columns)
    {
        Shape image = context.ShapeOf(node[0]);
        int regions = context.ShapeOf(node[1])[0];
        (string rowIndices, string rowWeights) = Taps(context, rows, [regions, rows.Count, 1, rows.Samples, 1, 2, 1]);
        (string columnIndices, string columnWeights) = Taps(context, columns, [regions, 1, columns.Count, 1, columns.Samples, 1, 2]);
        string first = context.Map(context.Reshape(batches, [regions, 1, 1, 1, 1, 1, 1]), x => x * (image[2] * image[3]));
        string index = context.Map(first, rowIndices, columnIndices, (batch, row, column) => batch + (row * image[3]) + column);
        int samples = rows.Samples * columns.Samples * 4;
        string elements = context.Reshape(context.ToImage(node[0]), [image[0] * image[2] * image[3], image[1]]);
        string picked = context.Emit(new Gather(0), elements, context.Reshape(index, [regions, rows.Count, columns.Count, samples]));
        string weights = context.Reshape(context.Map(rowWeights, columnWeights, (x, y) => x * y), [regions, rows.Count, columns.Count, samples, 1]);
        string weighted = context.Map(picked, weights, (x, weight) => x * weight);
        return context.FromImage(context.Reduce(ReduceKind.Maximum, weighted, [3], keep: false), isSignal: false);
    }

    // The two elements around each sample, and their weights.
    private static (string Indices, string Weights) Taps(OnnxContext context, Bins bins, Shape shape)
    {
        int regions = context.ShapeOf(bins.Start)[0];
        double[] steps = [.. Enumerable.Range(0, bins.Count * bins.Samples).Select(index => (index / bins.Samples) + (((index % bins.Samples) + 0.5) / bins.Samples))];
        string along = context.Convert(context.Constant(Tensor.Of([1, steps.Length, 1], steps)), ElementType.Float32);
        string place = context.Map(
            context.Reshape(bins.Start, [regions, 1, 1]), context.Reshape(bins.Size, [regions, 1, 1]), along, (start, size, step) => start + (size * step));
        string tap = context.Convert(context.Count(2, 3, 2), ElementType.Float32);
        string indices = context.Map(place, tap, (x, next) => (x.Clamp(0, bins.Extent - 1).Floor() + next).Minimum(bins.Extent - 1).To(ElementType.Int64));
        string weights = context.Map(place, tap, (x, next) =>
        {
            Term inside = x.Clamp(0, bins.Extent - 1);
            return (x >= -1).And(x <= bins.Extent).Select(1 - (inside - inside.Floor() - next).Abs(), x.Like(0));
        });
        return (context.Reshape(indices, shape), context.Reshape(weights, shape));
    }

    private static string Along(OnnxContext context, int count, int axis) => context.Convert(context.Count(count, 4, axis), ElementType.Float32);
}
