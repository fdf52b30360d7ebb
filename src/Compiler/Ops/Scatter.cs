using System;
using System.Collections.Immutable;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>What a scatter makes of an element and its update. The numbers are those of the kernels' <c>ScatterOperation</c>.</summary>
public enum ScatterKind
{
    /// <summary>The update; of several the last.</summary>
    Replace,

    /// <summary>The sum.</summary>
    Add,

    /// <summary>The product.</summary>
    Multiply,

    /// <summary>The lesser.</summary>
    Minimum,

    /// <summary>The greater.</summary>
    Maximum,
}

/// <summary>
/// The first input, rows × width, with its rows at the int64 indices in the second (count; negative ones from the end) replaced by or combined
/// with the rows of the third (count × width), one after the other. Any type is replaced; float32, float64, int32 and int64 are combined.
/// </summary>
/// <param name="Kind">How.</param>
public sealed record Scatter(ScatterKind Kind) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        (TensorType data, TensorType indices, TensorType updates) = (inputs[0], inputs[1], inputs[2]);
        Require(data.Shape.Rank == 2 && indices.Shape.Rank == 1 && indices.Type == ElementType.Int64, $"a scatter by {indices} into {data}");
        Require(updates == data with { Shape = [indices.Shape[0], data.Shape[1]] }, $"{indices.Shape[0]} updates of {updates} for {data}");
        Require(
            Kind == ScatterKind.Replace || data.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64,
            $"a scatter that combines {data.Type}");
        return [data];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Tensor data = inputs[0];
        var result = (Array)data.Data.Clone();
        long[] indices = inputs[1].Values<long>();
        (int rows, int width) = (data.Shape[0], data.Shape[1]);
        for (int update = 0; update < indices.Length; update++)
        {
            long index = indices[update];
            Require(index >= -rows && index < rows, $"index {index} into {rows} rows");
            int row = (int)(index < 0 ? index + rows : index);
            if (Kind == ScatterKind.Replace)
            {
                Array.Copy(inputs[2].Data, update * width, result, row * width, width);
            }
            else
            {
                Combine(inputs[2], update * width, result, row * width, width);
            }
        }

        return [Tensor.Of(data.Shape, result)];
    }

    private void Combine(Tensor updates, int from, Array result, int to, int width)
    {
        switch (updates.Type)
        {
            case ElementType.Float32:
                Combine(updates.Values<float>().AsSpan(from, width), ((float[])result).AsSpan(to, width));
                break;
            case ElementType.Float64:
                Combine(updates.Values<double>().AsSpan(from, width), ((double[])result).AsSpan(to, width));
                break;
            case ElementType.Int32:
                Combine(updates.Values<int>().AsSpan(from, width), ((int[])result).AsSpan(to, width));
                break;
            default:
                Combine(updates.Values<long>().AsSpan(from, width), ((long[])result).AsSpan(to, width));
                break;
        }
    }

    private void Combine<T>(ReadOnlySpan<T> update, Span<T> row)
        where T : INumber<T>
    {
        for (int column = 0; column < row.Length; column++)
        {
            row[column] = Kind switch
            {
                ScatterKind.Add => unchecked(row[column] + update[column]),
                ScatterKind.Multiply => unchecked(row[column] * update[column]),
                ScatterKind.Minimum => T.Min(row[column], update[column]),
                _ => T.Max(row[column], update[column]),
            };
        }
    }
}
