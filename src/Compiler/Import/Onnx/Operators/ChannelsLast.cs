using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// Between the format's channels-first tensors and the core's channels-last images. A signal (one spatial axis) is an image of one row.
/// The transposition is on the outside, next to that of the neighbouring layer, which it cancels.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>N×C×W or N×C×H×W to N×H×W×C; of a volume, N×C×D×H×W to N×D×H×W×C.</summary>
    public static string ToImage(this OnnxContext context, string value)
    {
        Shape shape = context.ShapeOf(value);
        return shape.Rank == 3
            ? context.Reshape(context.Transpose(value, 0, 2, 1), [shape[0], 1, shape[2], shape[1]])
            : context.MoveAxis(value, 1, shape.Rank - 1);
    }

    /// <summary>N×H×W×C to N×C×H×W, or to N×C×W for a signal; of a volume, N×D×H×W×C to N×C×D×H×W.</summary>
    public static string FromImage(this OnnxContext context, string image, bool isSignal)
    {
        Shape shape = context.ShapeOf(image);
        return isSignal
            ? context.Transpose(context.Reshape(image, [shape[0], shape[2], shape[3]]), 0, 2, 1)
            : context.MoveAxis(image, shape.Rank - 1, 1);
    }

    /// <summary>Fails unless an input is of float32.</summary>
    /// <exception cref="ImportException">It is not.</exception>
    public static void RequireFloat32(this OnnxContext context, OnnxNode node, int index)
    {
        ElementType type = context.ElementTypeOf(node[index]);
        if (type != ElementType.Float32)
        {
            throw ImportException.ElementType(node.InputName(index), type.ToString());
        }
    }
}
