using System;
using ModelCompiler.Compiler.Execution;

namespace ModelCompiler.Compiler.Data;

/// <summary>Gives examples to programs.</summary>
public static class SampleFeeding
{
    /// <summary>Feeds an input as the example has it: as pixels or as declared elements.</summary>
    public static void FeedSample(this PlanExecutor executor, string input, Sample sample)
    {
        if (sample.Pixels is not null)
        {
            executor.FeedPixels(input, sample.Pixels);
        }
        else
        {
            executor.Feed<float>(input, sample.Values ?? throw new ArgumentException("an example with neither pixels nor elements", nameof(sample)));
        }
    }
}
