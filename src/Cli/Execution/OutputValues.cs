using System;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Cli.Execution;

/// <summary>What a model gave.</summary>
internal static class OutputValues
{
    /// <summary>An output's elements as numbers, whatever their type.</summary>
    /// <param name="executor">The model after a prediction.</param>
    /// <param name="port">The output.</param>
    public static double[] Read(PlanExecutor executor, PlanPort port) => port.Type switch
    {
        ElementType.Float32 => [.. executor.Fetch<float>(port.Name).Select(value => (double)value)],
        ElementType.Float64 => executor.Fetch<double>(port.Name),
        ElementType.Int8 => [.. executor.Fetch<sbyte>(port.Name).Select(value => (double)value)],
        ElementType.UInt8 => [.. executor.Fetch<byte>(port.Name).Select(value => (double)value)],
        ElementType.Int16 => [.. executor.Fetch<short>(port.Name).Select(value => (double)value)],
        ElementType.UInt16 => [.. executor.Fetch<ushort>(port.Name).Select(value => (double)value)],
        ElementType.Int32 => [.. executor.Fetch<int>(port.Name).Select(value => (double)value)],
        ElementType.UInt32 => [.. executor.Fetch<uint>(port.Name).Select(value => (double)value)],
        ElementType.Int64 => [.. executor.Fetch<long>(port.Name).Select(value => (double)value)],
        ElementType.UInt64 => [.. executor.Fetch<ulong>(port.Name).Select(value => (double)value)],
        ElementType.Boolean => [.. executor.Fetch<bool>(port.Name).Select(value => value ? 1.0 : 0.0)],
        _ => throw new ArgumentOutOfRangeException(nameof(port)),
    };

    /// <summary>The real numbers that elements stand for.</summary>
    /// <param name="elements">Elements of an output.</param>
    /// <param name="port">The output.</param>
    public static double[] Real(double[] elements, PlanPort port) => port is { Type: ElementType.Int8 or ElementType.UInt8, Scale: > 0 }
        ? [.. elements.Select(level => (level + (port.Type == ElementType.Int8 ? 128 : 0) - port.ZeroPoint) * port.Scale)]
        : elements;

    /// <summary>The scores of a classifier as its class gives them.</summary>
    /// <param name="outputs">Elements of its output.</param>
    /// <param name="transform">How they become scores.</param>
    public static float[] Scores(double[] outputs, ScoreTransform transform)
    {
        float[] values = [.. outputs.Select(value => (float)value)];
        switch (transform)
        {
            case ScoreTransform.Softmax:
                var scores = new float[values.Length];
                SoftmaxFloat32.Run(values, scores, rows: 1, columns: values.Length);
                return scores;
            case ScoreTransform.Exponential:
                return [.. values.Select(MathF.Exp)];
            default:
                return values;
        }
    }

    /// <summary>The best classes, best first; of equals the lower index first, NaN last.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="count">How many at most.</param>
    public static int[] Best(float[] scores, int count)
    {
        var indices = new int[Math.Clamp(count, 1, scores.Length)];
        TopKFloat32.Run(scores, indices, indices.Length);
        return indices;
    }
}
