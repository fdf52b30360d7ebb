using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class PairwiseCouplingTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Pairs_that_agree_give_the_probabilities_they_come_from(int classes)
    {
        var random = new Random(classes);
        for (int repetition = 0; repetition < 20; repetition++)
        {
            float[] weights = [.. Enumerable.Range(0, classes).Select(_ => 0.2f + random.NextSingle())];
            float sum = weights.Sum();
            float[] pairs = [.. Enumerable.Range(0, classes).SelectMany(i => Enumerable.Range(i + 1, classes - i - 1).Select(j => weights[i] / (weights[i] + weights[j])))];
            float[] output = new float[classes];
            PairwiseCouplingFloat32.Run(pairs, new float[classes * (classes + 1)], output, 1, classes);
            Assert.Equal(1f, output.Sum(), 1e-5f);
            for (int index = 0; index < classes; index++)
            {
                // The iteration ends near the minimum, not at it.
                Assert.Equal(weights[index] / sum, output[index], 0.02f);
            }
        }
    }

    [Theory]
    [InlineData(2, 12, 3, 1, 3)]
    [InlineData(3, 11, 3, 1, 3)]
    [InlineData(3, 12, 2, 1, 3)]
    [InlineData(3, 12, 3, 2, 3)]
    [InlineData(3, 12, 3, 1, 1)]
    public void Too_little_room_or_too_few_classes_are_refused(int pairs, int workspace, int output, int rows, int classes) =>
        Assert.Throws<ArgumentException>(() => PairwiseCouplingFloat32.Run(new float[pairs], new float[workspace], new float[output], rows, classes));
}
