using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Changes of storage: between float32 and uint8, or from one scale to another by a table.</summary>
internal static class RequantizeLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        View input = writer.ViewOf(node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        if (!Equals(((Requantize)node.Op).Target, output.Quantization))
        {
            throw new InvalidOperationException($"'{node.Output}' is on a grid that it is not stored on: the quantiser has not run");
        }

        if (Equals(input.Quantization, output.Quantization))
        {
            if (!input.BeginsAt(output))
            {
                writer.Copy(node.Name, $"copy of {output.Shape}", MovementLowering.CopyArgument(input), 0, input.Strides, output);
            }

            return;
        }

        Add(writer.Constants, writer.Add, node.Name, input.Argument, input.Strides, input.Quantization, output.Argument, output.Strides, output.Quantization, output.Shape, writer.IsFixedPoint);
    }

    /// <summary>Writes the conversion between two storages of one shape.</summary>
    public static void Add(
        ConstantPool constants,
        Action<string, string, string, IEnumerable<(string, PlanValue)>> add,
        string name,
        PlanValue source,
        IReadOnlyList<int> sourceStrides,
        QuantizationParameters? from,
        PlanValue target,
        IReadOnlyList<int> targetStrides,
        QuantizationParameters? to,
        Shape shape,
        bool isFixedPoint)
    {
        (int[] extents, int[][] strides) = Strided.Merge(shape.Extents, sourceStrides, targetStrides);
        IEnumerable<(string, PlanValue)> places = [("shape", extents.Plan()), ("inputStrides", strides[0].Plan()), ("outputStrides", strides[1].Plan())];
        if (from is null)
        {
            add(name, "QuantizeUInt8", $"float32 to uint8: {shape}",
                [("input", source), ("output", target), .. places, ("inverseScale", (1f / to!.Scale).Plan()), ("zeroPoint", to.ZeroPoint.Plan())]);
        }
        else if (to is null)
        {
            add(name, "DequantizeUInt8", $"uint8 to float32: {shape}",
                [("input", source), ("output", target), .. places, ("scale", from.Scale.Plan()), ("zeroPoint", from.ZeroPoint.Plan())]);
        }
        else
        {
            byte[] table = ByteTable.Of(new InputExpression(0, ElementType.Float32), from, to, isFixedPoint);
            add(name, "LookupUInt8", $"uint8 to another scale: {shape}",
                [("input", source), ("table", constants.Add<byte>(name + ".table", table)), ("output", target), .. places]);
        }
    }
}
