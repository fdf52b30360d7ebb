using System;
using System.Collections.Immutable;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>A model in a runtime, ready for predictions on one thread: inputs are taken from arrays, outputs are left in arrays.</summary>
internal interface IContender : IDisposable
{
    /// <summary>The runtime, and the form of the model where it takes several.</summary>
    string Name { get; }

    /// <summary>Bytes of what an application ships for it beside .NET: libraries and model.</summary>
    long ShippedBytes { get; }

    /// <summary>What makes it again in another process; see <see cref="ContenderFactory.Create"/>.</summary>
    ImmutableArray<string> Recipe { get; }

    /// <summary>Gives the inputs numbers that are the same for every runtime.</summary>
    /// <param name="arePixels">Whether floats are to be 0…255.</param>
    void FillInputs(bool arePixels);

    /// <summary>One prediction.</summary>
    void Predict();
}
