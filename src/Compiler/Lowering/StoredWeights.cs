using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>How a layer that computes in float finds its weights: what its kernel is called, and the arguments of weights and bias.</summary>
/// <param name="Suffix">The kernel's name behind <c>Conv2D</c> or <c>FullyConnected</c>.</param>
/// <param name="Arguments">Weights, bias and what belongs to them.</param>
internal sealed record LayerWeights(string Suffix, IReadOnlyList<(string, PlanValue)> Arguments);

/// <summary>What a layer's kernel must know to read its weights: runs × run length terms an output channel, in groups.</summary>
internal sealed record LayerShape(int Groups, int Runs, int RunLength, bool IsOneRow)
{
    /// <summary>Products of an output.</summary>
    public int Terms => Runs * RunLength;
}

/// <summary>
/// Weights in fewer bits, for layers that compute in float. What cannot be stored so – uniform constants, which are not stored at all; numbers
/// beyond float16 – stays float32, and so do the small constants of other operations.
/// </summary>
internal static class StoredWeights
{
    /// <summary>Elements below which a constant that is no layer's is not worth another step.</summary>
    public const int LeastElements = 1024;

    // Expanded weights for a single row, which are read once, stay in the first cache; others, read for every tile of pixels, in the second.
    private const int RowScratch = 8192;
    private const int TileScratch = 65536;

    /// <summary>Whether a constant is stored in fewer bits than its float32 elements have.</summary>
    public static bool Narrows(StepWriter writer, Tensor weights) => weights.Type == ElementType.Float32 && !weights.IsUniform && weights.Count > 0 && writer.Precision switch
    {
        Precision.DynamicInt8 or Precision.WeightInt8 => weights.Values<float>().All(float.IsFinite),
        Precision.Float16Weights => weights.Values<float>().All(weight => Half.IsFinite((Half)weight)),
        _ => false,
    };

    /// <summary>A constant's elements as bits of float16.</summary>
    public static ushort[] Halves(float[] values) => Array.ConvertAll(values, value => BitConverter.HalfToUInt16Bits((Half)value));

    /// <summary>The weights of a convolution or fully connected layer; <see langword="null"/> for float32.</summary>
    /// <param name="writer">The plan.</param>
    /// <param name="node">The layer.</param>
    /// <param name="weights">Its weights; the first axis is the output channel.</param>
    /// <param name="bias">Its bias.</param>
    /// <param name="shape">How the kernel reads them.</param>
    /// <param name="input">What it reads, of which integer arithmetic makes a copy.</param>
    public static LayerWeights? OfLayer(StepWriter writer, Node node, Tensor weights, float[] bias, LayerShape shape, View input)
    {
        if (!Narrows(writer, weights))
        {
            return null;
        }

        ConstantPool constants = writer.Constants;
        List<(string, PlanValue)> arguments = [("bias", constants.Add<float>(node.Name + ".bias", WeightPacking.PerOutput(bias, shape.Groups)))];
        if (writer.Precision == Precision.Float16Weights)
        {
            ushort[] packed = Halves(WeightPacking.Float32(weights.Values<float>(), shape.Groups, shape.Terms));
            arguments.Add(("weights", constants.Add<ushort>(node.Inputs[1], packed)));
            arguments.AddRange(Scratch(writer, node, weights, shape));
            return new LayerWeights("Float16Weights", arguments);
        }

        SymmetricWeights symmetric = SymmetricWeights.OfRows(weights);
        arguments.Add(("scales", constants.Add<float>(node.Name + ".scales", WeightPacking.PerOutput(symmetric.Scales, shape.Groups))));
        if (writer.Precision == Precision.WeightInt8 || shape.Terms > Conv2DDynamicInt8.MaximumTerms)
        {
            arguments.Add(("weights", constants.Add<sbyte>(node.Inputs[1], WeightPacking.Blocks(symmetric.Levels, shape.Groups, shape.Terms))));
            arguments.AddRange(Scratch(writer, node, weights, shape));
            return new LayerWeights("Int8Weights", arguments);
        }

        int[] sums = [.. symmetric.Levels.Chunk(shape.Terms).Select(row => row.Sum(level => (int)level))];
        int[] packedSums = WeightPacking.PerOutput(sums, shape.Groups);
        arguments.Add(("weights", constants.Add<sbyte>(node.Inputs[1], WeightPacking.Int8(symmetric.Levels, shape.Groups, shape.Runs, shape.RunLength))));
        arguments.Add(("weightSums", constants.Add<int>(node.Name + ".sums", packedSums)));
        int read = View.Allocate("", input.Type, input.Shape, input.Padding, quantization: null).Buffer.Length;
        arguments.Add(("quantized", writer.Temporary(node.Inputs[0], ElementType.UInt8, [read + 3]).Argument));
        arguments.Add(("start", writer.Temporary(node.Name, ElementType.Int32, [packedSums.Length]).Argument));
        return new LayerWeights("DynamicInt8", arguments);
    }

