using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Attention as its formula has it, number by number.</summary>
internal static class Attentions
{
    /// <summary>Attention over B×heads×length×size. <paramref name="adjust"/> makes the score that counts of batch, head, query, key and the scaled product.</summary>
    public static float[] Reference(Tensor query, Tensor key, Tensor value, double scale, Func<int, int, int, int, double, double> adjust)
    {
        Shape queries = query.Shape, keys = key.Shape;
        int heads = queries[1], shared = heads / keys[1], size = queries[3], width = value.Shape[3];
        var output = new float[queries[0] * heads * queries[2] * width];
        for (int row = 0; row < output.Length / Math.Max(1, width); row++)
        {
            int batch = row / queries[2] / heads, head = row / queries[2] % heads, place = row % queries[2];
            int matrix = (batch * keys[1]) + (head / shared);
            double[] scores = [.. Enumerable.Range(0, keys[2]).Select(other =>
            {
                double product = Enumerable.Range(0, size).Sum(index =>
                    (double)query.Values<float>()[(row * size) + index] * key.Values<float>()[(((matrix * keys[2]) + other) * size) + index]);
                return adjust(batch, head, place, other, product * scale);
            })];
            double greatest = scores.Max();
            double[] weights = [.. scores.Select(score => double.IsNegativeInfinity(greatest) ? 0 : Math.Exp(score - greatest))];
            double sum = weights.Sum();
            for (int column = 0; column < width && sum > 0; column++)
            {
                output[(row * width) + column] = (float)(Enumerable.Range(0, keys[2]).Sum(other =>
                    weights[other] * value.Values<float>()[(((matrix * keys[2]) + other) * width) + column]) / sum);
            }
        }

        return output;
    }

    /// <summary>B×length×(heads·size) to B×heads×length×size.</summary>
    public static Tensor Split(Tensor value, int heads)
    {
        Shape shape = value.Shape;
        int size = shape[2] / heads;
        return Tensor.Of([shape[0], heads, shape[1], size], Enumerable.Range(0, value.Count).Select(index =>
        {
            int column = index % size, place = index / size % shape[1], head = index / size / shape[1] % heads, batch = index / size / shape[1] / heads;
            return value.Values<float>()[(((batch * shape[1]) + place) * shape[2]) + (head * size) + column];
        }).ToArray());
    }

    /// <summary>Tensors one after the other along axis 2 of 4.</summary>
    public static Tensor Joined(Tensor first, Tensor second) => new Ops.Concat(2).Evaluate([first, second])[0];
}
