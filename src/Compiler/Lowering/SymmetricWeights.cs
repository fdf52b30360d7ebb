using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Weights as int8 times a scale, for layers that compute in float.</summary>
/// <param name="Levels">In the order of the float weights: in [−127, 127], but the file's own may be −128.</param>
/// <param name="Scales">One a slice.</param>
public sealed record SymmetricWeights(sbyte[] Levels, float[] Scales)
{
    /// <summary>One scale for each slice of the first axis, an output channel or a row of a table; the file's own integers where it has some that fit.</summary>
    public static SymmetricWeights OfRows(Tensor weights)
    {
        int rows = weights.Shape[0];
        return weights.Integers is { IsPerFirstAxis: true, Levels.Type: ElementType.Int8 } stored
            ? new SymmetricWeights(stored.Levels.Values<sbyte>(), [.. Enumerable.Range(0, rows).Select(stored.ScaleOf)])
            : Quantize(weights.Values<float>(), rows, weights.Count / rows, isByColumn: false);
    }

    /// <summary>One scale for each slice of the last axis.</summary>
    public static SymmetricWeights OfColumns(Tensor weights)
    {
        int columns = weights.Shape[^1];
        return Quantize(weights.Values<float>(), weights.Count / columns, columns, isByColumn: true);
    }

    /// <summary>Rounds the weights of a slice to the nearest levels, in [−127, 127].</summary>
    public static void Round(ReadOnlySpan<float> weights, float scale, Span<sbyte> levels)
    {
        for (int index = 0; index < weights.Length; index++)
        {
            levels[index] = Level(weights[index], scale);
        }
    }

    private static sbyte Level(float weight, float scale) => (sbyte)Math.Clamp(Math.Round((double)weight / scale, MidpointRounding.ToEven), -127, 127);

    private static SymmetricWeights Quantize(float[] weights, int rows, int columns, bool isByColumn)
    {
        var greatest = new float[isByColumn ? columns : rows];
        for (int index = 0; index < weights.Length; index++)
        {
            int slice = isByColumn ? index % columns : index / columns;
            greatest[slice] = Math.Max(greatest[slice], Math.Abs(weights[index]));
        }

        // A slice of nothing but zeros, or of numbers so small that their scale is 0, is 0 on any scale.
        float[] scales = Array.ConvertAll(greatest, magnitude => magnitude / 127 is var scale && scale > 0 ? scale : 1);
        var levels = new sbyte[weights.Length];
        for (int index = 0; index < weights.Length; index++)
        {
            levels[index] = Level(weights[index], scales[isByColumn ? index % columns : index / columns]);
        }

        return new SymmetricWeights(levels, scales);
    }
}
