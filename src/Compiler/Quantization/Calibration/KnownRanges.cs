using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Ranges that are known without measuring, because whatever the model meets lies in them and uses all of them: pictures, softmax, sigmoid, hyperbolic tangent.
/// Clamps (ReLU6, Clip) are not among them: their bound says how far values could go, and holds by itself wherever the range ends. Measuring says how
/// far they do go; a range up to a bound that they stay away from would cost every one of them resolution.
/// </summary>
public static class KnownRanges
{
    // The grids of TFLite's int8 specification: 1 itself is the next lower level, for a scale that is a power of two.
    private static readonly QuantizationParameters ZeroToOne = new(1f / 256, 0);
    private static readonly QuantizationParameters MinusOneToOne = new(1f / 128, 128);

    /// <summary>The grid of what a node computes, or <see langword="null"/> when that is to be measured.</summary>
    public static QuantizationParameters? GridOf(Op? op) => op switch
    {
        Softmax => ZeroToOne,
        Elementwise { Expression: CallExpression { Function: ElementwiseFunction.Sigmoid } } => ZeroToOne,
        Elementwise { Expression: CallExpression { Function: ElementwiseFunction.Tanh } } => MinusOneToOne,
        _ => null,
    };

    /// <summary>The range of pixels after mean and scale; <see langword="null"/> when the input is no picture.</summary>
    public static ValueRange? OfPixels(Graph graph, string input, CompileOptions options)
    {
        if (ImageLayout.Of(graph, input) is not { Channels: var channels })
        {
            return null;
        }

        float[] means = Preprocessing.PerChannel(options.Mean, channels, 0);
        float[] scales = Preprocessing.PerChannel(options.Scale, channels, 1);
        IEnumerable<float> ends = means.Zip(scales).SelectMany(channel => new[] { 0, byte.MaxValue }.Select(pixel => Preprocessing.Apply(pixel, channel.First, channel.Second)));
        return new ValueRange(ends.Min(), ends.Max());
    }
}
