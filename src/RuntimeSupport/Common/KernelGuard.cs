using System;
using System.Diagnostics.CodeAnalysis;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The checks at the entry of a kernel, which make the unchecked loads behind them safe.</summary>
public static class KernelGuard
{
    /// <summary>Throws unless a span of <paramref name="length"/> elements holds <paramref name="needed"/>.</summary>
    /// <param name="length">Elements there are.</param>
    /// <param name="needed">Elements the kernel will touch.</param>
    /// <param name="name">The span's parameter name.</param>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static void Holds(int length, long needed, string name)
    {
        if (length < needed)
        {
            Throw(length, needed, name);
        }
    }

    [DoesNotReturn]
    private static void Throw(int length, long needed, string name) =>
        throw new ArgumentException($"The span holds {length} elements, the kernel needs {needed}.", name);
}
