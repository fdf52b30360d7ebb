using System;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What the sums of a layer multiply with its weights, place by place of its output.</summary>
internal sealed class LayerPatches
{
    private readonly Conv2D? convolution;
    private readonly Shape input;
    private readonly Shape output;

    /// <summary>Of a layer of a graph.</summary>
    public LayerPatches(Graph graph, Node layer)
    {
        convolution = layer.Op as Conv2D;
        input = graph.ShapeOf(layer.Inputs[0]);
        output = graph.ShapeOf(layer.Output);
        Terms = LayerConstants.Of(graph, layer)!.Each;
    }

    /// <summary>Groups of channels that have sums of their own.</summary>
    public int Groups => convolution?.Groups ?? 1;

    /// <summary>Numbers of a sum.</summary>
    public int Terms { get; }

    /// <summary>Places of the output: each has a sum for each of its channels.</summary>
    public int Places => (int)(output.ElementCount / output[^1]);

    /// <summary>Reads what a place sums.</summary>
    /// <param name="elements">The layer's input.</param>
    /// <param name="place">The place.</param>
    /// <param name="group">The group of channels.</param>
    /// <param name="patch">Receives the numbers in the order of the weights.</param>
    public void Read(ReadOnlySpan<float> elements, int place, int group, Span<double> patch)
    {
        if (convolution is null)
        {
            for (int term = 0; term < Terms; term++)
            {
                patch[term] = elements[(place * Terms) + term];
            }

            return;
        }

        Window window = convolution.Window;
        int channels = input[3] / Groups;
        (int column, int row, int batch) = (place % output[2], place / output[2] % output[1], place / output[2] / output[1]);
        for (int term = 0; term < Terms; term++)
        {
            int tap = term / channels;
            int y = (row * window.StrideHeight) + (tap / window.KernelWidth * window.DilationHeight) - window.PadTop;
            int x = (column * window.StrideWidth) + (tap % window.KernelWidth * window.DilationWidth) - window.PadLeft;
            bool isInside = y >= 0 && y < input[1] && x >= 0 && x < input[2];
            patch[term] = isInside ? elements[(((((batch * input[1]) + y) * input[2]) + x) * input[3]) + (group * channels) + (term % channels)] : 0;
        }
    }
}
