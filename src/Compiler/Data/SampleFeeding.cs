using System;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;

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
            return;
        }

        float[] values = sample.Values ?? throw new ArgumentException("an example with neither pixels nor elements", nameof(sample));
        switch (executor.Plan.Inputs.First(port => port.Name == input).Type)
        {
            case ElementType.Int64:
                executor.Feed<long>(input, Array.ConvertAll(values, value => (long)value));
                break;
            case ElementType.Int32:
                executor.Feed<int>(input, Array.ConvertAll(values, value => (int)value));
                break;
            case ElementType.Int8:
                executor.Feed<sbyte>(input, Array.ConvertAll(values, value => (sbyte)Math.Clamp(value, sbyte.MinValue, sbyte.MaxValue)));
                break;
            case ElementType.Int16:
                executor.Feed<short>(input, Array.ConvertAll(values, value => (short)Math.Clamp(value, short.MinValue, short.MaxValue)));
                break;
            case ElementType.UInt8:
                executor.Feed<byte>(input, Array.ConvertAll(values, value => (byte)value));
                break;
            case ElementType.Boolean:
                executor.Feed<bool>(input, Array.ConvertAll(values, value => value != 0));
                break;
            default:
                executor.Feed<float>(input, values);
                break;
        }
    }
}
