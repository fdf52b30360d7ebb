using System;
using System.Collections.Generic;
using System.Globalization;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Gathers; with indices known at build time, they are part of the code and need no checks.</summary>
internal static class GatherLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        int axis = ((Gather)node.Op).Axis;
        View output = writer.ViewOf(node.Output);
        Shape data = writer.Graph.ShapeOf(node.Inputs[0]);
        if (TryLowerTable(writer, node, axis, data, output))
        {
            return;
        }

        ElementType type = StepWriter.CopyType(output.Type);
        PlanValue input = writer.IsConstant(node.Inputs[0])
            ? ((ConstantValue)writer.Operand(node.Inputs[0])) with { Type = type }
            : writer.Contiguous(node.Name, node.Inputs[0]).ArgumentAs(type);
        int length = data[axis];
        bool isConstant = writer.IsConstant(node.Inputs[1]);
        PlanValue indices = isConstant
            ? writer.Constants.Add<int>(node.Name + ".indices", Array.ConvertAll(writer.Graph.Constants[node.Inputs[1]].Values<long>(), index => (int)(index < 0 ? index + length : index)))
            : writer.Contiguous(node.Name, node.Inputs[1]).Argument;
        List<(string, PlanValue)> arguments = [("input", input), ("indices", indices)];
        if (!isConstant)
        {
            arguments.Add(("count", ((int)writer.Graph.ShapeOf(node.Inputs[1]).ElementCount).Plan()));
        }

        writer.Add(
            node.Name,
            (isConstant ? "GatherAxis" : "Gather") + (output.Type.SizeOf() * 8).ToString(CultureInfo.InvariantCulture),
            $"Gather along axis {axis}: {data} → {output.Shape}",
            [.. arguments,
            ("output", output.ArgumentAs(type)),
            ("outer", ReductionLowering.Extent(data.Extents[..axis]).Plan()),
            ("axisLength", length.Plan()),
            ("inner", ReductionLowering.Extent(data.Extents[(axis + 1)..]).Plan())]);
    }

    // Rows of a constant table, as embeddings are, can be stored in fewer bits.
    private static bool TryLowerTable(StepWriter writer, Node node, int axis, Shape data, View output)
    {
        if (axis != 0 || data.Rank < 2 || writer.IsConstant(node.Inputs[1]) || !writer.Graph.Constants.TryGetValue(node.Inputs[0], out Tensor? table)
            || table.Count < StoredWeights.LeastElements || !StoredWeights.Narrows(writer, table))
        {
            return false;
        }

        bool isHalf = writer.Precision == Precision.Float16Weights;
        List<(string, PlanValue)> arguments = [];
        if (isHalf)
        {
            arguments.Add(("input", writer.Constants.Add<ushort>(node.Inputs[0], StoredWeights.Halves(table.Values<float>()))));
        }
        else
        {
            SymmetricWeights symmetric = SymmetricWeights.OfRows(table);
            arguments.Add(("input", writer.Constants.Add<sbyte>(node.Inputs[0], symmetric.Levels)));
            arguments.Add(("scales", writer.Constants.Add<float>(node.Name + ".scales", symmetric.Scales)));
        }

        writer.Add(
            node.Name,
            isHalf ? "GatherFloat16Weights" : "GatherInt8Weights",
            $"Gather of rows: {data} → {output.Shape}",
            [.. arguments,
            ("indices", writer.Contiguous(node.Name, node.Inputs[1]).Argument),
            ("output", output.Argument),
            ("count", ((int)writer.Graph.ShapeOf(node.Inputs[1]).ElementCount).Plan()),
            ("axisLength", data[0].Plan()),
            ("inner", (table.Count / data[0]).Plan())]);
        return true;
    }
}