    /// <summary>A constant operand of an operation that knows float32 only, expanded into a buffer by a step before it; <see langword="null"/> to store it as it is.</summary>
    public static View? Expanded(StepWriter writer, Node node, string constant)
    {
        if (!writer.Graph.Constants.TryGetValue(constant, out Tensor? weights) || weights.Count < LeastElements || !Narrows(writer, weights))
        {
            return null;
        }

        View expanded = writer.Temporary(constant, ElementType.Float32, weights.Shape);
        Expand(writer, node, constant, weights, expanded);
        return expanded;
    }

    /// <summary>The weights of a depthwise convolution, [taps][channels padded to 16], expanded by a step before it: there are few.</summary>
    public static View? ExpandedDepthwise(StepWriter writer, Node node, Tensor weights, int taps)
    {
        if (!Narrows(writer, weights))
        {
            return null;
        }

        int channels = weights.Count / taps;
        int padded = WeightPacking.Blocks(channels) * WeightPacking.Block;
        View expanded = writer.Temporary(node.Inputs[1], ElementType.Float32, [taps, padded]);
        if (writer.Precision == Precision.Float16Weights)
        {
            ExpandHalves(writer, node, node.Inputs[1], Halves(WeightPacking.Depthwise(weights.Values<float>(), taps)), expanded);
            return expanded;
        }

        SymmetricWeights symmetric = SymmetricWeights.OfRows(weights);
        ExpandLevels(writer, node, node.Inputs[1], WeightPacking.Depthwise(symmetric.Levels, taps), WeightPacking.PerOutput(symmetric.Scales, 1), expanded);
        return expanded;
    }

    private static void Expand(StepWriter writer, Node node, string constant, Tensor weights, View expanded)
    {
        if (writer.Precision == Precision.Float16Weights)
        {
            ExpandHalves(writer, node, constant, Halves(weights.Values<float>()), expanded);
            return;
        }

        SymmetricWeights symmetric = SymmetricWeights.OfColumns(weights);
        ExpandLevels(writer, node, constant, symmetric.Levels, symmetric.Scales, expanded);
    }

    private static void ExpandHalves(StepWriter writer, Node node, string constant, ushort[] halves, View expanded) => writer.Add(
        node.Name,
        "ExpandFloat16",
        $"{constant} from float16: {expanded.Shape}",
        ("input", writer.Constants.Add<ushort>(constant, halves)),
        ("output", expanded.Argument));

    private static void ExpandLevels(StepWriter writer, Node node, string constant, sbyte[] levels, float[] scales, View expanded) => writer.Add(
        node.Name,
        "ExpandInt8",
        $"{constant} from int8: {expanded.Shape}",
        ("input", writer.Constants.Add<sbyte>(constant, levels)),
        ("scales", writer.Constants.Add<float>(node.Name + ".scales", scales)),
        ("output", expanded.Argument),
        ("rows", (levels.Length / scales.Length).Plan()),
        ("columns", scales.Length.Plan()));

    // As many blocks as stay in the cache, at least one; a single row is read in pieces.
    private static IEnumerable<(string, PlanValue)> Scratch(StepWriter writer, Node node, Tensor weights, LayerShape shape)
    {
        const int panel = 8 * WeightPacking.Block;
        int perBlock = shape.Terms * WeightPacking.Block;
        int blocks = WeightPacking.Blocks(weights.Shape[0] / shape.Groups);
        int length = shape.IsOneRow
            ? Math.Min(RowScratch, shape.Terms * panel)
            : perBlock * Math.Clamp(TileScratch / perBlock, 1, Math.Min(8, blocks));
        return [("scratch", writer.Temporary(node.Inputs[1], ElementType.Float32, [length]).Argument), ("scratchLength", length.Plan())];
    }
}
