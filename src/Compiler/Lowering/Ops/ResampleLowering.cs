using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Resizing of one axis by weights known at build time.</summary>
internal static class ResampleLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        var resample = (ResampleAxis)node.Op;
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        writer.Add(
            node.Name,
            input.Quantization is null ? "ResampleAxisFloat32" : "ResampleAxisUInt8",
            $"axis {resample.Axis} from {input.Shape[resample.Axis]} to {resample.OutputLength}, {resample.Taps} taps",
            ("input", input.Argument),
            ("indices", writer.Constants.Add<int>(node.Name + ".indices", [.. resample.Indices])),
            ("weights", writer.Constants.Add<float>(node.Name + ".weights", [.. resample.Weights])),
            ("output", writer.ViewOf(node.Output).Argument),
            ("outer", ReductionLowering.Extent(input.Shape.Extents[..resample.Axis]).Plan()),
            ("inputLength", input.Shape[resample.Axis].Plan()),
            ("outputLength", resample.OutputLength.Plan()),
            ("taps", resample.Taps.Plan()),
            ("inner", ReductionLowering.Extent(input.Shape.Extents[(resample.Axis + 1)..]).Plan()));
    }
}
