using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>The way back from windows to images: where a pooling found its elements, and sums of overlapping blocks.</summary>
internal static class UnpoolingOperators
{
    // Taps of all windows together, which become constants.
    private const int MostTaps = 1 << 24;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Col2Im", 18, ColumnsToImage),
        new("MaxUnpool", 9, Unpool),
    ];

    /// <summary>Where in the whole tensor each window's greatest element is: the second output of MaxPool.</summary>
    /// <param name="node">The pooling.</param>
    /// <param name="context">Where the ops are added.</param>
    /// <param name="window">Its window.</param>
    /// <param name="pooled">The shape of its result.</param>
    public static string GreatestPlaces(OnnxNode node, OnnxContext context, SpatialWindow window, Shape pooled)
    {
        Shape shape = context.ShapeOf(node[0]);
        Shape spatial = Shape.From(shape.Skip(2));
        int images = shape[0] * shape[1], elements = spatial.Count(..), windows = pooled.Count(2..), taps = window.Area;
        CheckTable((long)windows * taps);
        int[] table = WindowTable(window, spatial, Shape.From(pooled.Skip(2)));
        string gathered = context.Gather(context.Reshape(node[0], [images, elements]), 1, [.. table.Select(place => (long)place)]);
        string rows = context.Reshape(gathered, [images, windows, taps]);
        string tap = Distributions.ArgReduce(context, rows, axis: 2, maximum: true, last: false);
        bool isColumnMajor = node.Flag("storage_order");
        long[] places = [.. table.Select(place => isColumnMajor ? ColumnMajor(place, spatial) : place)];
        string position = context.Map(tap, context.Constant(Tensor.Of([1, windows], Multiples(windows, taps))), (x, first) => x + first);
        string place = context.Emit(new Gather(0), context.Constant(Tensor.Of([places.Length], places)), position);
        string result = context.Map(place, context.Constant(Tensor.Of([images, 1], Multiples(images, elements))), (x, first) => x + first);
        return context.Reshape(result, pooled);
    }

    private static long[] Multiples(int count, int step) => [.. Enumerable.Range(0, count).Select(index => (long)index * step)];

    // For each window and tap an element of the image. Taps beyond the image read the window's first element instead, which is not greater than itself.
    private static int[] WindowTable(SpatialWindow window, Shape spatial, Shape pooled)
    {
        int[] strides = spatial.Strides();
        Shape kernel = Shape.From(window.Kernel);
        int taps = kernel.Count(..);
        var table = new int[pooled.Count(..) * taps];
        for (int index = 0; index < table.Length; index += taps)
        {
            int?[] places = [.. Enumerable.Range(0, taps).Select(tap => Place(window, spatial, strides, Coordinates(pooled, index / taps), Coordinates(kernel, tap)))];
            int first = places.FirstOrDefault(place => place is not null) ?? throw new ShapeException($"a window over {spatial} lies in the padding");
            for (int tap = 0; tap < taps; tap++)
            {
                table[index + tap] = places[tap] ?? first;
            }
        }

        return table;
    }

    private static int? Place(SpatialWindow window, Shape spatial, int[] strides, int[] start, int[] tap)
    {
        int place = 0;
        for (int axis = 0; axis < spatial.Rank; axis++)
        {
            int coordinate = (start[axis] * window.Strides[axis]) + (tap[axis] * window.Dilations[axis]) - window.Before[axis];
            if (coordinate < 0 || coordinate >= spatial[axis])
            {
                return null;
            }

            place += coordinate * strides[axis];
        }

        return place;
    }

    private static int[] Coordinates(Shape shape, int place) => [.. shape.Strides().Select((stride, axis) => place / stride % shape[axis])];

    private static long ColumnMajor(int place, Shape spatial)
    {
        int[] coordinates = Coordinates(spatial, place);
        long result = 0;
        for (int axis = spatial.Rank - 1; axis >= 0; axis--)
        {
            result = (result * spatial[axis]) + coordinates[axis];
        }

        return result;
    }

    // Each element of the image is the sum of those of the blocks that lie on it: a gather of as many as overlap, zeros where there are fewer.
    private static string ColumnsToImage(OnnxNode node, OnnxContext context)
    {
        Shape columns = context.ShapeOf(node[0]);
        Shape image = ShapeOperators.ShapeOf(context.IntegerInput(1));
        Shape block = ShapeOperators.ShapeOf(context.IntegerInput(2));
        if (columns.Rank != 3 || image.Rank != block.Rank || image.Rank == 0 || block.Contains(0) || columns[1] % block.Count(..) != 0)
        {
            throw new ShapeException($"columns of shape {columns} of blocks of {block} for an image of {image}");
        }

        int channels = columns[1] / block.Count(..), taps = block.Count(..);
        SpatialWindow window = SpatialWindow.Read(node, [columns[0], channels, .. image], [.. block], autoPads: false);
        Shape blocks = Shape.From(image.Select((extent, axis) => window.Over(null, axis).OutputWidth(extent)));
        if (blocks.Count(..) != columns[2] || columns[2] == 0)
        {
            throw new ShapeException($"{columns[2]} blocks of {block} for an image of {image}, which {blocks} cover");
        }

        CheckTable((long)taps * columns[2]);
        List<long>[] sources = Sources(window, image, block, blocks);
        int most = sources.Max(list => list.Count);
        CheckTable((long)sources.Length * most);
        int zero = taps * columns[2];
        string rows = context.Pad(context.Reshape(node[0], [columns[0], channels, zero]), [0, 0, 0], [0, 0, 1]);
        long[] indices = [.. sources.SelectMany(list => list.Concat(Enumerable.Repeat((long)zero, most - list.Count)))];
        string parts = context.Reshape(context.Gather(rows, 2, indices), [columns[0], channels, sources.Length, most]);
        return context.Reshape(context.Reduce(ReduceKind.Sum, parts, [3], keep: false), Shape.From([columns[0], channels, .. image]));
    }

    private static List<long>[] Sources(SpatialWindow window, Shape image, Shape block, Shape blocks)
    {
        int[] strides = image.Strides();
        List<long>[] sources = [.. Enumerable.Range(0, image.Count(..)).Select(_ => new List<long>())];
        int count = blocks.Count(..);
        int[][] starts = [.. Enumerable.Range(0, count).Select(index => Coordinates(blocks, index))];
        for (int tap = 0; tap < block.Count(..); tap++)
        {
            int[] coordinates = Coordinates(block, tap);
            for (int index = 0; index < count; index++)
            {
                if (Place(window, image, strides, starts[index], coordinates) is { } place)
                {
                    sources[place].Add(((long)tap * count) + index);
                }
            }
        }

        return sources;
    }

    // The indices count in the tensor that a pooling with these windows has; a larger output has it at its beginning.
    private static string Unpool(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        SpatialWindow window = SpatialWindow.Read(node, shape, autoPads: false);
        long[] natural = [shape[0], shape[1], .. window.Kernel.Select((extent, axis) =>
            ((shape[axis + 2] - 1L) * window.Strides[axis]) - window.Before[axis] - window.After[axis] + extent)];
        Shape image = ShapeOperators.ShapeOf(natural);
        string places = IndexOperators.Indices(node, context, 1);
        if (context.ShapeOf(places) != shape)
        {
            throw new ShapeException($"indices of shape {context.ShapeOf(places)} of elements of {shape}");
        }

        string zeros = context.Expand(context.Convert(context.Constant(Tensor.Scalar(0f)), context.ElementTypeOf(node[0])), image);
        string spread = ScatterOperators.Scatter(context, ScatterKind.Replace, zeros, image.Count(..), places, node[0]);
        if (node.Optional(2) is null)
        {
            return spread;
        }

        Shape wanted = ShapeOperators.ShapeOf(context.IntegerInput(2));
        return wanted.Rank == image.Rank && !wanted.Where((extent, axis) => extent < image[axis]).Any()
            ? context.Pad(spread, new int[image.Rank], [.. wanted.Select((extent, axis) => extent - image[axis])])
            : throw new ShapeException($"an output of {wanted} for an image of {image}");
    }

    private static void CheckTable(long taps)
    {
        if (taps > MostTaps)
        {
            throw new ImportException(DiagnosticKinds.TooLarge, $"windows of {taps} elements together", $"{MostTaps} of them");
        }
    }
}
