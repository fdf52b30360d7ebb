using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>Makes contenders from what can be said on a command line.</summary>
internal static class ContenderFactory
{
    /// <summary>Makes a contender of its <see cref="IContender.Recipe"/>.</summary>
    public static IContender Create(IReadOnlyList<string> recipe) => recipe[0] switch
    {
        nameof(GeneratedContender) => Generated(recipe),
        nameof(OnnxRuntimeContender) => OnnxRuntime(recipe),
        nameof(TensorFlowLiteContender) => TensorFlowLite(recipe),
        string other => throw new ArgumentException($"{other} is not a contender", nameof(recipe)),
    };

    // A method each: a cold process loads the types that a method mentions, and is to load those of one contender only.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static GeneratedContender Generated(IReadOnlyList<string> recipe) => new(recipe[1], recipe[2]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OnnxRuntimeContender OnnxRuntime(IReadOnlyList<string> recipe) => new(recipe[1], recipe[2]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TensorFlowLiteContender TensorFlowLite(IReadOnlyList<string> recipe) => new(recipe[1]);
}
