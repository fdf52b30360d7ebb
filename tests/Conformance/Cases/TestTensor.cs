using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Cases;

/// <summary>How the elements of a test vector are stored where it is not as the compiler's types.</summary>
internal enum Storage
{
    /// <summary>In full.</summary>
    Full,

    /// <summary>As IEEE 754 half precision; widened to float32 here.</summary>
    Half,

    /// <summary>As bfloat16; widened to float32 here.</summary>
    Brain,
}

/// <summary>A tensor of a test vector.</summary>
/// <param name="Name">The model's name for it.</param>
/// <param name="Type">Of the elements.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Values">The elements in row-major order: an array of the .NET type.</param>
/// <param name="Storage">How the file had them.</param>
/// <param name="IsQuantized">Whether the integers stand for real numbers.</param>
internal sealed record TestTensor(string Name, ElementType Type, ImmutableArray<int> Shape, Array Values, Storage Storage = Storage.Full, bool IsQuantized = false)
{
    /// <summary>Type and shape, for people.</summary>
    public string Description => Describe(Type, Shape.AsSpan());

    /// <summary>Type and shape, for people.</summary>
    public static string Describe(ElementType type, ReadOnlySpan<int> shape) => $"{type}[{string.Join('×', shape.ToArray().Select(extent => extent.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
}

/// <summary>One set of inputs with the outputs that belong to it.</summary>
/// <param name="Inputs">By their names.</param>
/// <param name="Outputs">In the model's order.</param>
internal sealed record TestVector(ImmutableArray<TestTensor> Inputs, ImmutableArray<TestTensor> Outputs);
