using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>The custom operator behind object detectors: boxes relative to anchors become corners, and the best that overlap little are kept.</summary>
internal static class DetectionOperators
{
    private const string Name = "TFLite_Detection_PostProcess";

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries => [new(Name, PostProcess)];

    private static ImmutableArray<string> PostProcess(LiteOperator node, LiteContext context)
    {
        Dictionary<string, double> options = FlexMap.Read(node.Node.CustomOptions);
        if (options.GetValueOrDefault("use_regular_nms") != 0 || Option(options, "max_classes_per_detection") != 1)
        {
            throw ImportException.Attribute(Name, "a suppression of each class by itself, or several classes for a box", "export with use_regular_nms false and max_classes_per_detection 1");
        }

        Shape boxes = context.ShapeOf(node[0]), scores = context.ShapeOf(node[1]);
        int classes = (int)Math.Clamp(Option(options, "num_classes"), 0, 1 << 20);
        int wanted = (int)Math.Clamp(Option(options, "max_detections"), 0, 1 << 20);
        int count = boxes.Rank == 3 ? boxes[1] : 0;
        if (boxes.Rank != 3 || boxes[0] != 1 || boxes[2] < 4 || scores.Rank != 3 || scores[0] != 1 || scores[1] != count || classes < 1 || scores[2] < classes || scores[2] - classes > 1)
        {
            throw new ShapeException($"{Name} of boxes {boxes} and scores {scores} of {classes} classes");
        }

        // A class in front of the others means that there is nothing.
        string ofClasses = context.Slice(node[1], 2, scores[2] - classes, classes);
        string best = context.Reduce(ReduceKind.Maximum, ofClasses, [2], keep: false);
        string which = context.Convert(context.Emit(new ArgReduce(2, Maximum: true, LastIndex: false), ofClasses), ElementType.Float32);
        string corners = Corners(node, context, options);
        int kept = Math.Min(wanted, count);
        ImmutableArray<string> picked = context.EmitAll(
            new NonMaxSuppression(kept, IsCentered: false),
            ["count"],
            corners,
            context.Reshape(best, [1, 1, count]),
            context.Constant(kept),
            context.Constant(Tensor.Of([1], (float)Option(options, "nms_iou_threshold"))),
            context.Constant(Tensor.Of([1], MathF.BitDecrement((float)Option(options, "nms_score_threshold")))));
        string places = context.Reshape(context.Slice(picked[0], 1, 2, 1), [kept]);
        string isValid = context.Map(context.Count(kept, 1, 0), picked[1], (place, found) => place < found);
        return
        [
            Filled(context, corners, places, context.Reshape(isValid, [1, kept, 1]), wanted),
            Filled(context, which, places, context.Reshape(isValid, [1, kept]), wanted),
            Filled(context, best, places, context.Reshape(isValid, [1, kept]), wanted),
            context.Reshape(context.Convert(picked[1], ElementType.Float32), [1]),
        ];
    }

    private static double Option(Dictionary<string, double> options, string name) =>
        options.TryGetValue(name, out double value) ? value : throw ImportException.Invalid($"the option '{name}' of {Name} is missing");

    // Centres and sizes relative to anchors, which are centres and sizes too.
    private static string Corners(LiteOperator node, LiteContext context, Dictionary<string, double> options)
    {
        int count = context.ShapeOf(node[0])[1];
        string[] code = [.. Enumerable.Range(0, 4).Select(column => context.Slice(node[0], 2, column, 1))];
        string anchors = context.Reshape(node[2], [1, count, 4]);
        string[] anchor = [.. Enumerable.Range(0, 4).Select(column => context.Slice(anchors, 2, column, 1))];
        (string Low, string High) Edges(int axis, string scale, string sizeScale)
        {
            (float centreScale, float extentScale) = ((float)Option(options, scale), (float)Option(options, sizeScale));
            string centre = context.Map(code[axis], anchor[axis + 2], anchor[axis], (x, size, middle) => (x / centreScale * size) + middle);
            string half = context.Map(code[axis + 2], anchor[axis + 2], (x, size) => (x / extentScale).Exp() * size * 0.5);
            return (context.Map(centre, half, (x, y) => x - y), context.Map(centre, half, (x, y) => x + y));
        }

        (string top, string bottom) = Edges(0, "y_scale", "h_scale");
        (string left, string right) = Edges(1, "x_scale", "w_scale");
        return context.Concat(2, top, left, bottom, right);
    }

    private static string Filled(LiteContext context, string all, string places, string isValid, int wanted)
    {
        string valid = context.Map(isValid, context.Emit(new Gather(1), all, places), (choice, x) => choice.Select(x, x.Like(0)));
        Shape shape = context.ShapeOf(valid);
        return context.Pad(valid, new int[shape.Rank], [.. shape.Select((_, axis) => axis == 1 ? wanted - shape[1] : 0)]);
    }
}
