using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Export;

/// <summary>Padding around and between elements.</summary>
internal static class PaddingExport
{
    /// <summary>Pad; between elements by an axis that is padded, merged and cut.</summary>
    public static void Pad(NodeExport node)
    {
        var pad = (Pad)node.Node.Op;
        Layout layout = node.Preferred;
        string filling = Filling(node, pad);
        string padded = node.Input(0, layout);
        int[] extents = [.. layout.Arrange(node.ShapeOf(0).Extents)];
        int[] between = [.. layout.Arrange(pad.Between)];
        for (int axis = 0; axis < extents.Length; axis++)
        {
            if (between[axis] > 0 && extents[axis] > 1)
            {
                padded = Spread(node, padded, extents, axis, between[axis], filling);
                extents[axis] += (extents[axis] - 1) * between[axis];
            }
        }

        if (pad.Before.Concat(pad.After).Any(count => count > 0))
        {
            padded = node.Add("Pad", [padded, node.Integers("pads", layout.Arrange(pad.Before).Concat(layout.Arrange(pad.After))), filling]);
        }

        node.Define(padded, layout);
    }

    // [… n …] becomes [… n, 1 …], [… n, 1 + between …], [… n · (1 + between) …], less what stands behind the last.
    private static string Spread(NodeExport node, string input, int[] extents, int axis, int between, string filling)
    {
        int rank = extents.Length + 1;
        int[] after = new int[rank];
        after[axis + 1] = between;
        string opened = node.Add("Unsqueeze", [input, node.Integers("axes", [axis + 1])]);
        string padded = node.Add("Pad", [opened, node.Integers("pads", Enumerable.Repeat(0, rank).Concat(after)), filling]);
        IEnumerable<int> merged = extents.Select((extent, index) => index == axis ? extent * (between + 1) : extent);
        string joined = node.Add("Reshape", [padded, node.Integers("shape", merged)]);
        return node.Add(
            "Slice",
            [joined, node.Integers("starts", [0]), node.Integers("ends", [extents[axis] + ((extents[axis] - 1) * between)]), node.Integers("axes", [axis])]);
    }

    private static string Filling(NodeExport node, Pad pad)
    {
        ElementType type = node.Graph.Values[node.Node.Inputs[0]].Type.Type;
        Array filling = Array.CreateInstance(type.NetType(), 1);
        filling.SetValue(type == ElementType.Boolean ? pad.Value != 0 : Convert.ChangeType(pad.Value, type.NetType(), CultureInfo.InvariantCulture), 0);
        return node.Constant("value", Tensor.Of(Shape.Scalar, filling));
    }
}
