using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Spectra of signals. A complex number is two real ones, the last axis.</summary>
internal static class SpectrumOperators
{
    private const int MostMelBins = 1 << 14;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("DFT", 17, Transform),
        new("STFT", 17, ShortTimeTransform),
        new("MelWeightMatrix", 17, MelWeights),
    ];

    private static string Transform(OnnxNode node, OnnxContext context)
    {
        Shape shape = Signal(node, context);
        int axis = Axis(node, context, shape);
        bool inverse = node.Flag("inverse"), onesided = node.Flag("onesided");
        bool makesReal = inverse && onesided;
        long length = node.Optional(1) is null ? (makesReal ? 2L * (shape[axis] - 1) : shape[axis]) : Scalar(context, 1);
        FourierTransform.CheckLength(node.Operator, length);
        if (onesided && !inverse)
        {
            RequireReal(node, shape);
        }

        string moved = context.MoveAxis(node[0], axis, shape.Rank - 2);
        Shape others = Shape.From(context.ShapeOf(moved).SkipLast(2));
        string signals = context.Reshape(moved, [others.Count(..), shape[axis], shape[^1]]);
        string spectra = makesReal
            ? RealSignals(context, signals, (int)length)
            : Spectra(context, signals, (int)length, onesided ? ((int)length / 2) + 1 : (int)length, inverse);
        Shape result = context.ShapeOf(spectra);
        return context.MoveAxis(context.Reshape(spectra, Shape.From([.. others, result[1], result[2]])), shape.Rank - 2, axis);
    }

    // The axis was an attribute first, with another default.
    private static int Axis(OnnxNode node, OnnxContext context, Shape shape)
    {
        int axis = shape.Axis(node.Opset < 20 ? node.Integer("axis", 1) : node.Optional(2) is null ? -2 : Scalar(context, 2));
        return axis < shape.Rank - 1 ? axis : throw new ShapeException($"a transform along the last axis of {shape}, which holds the parts of complex numbers");
    }

    private static string Spectra(OnnxContext context, string signals, int length, int bins, bool inverse)
    {
        string cut = context.Slice(signals, 1, 0, int.Min(length, context.ShapeOf(signals)[1]));
        string spectra = new FourierTransform(context, inverse).Run(cut, length, bins);
        return inverse ? context.Map(spectra, x => x / length) : spectra;
    }

    // The spectrum of a real signal repeats itself, mirrored and conjugated; its two ends are real.
    private static string RealSignals(OnnxContext context, string halves, int length)
    {
        Shape shape = context.ShapeOf(halves);
        int bins = (length / 2) + 1;
        string cut = context.Slice(halves, 1, 0, int.Min(bins, shape[1]));
        string full = context.Pad(cut, [0, 0, 0], [0, bins - context.ShapeOf(cut)[1], 2 - shape[2]]);
        string mirrored = context.Gather(full, 1, [.. Enumerable.Range(0, length).Select(bin => (long)int.Min(bin, length - bin))]);
        double[] signs = [.. Enumerable.Range(0, length).SelectMany(bin => new[] { 1.0, Math.Sign(length - (2 * bin)) * (bin == 0 ? 0 : 1) })];
        string factors = context.Convert(context.Constant(Tensor.Of([1, length, 2], signs)), context.ElementTypeOf(halves));
        string conjugated = context.Map(mirrored, factors, (x, sign) => x * sign);
        return context.Slice(Spectra(context, conjugated, length, length, inverse: true), 2, 0, 1);
    }

    private static string ShortTimeTransform(OnnxNode node, OnnxContext context)
    {
        Shape shape = Signal(node, context);
        long step = Scalar(context, 1);
        Shape window = node.Optional(2) is { } given ? context.ShapeOf(given) : default;
        long length = node.Optional(3) is not null ? Scalar(context, 3) : window.Rank == 1 ? window[0] : throw ImportException.Invalid("STFT has neither a window nor a frame_length");
        if (shape.Rank != 3 || step is < 1 or > int.MaxValue || length < 1 || length > shape[1] || (node.Optional(2) is not null && window != [(int)length]))
        {
            throw new ShapeException($"frames of {length} elements every {step} of a signal of {shape}, with {(node.Optional(2) is null ? "no window" : $"a window of {window}")}");
        }

        FourierTransform.CheckLength(node.Operator, length);
        bool onesided = node.Flag("onesided", true);
        if (onesided)
        {
            RequireReal(node, shape);
        }

        int frames = (int)(1 + ((shape[1] - length) / step));
        long[] places = [.. Enumerable.Range(0, frames).SelectMany(frame => Enumerable.Range(0, (int)length).Select(index => (frame * step) + index))];
        string signals = context.Reshape(context.Gather(node[0], 1, places), [shape[0] * frames, (int)length, shape[2]]);
        if (node.Optional(2) is { } weights)
        {
            string factors = context.Reshape(context.Convert(weights, context.ElementTypeOf(node[0])), [1, (int)length, 1]);
            signals = context.Map(signals, factors, (x, factor) => x * factor);
        }

        int bins = onesided ? ((int)length / 2) + 1 : (int)length;
        return context.Reshape(new FourierTransform(context, inverse: false).Run(signals, (int)length, bins), [shape[0], frames, bins, 2]);
    }

    // Triangles that overlap, evenly spaced in mel: each rises from the centre of the one before and falls to that of the one behind.
    private static string MelWeights(OnnxNode node, OnnxContext context)
    {
        long bins = Scalar(context, 0), length = Scalar(context, 1), rate = Scalar(context, 2);
        double[] edges = [.. Enumerable.Range(3, 2).Select(input => Number(context, input))];
        if (bins is < 1 or > MostMelBins || length is < 1 or > FourierTransform.MaximumLength || rate < 1 || !(edges[0] >= 0 && edges[1] >= edges[0]))
        {
            throw new ShapeException($"{bins} mel bins of {length} samples at {rate} Hz from {edges[0]} to {edges[1]} Hz");
        }

        int rows = (int)(length / 2) + 1;
        double[] mels = [.. edges.Select(edge => 2595 * Math.Log10(1 + (edge / 700)))];
        double[] places = [.. Enumerable.Range(0, (int)bins + 2).Select(index =>
            Math.Floor((length + 1) * 700 * (Math.Pow(10, ((index * (mels[1] - mels[0]) / (bins + 2)) + mels[0]) / 2595) - 1) / rate))];
        if (places[^2] >= rows || places[^1] > rows || rows * bins > GraphBuilder.MaximumTensorBytes / sizeof(double))
        {
            throw new ShapeException($"{bins} mel bins up to {edges[1]} Hz of {rows} frequencies up to {rate / 2} Hz");
        }

        var weights = new double[rows * bins];
        for (int bin = 0; bin < bins; bin++)
        {
            (double low, double centre, double high) = (places[bin], places[bin + 1], places[bin + 2]);
            for (int row = (int)low; row < int.Min(rows, (int)high + 1); row++)
            {
                double rising = low == centre ? (row == centre ? 1 : 0) : (row - low) / (centre - low);
                double falling = high == centre ? 0 : (high - row) / (high - centre);
                weights[(row * bins) + bin] = row < centre || high == centre && row == centre ? rising : Math.Max(0, falling);
            }
        }

        return context.Convert(
            context.Constant(Tensor.Of([rows, (int)bins], weights)), OnnxTypes.Get(node.Integer("output_datatype", OnnxTypes.Float), node.OutputName));
    }

    private static Shape Signal(OnnxNode node, OnnxContext context)
    {
        TensorType type = context.TypeOf(node[0]);
        if (!type.Type.IsFloat())
        {
            throw ImportException.ElementType(node.InputName(0), type.Type.ToString());
        }

        return type.Shape.Rank >= 2 && type.Shape[^1] is 1 or 2
            ? type.Shape
            : throw new ShapeException($"a signal of shape {type.Shape}, whose last axis has to be 1 for real numbers or 2 for complex ones");
    }

    private static void RequireReal(OnnxNode node, Shape shape)
    {
        if (shape[^1] != 1)
        {
            throw ImportException.Attribute(node.Operator, "a one-sided spectrum of complex numbers", "set onesided to 0");
        }
    }

    private static long Scalar(OnnxContext context, int input) =>
        context.IntegerInput(input) is [var number] ? number : throw new ShapeException($"input {input} is not one number");

    private static double Number(OnnxContext context, int input) =>
        context.ConstantInput(input).ToFloat64() is [var number] ? number : throw new ShapeException($"input {input} is not one number");
}
