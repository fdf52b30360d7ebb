using System;
using System.Collections.Generic;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>Makes contenders from what can be said on a command line.</summary>
internal static class ContenderFactory
{
    /// <summary>Makes a contender of its <see cref="IContender.Recipe"/>.</summary>
    public static IContender Create(IReadOnlyList<string> recipe) => recipe[0] switch
    {
        nameof(GeneratedContender) => new GeneratedContender(recipe[1], recipe[2]),
        nameof(OnnxRuntimeContender) => new OnnxRuntimeContender(recipe[1], recipe[2]),
        nameof(TensorFlowLiteContender) => new TensorFlowLiteContender(recipe[1]),
        string other => throw new ArgumentException($"{other} is not a contender", nameof(recipe)),
    };
}
