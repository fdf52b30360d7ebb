using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace Xunit;

/// <summary>xunit's assertions, with its meaning of equality: a NaN equals a NaN, and zero equals minus zero.</summary>
internal static class Assert
{
    /// <summary>How many assertions there were so far. Tests run one after the other, and a static class can count in no other place.</summary>
    public static long Count { get; private set; }

    public static void True(bool condition, string? message = null)
    {
        Count++;
        if (!condition)
        {
            throw new AssertionException(message ?? "should be true");
        }
    }

    public static void False(bool condition) => True(!condition, "should be false");

    public static void Fail(string message) => True(false, message);

    public static void Equal<T>(T expected, T actual)
    {
        if (expected is IEnumerable expectedElements and not string && actual is IEnumerable actualElements)
        {
            EqualElements([.. expectedElements.Cast<object>()], [.. actualElements.Cast<object>()]);
        }
        else
        {
            True(EqualityComparer<T>.Default.Equals(expected, actual), FormattableString.Invariant($"should be {expected}, is {actual}"));
        }
    }

    public static void Equal(double expected, double actual, double tolerance) =>
        True(Math.Abs(expected - actual) <= tolerance, FormattableString.Invariant($"should be {expected} within {tolerance}, is {actual}"));

    public static void InRange<T>(T actual, T low, T high)
        where T : IComparable<T> =>
        True(actual.CompareTo(low) >= 0 && actual.CompareTo(high) <= 0, FormattableString.Invariant($"{actual} should be from {low} to {high}"));

    public static void All<T>(IEnumerable<T> values, Action<T> assertion)
    {
        foreach (T value in values)
        {
            assertion(value);
        }
    }

    public static void Throws<TException>(string parameterName, Action action)
        where TException : ArgumentException =>
        Equal(parameterName, Caught<TException>(action).ParamName);

    public static void Throws<TException>(Action action)
        where TException : Exception =>
        Caught<TException>(action);

    private static void EqualElements(object[] expected, object[] actual)
    {
        Equal(expected.Length, actual.Length);
        for (int index = 0; index < expected.Length; index++)
        {
            if (!expected[index].Equals(actual[index]))
            {
                Fail(FormattableString.Invariant($"element {index} should be {expected[index]}, is {actual[index]}"));
            }
        }
    }

    private static TException Caught<TException>(Action action)
        where TException : Exception
    {
        Count++;
        try
        {
            action();
        }
        catch (TException exception) when (exception.GetType() == typeof(TException))
        {
            return exception;
        }

        throw new AssertionException($"should throw {typeof(TException).Name}");
    }
}
