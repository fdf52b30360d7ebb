using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class DeterminantTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void A_determinant_is_what_elimination_gives(int size)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        float[] elements = [.. Enumerable.Range(0, 3 * size * size).Select(_ => (random.NextSingle() * 2) - 1)];
        Graph graph = Accept(Model([3, size, size], [Node("Det", "x", "y")]));
        float[] expected = [.. elements.Chunk(size * size).Select(matrix => (float)Eliminate(Array.ConvertAll(matrix, x => (double)x), size))];
        Running.Close(expected, Running.Execute(graph, Tensor.Of([3, size, size], elements)), 1e-4, "determinant");
    }

    [Fact]
    public void A_singular_matrix_has_the_determinant_0() =>
        Assert.Equal([0f], Evaluate("Det", [Floats("x", [2, 2], 0, 0, 0, 5)]).Values<float>());

    [Fact]
    public void A_large_matrix_is_refused() =>
        Assert.Equal(DiagnosticKinds.AttributeUnsupported, Assert.Single(Refuse(Model([11, 11], [Node("Det", "x", "y")]))).Kind);

    [Fact]
    public void A_matrix_that_is_not_square_is_refused() =>
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(Model([2, 3], [Node("Det", "x", "y")]))).Kind);

    private static double Eliminate(double[] matrix, int size)
    {
        double determinant = 1;
        for (int column = 0; column < size; column++)
        {
            int pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(matrix[(row * size) + column]));
            determinant *= pivot == column ? 1 : -1;
            for (int index = 0; index < size; index++)
            {
                (matrix[(pivot * size) + index], matrix[(column * size) + index]) = (matrix[(column * size) + index], matrix[(pivot * size) + index]);
            }

            determinant *= matrix[(column * size) + column];
            for (int row = column + 1; row < size; row++)
            {
                double factor = matrix[(row * size) + column] / matrix[(column * size) + column];
                for (int index = column; index < size; index++)
                {
                    matrix[(row * size) + index] -= factor * matrix[(column * size) + index];
                }
            }
        }

        return determinant;
    }
}
