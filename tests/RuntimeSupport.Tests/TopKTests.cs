using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class TopKTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 10)]
    [InlineData(1000, 1)]
    [InlineData(1000, 5)]
    [InlineData(1000, 10)]
    [InlineData(50, 0)]
    [InlineData(0, 0)]
    public void Finds_the_highest_scores_first_and_of_equals_the_lower_index(int classes, int count)
    {
        var random = new Random(900 + classes + count);
        for (int repetition = 0; repetition < 20; repetition++)
        {
            float[] scores = Enumerable.Range(0, classes).Select(_ => MathF.Round(random.NextSingle() * 200)).ToArray();
            for (int index = 0; index < classes; index += 7)
            {
                scores[index] = float.NaN;
            }

            int[] indices = Enumerable.Repeat(-1, count + 1).ToArray();
            TopKFloat32.Run(scores, indices, count);

            int[] expected = Enumerable.Range(0, classes)
                .OrderBy(index => float.IsNaN(scores[index]))
                .ThenByDescending(index => scores[index])
                .ThenBy(index => index)
                .Take(count)
                .Append(-1)
                .ToArray();
            Assert.Equal(expected, indices);
        }
    }

    [Fact]
    public void Nan_comes_after_minus_infinity()
    {
        int[] indices = new int[5];
        TopKFloat32.Run([float.NaN, float.NegativeInfinity, -0f, float.NaN, 0f], indices, 5);
        Assert.Equal([2, 4, 1, 0, 3], indices);
    }

    [Theory]
    [InlineData(2, 3, 3)]
    [InlineData(3, 2, 3)]
    [InlineData(3, 3, -1)]
    public void More_than_there_are_is_refused(int classes, int room, int count) =>
        Assert.Throws<ArgumentException>(() => TopKFloat32.Run(new float[classes], new int[room], count));
}
