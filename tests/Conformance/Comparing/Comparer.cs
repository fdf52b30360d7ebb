using System;
using System.Globalization;
using System.Linq;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Comparing;

/// <summary>Compares an output with the expected one.</summary>
internal static class Comparer
{
    // Below this, an output is taken for zeros when its error is measured against its size.
    private const double Negligible = 1e-5;

    /// <summary>What is different, or <see langword="null"/>.</summary>
    /// <param name="expected">What it should be.</param>
    /// <param name="type">The output's type.</param>
    /// <param name="shape">The output's shape.</param>
    /// <param name="values">The output's elements.</param>
    /// <param name="tolerance">How far it may be off.</param>
    public static string? Difference(TestTensor expected, ElementType type, ReadOnlySpan<int> shape, Array values, Tolerance tolerance)
    {
        string name = $"output '{expected.Name}'";
        if (expected.Type != type || !shape.SequenceEqual(expected.Shape.AsSpan()))
        {
            return $"{name} is {TestTensor.Describe(type, shape)}, not {expected.Description}";
        }

        if (values.Length != expected.Values.Length)
        {
            return $"{name} has {values.Length} elements, not {expected.Values.Length}";
        }

        if (expected.IsQuantized && tolerance.QuantizedShare is not null)
        {
            return IsTopDifferent(expected.Values, values, 2 * tolerance.QuantizedSteps) ? $"{name}: another element is the greatest" : null;
        }

        string? difference = tolerance.RootMeanSquare is { } limit
            ? Whole(Numbers(expected.Values), Numbers(values), limit)
            : Elements(expected, values, tolerance);
        return difference is null ? null : $"{name}: {difference}";
    }

    /// <summary>How many of an output's quantised elements are beyond the tolerance.</summary>
    public static int Beyond(TestTensor expected, Array values, Tolerance tolerance)
    {
        double[] actual = Numbers(values);
        double[] wanted = Numbers(expected.Values);
        int beyond = 0;
        for (int index = 0; index < wanted.Length; index++)
        {
            beyond += Math.Abs(wanted[index] - actual[index]) <= tolerance.QuantizedSteps ? 0 : 1;
        }

        return beyond;
    }

    private static bool IsTopDifferent(Array expected, Array values, int lead)
    {
        double[] wanted = Numbers(expected);
        if (wanted.Length < 2)
        {
            return false;
        }

        double[] ordered = [.. wanted];
        Array.Sort(ordered);
        double[] actual = Numbers(values);
        return ordered[^1] - ordered[^2] > lead && Array.IndexOf(actual, actual.Max()) != Array.IndexOf(wanted, ordered[^1]);
    }

    private static string? Elements(TestTensor expected, Array values, Tolerance tolerance)
    {
        // The rounding to the stored type may go either way where the exact result lies in the middle.
        double relative = expected.Storage switch
        {
            Storage.Half => Math.Max(tolerance.Relative, 1.0 / 1024),
            Storage.Brain => Math.Max(tolerance.Relative, 1.0 / 128),
            _ => tolerance.Relative,
        };
        Func<int, bool> isEqual = (expected.Values, values) switch
        {
            (float[] wanted, float[] actual) => index => IsClose(wanted[index], Store(actual[index], expected.Storage), relative, tolerance.Absolute),
            (double[] wanted, double[] actual) => index => IsClose(wanted[index], actual[index], relative, tolerance.Absolute),
            _ when expected.IsQuantized => index => Math.Abs(Number(expected.Values, index) - Number(values, index)) <= tolerance.QuantizedSteps,
            _ => index => expected.Values.GetValue(index)!.Equals(values.GetValue(index)),
        };
        int wrong = 0;
        int first = -1;
        for (int index = 0; index < values.Length; index++)
        {
            if (!isEqual(index))
            {
                first = wrong++ == 0 ? index : first;
            }
        }

        return wrong == 0
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{wrong} of {values.Length} elements differ, the first at {first}: expected {expected.Values.GetValue(first)}, got {values.GetValue(first)}");
    }

    private static bool IsClose(double expected, double actual, double relative, double absolute) =>
        expected.Equals(actual)
        || expected == actual
        || (double.IsFinite(expected) && Math.Abs(actual - expected) <= absolute + (relative * Math.Abs(expected)));

    private static string? Whole(double[] expected, double[] actual, double limit)
    {
        double error = 0;
        double size = 0;
        for (int index = 0; index < expected.Length; index++)
        {
            double difference = actual[index].Equals(expected[index]) ? 0 : actual[index] - expected[index];
            error += difference * difference;
            size += double.IsFinite(expected[index]) ? expected[index] * expected[index] : 0;
        }

        error = Math.Sqrt(error / Math.Max(1, expected.Length));
        size = Math.Sqrt(size / Math.Max(1, expected.Length));
        return error <= (limit * size) + Negligible
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"the root mean square of the differences is {error:G3}, of the expected elements {size:G3}");
    }

    private static double[] Numbers(Array values)
    {
        var numbers = new double[values.Length];
        for (int index = 0; index < numbers.Length; index++)
        {
            numbers[index] = Number(values, index);
        }

        return numbers;
    }

    private static double Number(Array values, int index) => Convert.ToDouble(values.GetValue(index), CultureInfo.InvariantCulture);

    private static float Store(float value, Storage storage) => storage switch
    {
        Storage.Half => (float)(Half)value,
        Storage.Brain => Brain(value),
        _ => value,
    };

    // Half of the last place, a little less where that is even: ties go to the even neighbour.
    private static float Brain(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsFinite(value) ? BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000) : value;
    }
}
