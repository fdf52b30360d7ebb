using System.Collections.Generic;
using System.Globalization;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Scatters: a copy of the data, into which the updates go.</summary>
internal static class ScatterLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        var scatter = (Scatter)node.Op;
        View output = writer.ViewOf(node.Output);
        Shape data = output.Shape;
        bool replaces = scatter.Kind == ScatterKind.Replace;
        ElementType type = replaces ? StepWriter.CopyType(output.Type) : output.Type;
        writer.Copy(
            node.Name, $"{node.Inputs[0]}, to be updated", As(writer, node.Name, node.Inputs[0], StepWriter.CopyType(output.Type)), 0, data.Strides(), output);
        List<(string, PlanValue)> arguments =
        [
            ("indices", As(writer, node.Name, node.Inputs[1], ElementType.Int64)),
            ("updates", As(writer, node.Name, node.Inputs[2], type)),
            ("output", output.ArgumentAs(type)),
            ("count", writer.Graph.ShapeOf(node.Inputs[1])[0].Plan()),
            ("rows", data[0].Plan()),
            ("width", data[1].Plan()),
        ];
        if (!replaces)
        {
            arguments.Add(("operation", ((int)scatter.Kind).Plan()));
        }

        writer.Add(
            node.Name,
            replaces ? "Scatter" + (type.SizeOf() * 8).ToString(CultureInfo.InvariantCulture) : "ScatterReduce" + type,
            $"{scatter.Kind} {writer.Graph.ShapeOf(node.Inputs[2])} at computed rows of {data}",
            [.. arguments]);
    }

    private static PlanValue As(StepWriter writer, string name, string value, ElementType type) =>
        writer.IsConstant(value) ? ((ConstantValue)writer.Operand(value)) with { Type = type } : writer.Contiguous(name, value).ArgumentAs(type);
}
