using System.Collections.Immutable;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Compiling;

/// <summary>A test on its way from the plan to the verdict.</summary>
/// <param name="Name">The test's name.</param>
/// <param name="Plan">The model's plan; its class name is unique in the run.</param>
/// <param name="Weights">The constants.</param>
/// <param name="Vectors">What to feed and to expect.</param>
/// <param name="Tolerance">How far outputs may be off.</param>
/// <param name="HasFixedInputs">Whether inputs were fixed with <c>InputValue</c>.</param>
internal sealed record CompiledCase(
    string Name, ModelPlan Plan, byte[] Weights, ImmutableArray<TestVector> Vectors, Tolerance Tolerance, bool HasFixedInputs);
