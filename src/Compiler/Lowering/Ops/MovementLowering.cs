using System;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Everything that only moves elements is a copy between two sets of strides, unless the layout has made it none at all.</summary>
internal static class MovementLowering
{
    public static void LowerReshape(StepWriter writer, Node node)
    {
        View output = writer.ViewOf(node.Output);
        View input = writer.ViewOf(node.Inputs[0]);
        if (!(input.BeginsAt(output) && input.IsContiguous && output.IsContiguous))
        {
            View source = writer.Contiguous(node.Name, node.Inputs[0]).Reshape(output.Shape);
            writer.Copy(node.Name, $"Reshape {Describe(writer, node)}", CopyArgument(source), 0, source.Strides, output);
        }
    }

    public static void LowerTranspose(StepWriter writer, Node node)
    {
        View output = writer.ViewOf(node.Output);
        View source = LayoutPlanner.Transposed(writer.ViewOf(node.Inputs[0]), (Transpose)node.Op);
        if (source != output)
        {
            writer.Copy(node.Name, $"Transpose {((Transpose)node.Op).Permutation} {Describe(writer, node)}", CopyArgument(source), 0, source.Strides, output);
        }
    }

    public static void LowerSlice(StepWriter writer, Node node)
    {
        var slice = (Slice)node.Op;
        View input = writer.ViewOf(node.Inputs[0]);
        if (writer.ViewOf(node.Output).Equals(input.Slice(slice)))
        {
            return;
        }

        int offset = slice.Sizes.Contains(0) ? 0 : slice.Starts.Select((start, axis) => start * input.Strides[axis]).Sum();
        writer.Copy(
            node.Name, $"Slice {Describe(writer, node)}", CopyArgument(input), offset, [.. input.Strides.Select((stride, axis) => stride * slice.Steps[axis])], writer.ViewOf(node.Output));
    }

    public static void LowerExpand(StepWriter writer, Node node)
    {
        View input = writer.ViewOf(node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        writer.Copy(node.Name, $"Expand {Describe(writer, node)}", CopyArgument(input), 0, input.Shape.StridesTo(output.Shape, input.Strides), output);
    }

    public static void LowerConcat(StepWriter writer, Node node)
    {
        int axis = ((Concat)node.Op).Axis;
        View output = writer.ViewOf(node.Output);
        int start = 0;
        foreach (string input in node.Inputs)
        {
            Shape shape = writer.Graph.ShapeOf(input);
            bool isThere = !writer.IsConstant(input) && writer.ViewOf(input) is var view
                && view.BeginsAt(output with { Offset = output.Offset + (start * output.Strides[axis]) }) && view.Strides.Equals(output.Strides);
            if (!isThere)
            {
                PlanValue source = CopyArgument(writer, input);
                writer.Copy(
                    node.Name,
                    $"Concat: {shape} to {start.ToString(CultureInfo.InvariantCulture)} of axis {axis.ToString(CultureInfo.InvariantCulture)} of {output.Shape}",
                    source,
                    0,
                    writer.StridesOf(input),
                    output,
                    shape.Extents,
                    start * output.Strides[axis]);
            }

            start += shape[axis];
        }
    }

    public static void LowerPad(StepWriter writer, Node node)
    {
        var pad = (Pad)node.Op;
        View input = writer.ViewOf(node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        Fill(writer, node.Name, output, pad.Value);
        writer.Copy(
            node.Name,
            $"Pad {Describe(writer, node)}",
            CopyArgument(input),
            0,
            input.Strides,
            output,
            input.Shape.Extents,
            pad.Before.Select((count, axis) => count * output.Strides[axis]).Sum(),
            [.. output.Strides.Select((stride, axis) => stride * (pad.Between[axis] + 1))]);
    }

    /// <summary>Fills a view with a number.</summary>
    public static void Fill(StepWriter writer, string name, View view, double value)
    {
        (int[] shape, int[][] strides) = Strided.Merge(view.Shape.Extents, view.Strides);
        writer.Add(
            name,
            $"Fill{(view.Type.SizeOf() * 8).ToString(CultureInfo.InvariantCulture)}",
            $"{value.ToString("R", CultureInfo.InvariantCulture)} in {view.Shape}",
            ("output", view.ArgumentAs(StepWriter.CopyType(view.Type))),
            ("shape", shape.Plan()),
            ("outputStrides", strides[0].Plan()),
            ("outputOffset", 0.Plan()),
            ("value", new IntegerValue(Bits(view, value))));
    }

    /// <summary>The argument of a copy's source.</summary>
    public static PlanValue CopyArgument(View view) => view.ArgumentAs(StepWriter.CopyType(view.Type));

    /// <summary>The argument of a copy's source that may be constant.</summary>
    public static PlanValue CopyArgument(StepWriter writer, string value) =>
        writer.IsConstant(value)
            ? ((ConstantValue)writer.Operand(value)) with { Type = StepWriter.CopyType(writer.Graph.Values[value].Type.Type) }
            : CopyArgument(writer.ViewOf(value));

    private static string Describe(StepWriter writer, Node node) => $"{writer.Graph.ShapeOf(node.Inputs[0])} → {writer.Graph.ShapeOf(node.Output)}";

    // The number as the bits that the fill kernel of that width stores.
    private static long Bits(View view, double value) => view.Type switch
    {
        _ when view.Quantization is { } quantization => Requantize.Element((float)value, quantization),
        ElementType.Float32 => BitConverter.SingleToInt32Bits((float)value),
        ElementType.Float64 => BitConverter.DoubleToInt64Bits(value),
        ElementType.Int8 => (byte)(sbyte)value,
        ElementType.UInt16 => (short)(ushort)value,
        ElementType.UInt32 => (int)(uint)value,
        _ => (long)value,
    };
}
