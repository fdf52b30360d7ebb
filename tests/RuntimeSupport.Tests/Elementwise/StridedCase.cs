using System;
using System.Linq;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>A random shape with two inputs that may be broadcast or strided, and an output.</summary>
internal sealed class StridedCase
{
    public StridedCase(Random random, bool broadcasts)
    {
        int rank = random.Next(0, 7);
        Shape = Enumerable.Range(0, rank).Select(dimension => dimension == rank - 1 ? random.Next(1, 60) : random.Next(1, 4)).ToArray();
        Left = Strides(random, broadcasts);
        Right = Strides(random, broadcasts);
        Output = Strides(random, false);
    }

    public int[] Shape { get; }

    public int[] Left { get; }

    public int[] Right { get; }

    public int[] Output { get; }

    public int Elements => Shape.Aggregate(1, (product, extent) => product * extent);

    public int Length(int[] strides) => 1 + Shape.Zip(strides, (extent, stride) => (extent - 1) * stride).Sum();

    /// <summary>Where an element of the row-major order lies.</summary>
    public int Position(int element, int[] strides)
    {
        int position = 0;
        for (int dimension = Shape.Length - 1; dimension >= 0; dimension--)
        {
            position += element % Shape[dimension] * strides[dimension];
            element /= Shape[dimension];
        }

        return position;
    }

    public override string ToString() => $"shape [{Join(Shape)}], strides [{Join(Left)}], [{Join(Right)}] → [{Join(Output)}]";

    private static string Join(int[] numbers) => string.Join(", ", numbers);

    private int[] Strides(Random random, bool broadcasts)
    {
        var strides = new int[Shape.Length];
        int stride = random.Next(5) == 0 ? 2 : 1;
        for (int dimension = Shape.Length - 1; dimension >= 0; dimension--)
        {
            bool broadcast = broadcasts && random.Next(4) == 0;
            strides[dimension] = broadcast ? 0 : stride;
            stride = broadcast ? stride : (stride * Shape[dimension]) + (random.Next(4) == 0 ? 3 : 0);
        }

        return strides;
    }
}
