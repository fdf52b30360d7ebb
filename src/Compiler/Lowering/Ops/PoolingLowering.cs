using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Poolings; their kernels clip windows at the edges.</summary>
internal static class PoolingLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        var pool = (Pool2D)node.Op;
        View input = writer.ViewOf(node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        if (input.Strides[3] != 1)
        {
            input = writer.Contiguous(node.Name, node.Inputs[0]);
        }

        string type = input.Quantization is null ? "Float32" : "UInt8";
        bool isAverage = pool.Kind == PoolKind.Average;
        List<(string, PlanValue)> arguments = [("input", input.Argument), ("output", output.Argument), ("geometry", Geometry(pool.Window, input, output))];
        if (isAverage)
        {
            arguments.Add(("countIncludesPadding", pool.CountsPadding.Plan()));
        }

        if (isAverage && writer.IsFixedPoint && FixedPoint(pool, input, output) is { } integers)
        {
            type = "FixedPoint";
            arguments.AddRange(integers);
        }
        else if (input.Quantization is { } quantization && isAverage)
        {
            arguments.Add(("inputZeroPoint", quantization.ZeroPoint.Plan()));
            arguments.Add(("multiplier", (quantization.Scale / output.Quantization!.Scale).Plan()));
            arguments.AddRange(OutputRange.Arguments(output.Quantization));
        }
        else if (input.Quantization is null)
        {
            arguments.AddRange(OutputRange.Arguments(null));
        }
        else
        {
            arguments.AddRange([("outputMinimum", 0.Plan()), ("outputMaximum", 255.Plan())]);
        }

        writer.Add(
            node.Name,
            (isAverage ? "AveragePool2D" : "MaxPool2D") + type,
            $"{pool.Kind} pooling {pool.Window.KernelHeight}×{pool.Window.KernelWidth}: {input.Shape} → {output.Shape}",
            arguments);
    }

    private static (string, PlanValue)[]? FixedPoint(Pool2D pool, View input, View output)
    {
        if (input.Quantization is not { } from || output.Quantization is not { } to)
        {
            return null;
        }

        long largest = (long)byte.MaxValue * pool.Window.KernelHeight * pool.Window.KernelWidth;
        bool isSame = from.Equals(to);
        if (FixedPointMultiplier.Of((double)from.Scale / to.Scale, largest) is not { } multiplier)
        {
            return null;
        }

        return
        [
            ("inputZeroPoint", from.ZeroPoint.Plan()),
            ("inputOrigin", (isSame && pool.Origin is { } origin ? origin : from.ZeroPoint).Plan()),
            ("multiplier", multiplier.Multiplier.Plan()),
            ("shift", multiplier.Shift.Plan()),
            ("outputOrigin", (isSame && pool.Origin is { } same ? same : to.ZeroPoint).Plan()),
            ("outputMinimum", 0.Plan()),
            ("outputMaximum", 255.Plan()),
        ];
    }

    private static PlanValue Geometry(Window window, View input, View output) => PlanValues.Structure(
        "PoolingGeometry",
        ("Batches", input.Shape[0]),
        ("InputHeight", input.Shape[1]),
        ("InputWidth", input.Shape[2]),
        ("OutputHeight", output.Shape[1]),
        ("OutputWidth", output.Shape[2]),
        ("Channels", input.Shape[3]),
        ("KernelHeight", window.KernelHeight),
        ("KernelWidth", window.KernelWidth),
        ("StrideHeight", window.StrideHeight),
        ("StrideWidth", window.StrideWidth),
        ("DilationHeight", window.DilationHeight),
        ("DilationWidth", window.DilationWidth),
        ("PadTop", window.PadTop),
        ("PadLeft", window.PadLeft),
        ("PadBottom", window.PadBottom),
        ("PadRight", window.PadRight),
        ("InputBatchStride", input.Strides[0]),
        ("InputRowStride", input.Strides[1]),
        ("InputPixelStride", input.Strides[2]),
        ("OutputBatchStride", output.Strides[0]),
        ("OutputRowStride", output.Strides[1]),
        ("OutputPixelStride", output.Strides[2]));
}
