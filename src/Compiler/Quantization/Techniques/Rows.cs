using System;
using System.Numerics;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Sums of rows of matrices. Each element is computed by itself, so that the vectors' width has no part in the result.</summary>
internal static class Rows
{
    /// <summary>Adds a multiple of a row to another.</summary>
    /// <param name="target">The row that is added to.</param>
    /// <param name="row">The row that is added; at least as long.</param>
    /// <param name="factor">What it is multiplied with.</param>
    public static void Add(Span<double> target, ReadOnlySpan<double> row, double factor)
    {
        var factors = new Vector<double>(factor);
        int index = 0;
        for (; index <= target.Length - Vector<double>.Count; index += Vector<double>.Count)
        {
            (new Vector<double>(target[index..]) + (factors * new Vector<double>(row[index..]))).CopyTo(target[index..]);
        }

        for (; index < target.Length; index++)
        {
            target[index] += factor * row[index];
        }
    }
}
