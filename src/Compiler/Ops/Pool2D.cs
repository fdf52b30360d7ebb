using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>What a pooling takes of its window.</summary>
public enum PoolKind
{
    /// <summary>The greatest element.</summary>
    Maximum,

    /// <summary>The mean.</summary>
    Average,
}

/// <summary>Pooling of an image [N, H, W, C]; taps outside the image do not take part.</summary>
/// <param name="Kind">What it takes.</param>
/// <param name="Window">The window.</param>
/// <param name="CountsPadding">Whether an average divides by taps in the padding too.</param>
/// <param name="Ceiling">Whether a last window that reaches beyond the padding counts.</param>
public sealed record Pool2D(PoolKind Kind, Window Window, bool CountsPadding = false, bool Ceiling = false) : Op
{
    /// <summary>
    /// In integers: the stored value from which an average's halves are rounded away, which also stands for itself in the output; else it is zero's.
    /// </summary>
    public int? Origin { get; init; }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Shape image = inputs[0].Shape;
        Require(inputs[0].Type == ElementType.Float32, $"pooling of {inputs[0].Type}");
        Require(image.Rank == 4, $"pooling of the shape {image}");
        Require(Window.PadTop < Window.ExtentHeight && Window.PadLeft < Window.ExtentWidth, "padding as large as the window");
        int height = Window.OutputHeight(image[1], Ceiling);
        int width = Window.OutputWidth(image[2], Ceiling);
        Require(height > 0 && width > 0, $"a window of {Window.ExtentHeight}×{Window.ExtentWidth} is larger than the image {image[1]}×{image[2]}");
        return [new TensorType(ElementType.Float32, [image[0], height, width, image[3]])];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Shape image = inputs[0].Shape;
        Shape shape = Infer([inputs[0].TensorType])[0].Shape;
        float[] source = inputs[0].Values<float>();
        var output = new float[shape.ElementCount];
        int position = 0;
        foreach (int batch in Enumerable.Range(0, shape[0]))
        {
            foreach (int row in Enumerable.Range(0, shape[1]))
            {
                foreach (int column in Enumerable.Range(0, shape[2]))
                {
                    foreach (int channel in Enumerable.Range(0, shape[3]))
                    {
                        output[position++] = Pool(source, image, batch, row, column, channel);
                    }
                }
            }
        }

        return [Tensor.Of(shape, output)];
    }

    private float Pool(float[] source, Shape image, int batch, int row, int column, int channel)
    {
        float maximum = float.NegativeInfinity;
        float sum = 0;
        int counted = 0;
        for (int y = 0; y < Window.KernelHeight; y++)
        {
            int imageRow = (row * Window.StrideHeight) + (y * Window.DilationHeight) - Window.PadTop;
            for (int x = 0; x < Window.KernelWidth; x++)
            {
                int imageColumn = (column * Window.StrideWidth) + (x * Window.DilationWidth) - Window.PadLeft;
                if (imageRow >= 0 && imageRow < image[1] && imageColumn >= 0 && imageColumn < image[2])
                {
                    float element = source[(((((batch * image[1]) + imageRow) * image[2]) + imageColumn) * image[3]) + channel];
                    maximum = Math.Max(maximum, element);
                    sum += element;
                    counted++;
                }
                else if (CountsPadding && imageRow < image[1] + Window.PadBottom && imageColumn < image[2] + Window.PadRight)
                {
                    counted++;
                }
            }
        }

        return Kind == PoolKind.Maximum ? maximum : sum / counted;
    }
}
