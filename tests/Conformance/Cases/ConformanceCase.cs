using System.Collections.Immutable;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Cases;

/// <summary>A model and what it should give.</summary>
/// <param name="name">Unique in the suite.</param>
/// <param name="modelPath">The model file.</param>
internal abstract class ConformanceCase(string name, string modelPath)
{
    /// <summary>Unique in the suite.</summary>
    public string Name { get; } = name;

    /// <summary>The model file.</summary>
    public string ModelPath { get; } = modelPath;

    /// <summary>How far a float32 model may be off.</summary>
    public abstract Tolerance Tolerance { get; }

    /// <summary>Whether it must not be compiled together with others, for want of memory.</summary>
    public virtual bool IsLarge => false;

    /// <summary>Shapes of inputs that the model leaves open, from the test's data.</summary>
    public virtual ImmutableDictionary<string, ImmutableArray<int>> OpenShapes => ImmutableDictionary<string, ImmutableArray<int>>.Empty;

    /// <summary>The test vectors.</summary>
    /// <param name="plan">The compiled model, for its names and shapes.</param>
    /// <exception cref="TestDataException">They cannot be read.</exception>
    public abstract ImmutableArray<TestVector> Vectors(ModelPlan plan);

    /// <summary>Names of the model's inputs.</summary>
    public virtual ImmutableArray<string> InputNames => [];

    /// <summary>What the test gives for an input, as <c>InputValue</c> takes it, or <see langword="null"/> when there is no such input or there are several tests.</summary>
    public virtual ImmutableArray<double>? ValueOf(string input) => null;
}

/// <summary>A test's data cannot be read; the message says why.</summary>
/// <param name="message">Why.</param>
internal sealed class TestDataException(string message) : System.Exception(message);
