using System;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// Convolution of an image [N, H, W, C] with weights [O, kernel height, kernel width, C / groups] and, optionally, a bias [O] and an image that is added;
/// then a clamp to [<paramref name="Minimum"/>, <paramref name="Maximum"/>], the fused activation.
/// </summary>
/// <param name="Window">The window.</param>
/// <param name="Groups">Input and output channels are split into so many independent groups.</param>
/// <param name="Minimum">Least output, −∞ for none.</param>
/// <param name="Maximum">Greatest output, +∞ for none.</param>
public sealed record Conv2D(Window Window, int Groups, float Minimum = float.NegativeInfinity, float Maximum = float.PositiveInfinity) : Op
{
    /// <summary>Whether each channel is convolved by itself.</summary>
    public bool IsDepthwise(Shape weights) => Groups > 1 && Groups == weights[0] && weights[3] == 1;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Shape image = inputs[0].Shape;
        Shape weights = inputs[1].Shape;
        Require(SameType(inputs) == ElementType.Float32, $"convolution of {inputs[0].Type}");
        Require(image.Rank == 4 && weights.Rank == 4, $"an image of shape {image} and weights of shape {weights}");
        Require(Groups > 0 && weights[0] % Groups == 0, $"{weights[0]} output channels in {Groups} groups");
        Require(image[3] == weights[3] * Groups, $"{image[3]} input channels, but weights for {weights[3]} × {Groups} groups");
        Require(weights[1] == Window.KernelHeight && weights[2] == Window.KernelWidth, $"weights of {weights[1]}×{weights[2]} for a window of {Window.KernelHeight}×{Window.KernelWidth}");
        Require(inputs.Length < 3 || inputs[2].Shape == [weights[0]], $"a bias of shape {(inputs.Length < 3 ? default : inputs[2].Shape)} for {weights[0]} channels");
        int height = Window.OutputHeight(image[1]);
        int width = Window.OutputWidth(image[2]);
        Require(height > 0 && width > 0, $"a window of {Window.ExtentHeight}×{Window.ExtentWidth} is larger than the image {image[1]}×{image[2]}");
        Shape output = [image[0], height, width, weights[0]];
        Require(inputs.Length < 4 || inputs[3].Shape == output, $"an image of shape {(inputs.Length < 4 ? default : inputs[3].Shape)} is added to one of {output}");
        return [new TensorType(ElementType.Float32, output)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Shape image = inputs[0].Shape;
        Shape weights = inputs[1].Shape;
        Shape shape = Infer([.. System.Linq.Enumerable.Select(inputs, input => input.TensorType)])[0].Shape;
        float[] bias = inputs.Length > 2 ? inputs[2].Values<float>() : new float[weights[0]];
        float[]? addend = inputs.Length > 3 ? inputs[3].Values<float>() : null;
        var output = new float[shape.ElementCount];
        int position = 0;
        int channelsPerGroup = weights[0] / Groups;
        for (int batch = 0; batch < shape[0]; batch++)
        {
            for (int row = 0; row < shape[1]; row++)
            {
                for (int column = 0; column < shape[2]; column++)
                {
                    for (int channel = 0; channel < shape[3]; channel++)
                    {
                        float sum = bias[channel] + Sum(
                            inputs[0].Values<float>(), image, batch, row, column, inputs[1].Values<float>(), weights, channel, channel / channelsPerGroup * weights[3]);
                        sum += addend is null ? 0 : addend[position];
                        output[position++] = Math.Min(Math.Max(sum, Minimum), Maximum);
                    }
                }
            }
        }

        return [Tensor.Of(shape, output)];
    }

    /// <inheritdoc/>
    public override long MultiplyAccumulates(ImmutableArray<TensorType> inputs, ImmutableArray<TensorType> outputs) =>
        outputs[0].Shape.ElementCount * inputs[1].Shape.ElementCount / Math.Max(1, inputs[1].Shape[0]);

    private float Sum(
        float[] image, Shape imageShape, int batch, int row, int column, float[] weights, Shape weightShape, int channel, int firstInput)
    {
        double sum = 0;
        for (int y = 0; y < Window.KernelHeight; y++)
        {
            int imageRow = (row * Window.StrideHeight) + (y * Window.DilationHeight) - Window.PadTop;
            for (int x = 0; x < Window.KernelWidth; x++)
            {
                int imageColumn = (column * Window.StrideWidth) + (x * Window.DilationWidth) - Window.PadLeft;
                if (imageRow < 0 || imageRow >= imageShape[1] || imageColumn < 0 || imageColumn >= imageShape[2])
                {
                    continue;
                }

                int at = (((((batch * imageShape[1]) + imageRow) * imageShape[2]) + imageColumn) * imageShape[3]) + firstInput;
                int weight = ((((channel * weightShape[1]) + y) * weightShape[2]) + x) * weightShape[3];
                for (int input = 0; input < weightShape[3]; input++)
                {
                    sum += (double)image[at + input] * weights[weight + input];
                }
            }
        }

        return (float)sum;
    }
}
