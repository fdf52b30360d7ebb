using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>An input that is one picture.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">1, 3 or 4.</param>
/// <param name="RowAxis">Axis of the rows; the columns are the next.</param>
/// <param name="ChannelAxis">Axis of the channels.</param>
public sealed record ImageLayout(int Height, int Width, int Channels, int RowAxis, int ChannelAxis)
{
    /// <summary>
    /// Reads the declared shape of an input: one image [1, C, H, W] or [1, H, W, C] with 1, 3 or 4 channels. Where both fit, channels first
    /// if the model transposes its input to channels-last.
    /// </summary>
    public static ImageLayout? Of(Graph graph, string input)
    {
        Shape shape = graph.ShapeOf(input);
        if (shape.Rank != 4 || shape[0] != 1 || shape.ElementCount == 0)
        {
            return null;
        }

        bool first = shape[1] is 1 or 3 or 4;
        bool last = shape[3] is 1 or 3 or 4;
        bool transposed = graph.Consumers(input).Any(consumer => consumer.Op is Transpose transpose && transpose.Permutation.SequenceEqual([0, 2, 3, 1]));
        return first && (!last || transposed || shape[1] == 1) ? new ImageLayout(shape[2], shape[3], shape[1], 2, 1)
            : last ? new ImageLayout(shape[1], shape[2], shape[3], 1, 3)
            : null;
    }
}
