using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Brings float weights that are computed at run time into the order the kernels read: blocks of 16 output channels, the channel innermost.</summary>
internal static class RuntimePacking
{
    private const int Block = WeightPacking.Block;

    /// <summary>Packs weights [outputs, terms] as [groups][blocks of a group][terms][16], zero filled.</summary>
    public static PlanValue Weights(StepWriter writer, string name, string weights, int groups, int outputsPerGroup, int terms)
    {
        View source = writer.Contiguous(name, weights);
        int blocks = WeightPacking.Blocks(outputsPerGroup);
        View packed = writer.Temporary(weights, ElementType.Float32, [groups, blocks, terms, Block]);
        if (outputsPerGroup % Block != 0)
        {
            MovementLowering.Fill(writer, name, packed, 0);
        }

        // Whole blocks in one copy, what is left in another.
        int whole = outputsPerGroup / Block;
        int[] target = [packed.Strides[0], packed.Strides[1], 1, Block];
        int[] origin = [outputsPerGroup * terms, Block * terms, terms, 1];
        if (whole > 0)
        {
            writer.Copy(name, "packs the weights", MovementLowering.CopyArgument(source), 0, origin, packed, [groups, whole, Block, terms], 0, target);
        }

        if (outputsPerGroup % Block != 0)
        {
            writer.Copy(
                name, "packs the last weights", MovementLowering.CopyArgument(source), whole * origin[1], origin, packed, [groups, 1, outputsPerGroup % Block, terms], whole * target[1], target);
        }

        return packed.Argument;
    }

    /// <summary>Packs a bias [outputs] as [groups][outputs of a group, padded to blocks].</summary>
    public static PlanValue Bias(StepWriter writer, string name, string bias, int groups, int outputsPerGroup)
    {
        View source = writer.Contiguous(name, bias);
        View packed = writer.Temporary(bias, ElementType.Float32, [groups, WeightPacking.Blocks(outputsPerGroup) * Block]);
        MovementLowering.Fill(writer, name, packed, 0);
        writer.Copy(
            name, "packs the bias", MovementLowering.CopyArgument(source), 0, [outputsPerGroup, 1], packed, [groups, outputsPerGroup], 0, [packed.Strides[0], 1]);
        return packed.Argument;
    }
}
