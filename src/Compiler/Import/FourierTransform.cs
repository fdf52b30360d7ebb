using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import;

/// <summary>
/// Discrete Fourier transforms as products with constant matrices of cosines and sines. A long transform is one of rows and one of columns
/// with a rotation between them, as Cooley and Tukey have it, down to lengths whose matrix is small.
/// </summary>
/// <param name="context">Where the ops are added.</param>
/// <param name="inverse">Whether it is the inverse transform; the division by the length is the caller's.</param>
internal sealed class FourierTransform(NodeContext context, bool inverse)
{
    /// <summary>Longest transform.</summary>
    public const int MaximumLength = 1 << 20;

    // Above, a transform is split as evenly as its divisors allow: the matrix would have up to 4 times the square of so many numbers.
    private const int LongestWhole = 256;

    // Above, one of complex numbers is halved once if it can be: its matrix has 4 times the numbers that a real one has, those of the halves a quarter.
    private const int LongestWholeComplex = 8;

    // A length without divisors has to be transformed whole: 64 MB.
    private const int LongestPrime = 2048;

    /// <summary>Transforms signals.</summary>
    /// <param name="signals">Signals × elements × 1 for real ones, × 2 for complex ones; missing elements are zeros.</param>
    /// <param name="length">Length of the transform, at least as many as the elements.</param>
    /// <param name="bins">How many of the results are wanted.</param>
    /// <returns>Signals × bins × 2.</returns>
    public string Run(string signals, int length, int bins)
    {
        bool isHalved = length is > LongestWholeComplex and <= LongestWhole && length % 2 == 0 && context.ShapeOf(signals)[2] == 2;
        return isHalved ? context.Slice(Split(signals, 2, length / 2), 1, 0, bins) : Transform(signals, length, bins);
    }

    /// <summary>Fails when a transform is too long.</summary>
    /// <param name="operatorName">The operator that asks for it.</param>
    /// <param name="length">Its length.</param>
    /// <exception cref="ImportException">It is.</exception>
    public static void CheckLength(string operatorName, long length)
    {
        if (length is < 1 or > MaximumLength)
        {
            throw ImportException.Attribute(operatorName, $"a transform of length {length}", $"lengths from 1 to {MaximumLength} are");
        }

        int rest = (int)length;
        while (Divisor(rest) is > 1 and var divisor)
        {
            rest /= divisor;
        }

        if (rest > LongestPrime)
        {
            throw ImportException.Attribute(operatorName, $"a transform of length {length}, which has the prime factor {rest}", $"use a length whose prime factors are at most {LongestPrime}, such as a power of two");
        }
    }

    // The greatest divisor up to the root; 1 of primes.
    private static int Divisor(int length)
    {
        int divisor = (int)Math.Sqrt(length);
        while (length % divisor != 0)
        {
            divisor--;
        }

        return divisor;
    }

    private string Transform(string signals, int length, int bins)
    {
        int divisor = length > LongestWhole ? Divisor(length) : 1;
        return divisor == 1 ? Whole(signals, length, bins) : context.Slice(Split(signals, divisor, length / divisor), 1, 0, bins);
    }

    // All bins. Element b·i + j goes to row i and column j; bin p + a·q comes from the bin p of the columns and q of the rows.
    private string Split(string signals, int a, int b)
    {
        Shape shape = context.ShapeOf(signals);
        int count = shape[0], parts = shape[2], length = a * b;
        string padded = context.Pad(signals, [0, 0, 0], [0, length - shape[1], 0]);
        string columns = context.Transpose(context.Reshape(padded, [count, a, b, parts]), 0, 2, 1, 3);
        string transformed = context.Reshape(Transform(context.Reshape(columns, [count * b, a, parts]), a, a), [count, b, a, 2]);
        string rows = context.Transpose(Rotate(transformed, length), 0, 2, 1, 3);
        string result = context.Reshape(Transform(context.Reshape(rows, [count * a, b, 2]), b, b), [count, a, b, 2]);
        return context.Reshape(context.Transpose(result, 0, 2, 1, 3), [count, length, 2]);
    }

    private string Whole(string signals, int length, int bins)
    {
        Shape shape = context.ShapeOf(signals);
        int elements = shape[1], parts = shape[2];
        var matrix = new double[elements * parts * bins * 2];
        for (int element = 0; element < elements; element++)
        {
            for (int bin = 0; bin < bins; bin++)
            {
                (double cosine, double sine) = Turn((long)element * bin, length);
                int real = ((element * parts * bins) + bin) * 2;
                (matrix[real], matrix[real + 1]) = (cosine, sine);
                if (parts == 2)
                {
                    int imaginary = real + (bins * 2);
                    (matrix[imaginary], matrix[imaginary + 1]) = (-sine, cosine);
                }
            }
        }

        string factors = Constant([elements * parts, bins * 2], matrix, signals);
        return context.Reshape(context.Emit(new MatMul(), context.Reshape(signals, [shape[0], elements * parts]), factors), [shape[0], bins, 2]);
    }

    // Multiplies the element p of the transformed column j by the turn p·j.
    private string Rotate(string transformed, int length)
    {
        Shape shape = context.ShapeOf(transformed);
        Shape plane = [1, shape[1], shape[2], 1];
        (double Cosine, double Sine)[] turns =
            [.. Enumerable.Range(0, shape[1] * shape[2]).Select(index => Turn((long)(index / shape[2]) * (index % shape[2]), length))];
        string cosines = Constant(plane, [.. turns.Select(turn => turn.Cosine)], transformed);
        string sines = Constant(plane, [.. turns.Select(turn => turn.Sine)], transformed);
        string real = context.Slice(transformed, 3, 0, 1), imaginary = context.Slice(transformed, 3, 1, 1);
        string Product(string x, string y, Func<Term, Term, Term> combine) =>
            context.Map(context.Map(x, cosines, (value, factor) => value * factor), context.Map(y, sines, (value, factor) => value * factor), combine);
        return context.Concat(3, Product(real, imaginary, (x, y) => x - y), Product(imaginary, real, (x, y) => x + y));
    }

    private (double Cosine, double Sine) Turn(long steps, int length)
    {
        double angle = (inverse ? 2 : -2) * Math.PI * (steps % length) / length;
        return (Math.Cos(angle), Math.Sin(angle));
    }

    private string Constant(Shape shape, double[] values, string like) =>
        context.ElementTypeOf(like) == ElementType.Float32
            ? context.Constant(Tensor.Of(shape, Array.ConvertAll(values, value => (float)value)))
            : context.Constant(Tensor.Of(shape, values));
}
