using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Cases;

/// <summary>
/// One of ONNX's whole architectures with uniform weights. The input is what ONNX's own runner makes: the numbers 0…n−1, divided by n.
/// </summary>
/// <param name="name">Unique in the suite.</param>
/// <param name="modelPath">The model file.</param>
/// <param name="outputPath">The expected output.</param>
internal sealed class LightCase(string name, string modelPath, string outputPath) : ConformanceCase(name, modelPath)
{
    /// <inheritdoc/>
    public override Tolerance Tolerance => Tolerance.OfOnnx;

    /// <inheritdoc/>
    public override bool IsLarge => true;

    /// <inheritdoc/>
    public override ImmutableArray<TestVector> Vectors(ModelPlan plan)
    {
        ImmutableArray<TestTensor> inputs = [.. plan.Inputs.Select(port =>
        {
            int count = port.Shape.Aggregate(1, (product, extent) => product * extent);
            return new TestTensor(port.Name, ElementType.Float32, [.. port.Shape], Enumerable.Range(0, count).Select(index => (float)((double)index / count)).ToArray());
        })];
        ValueInfoProto output = OnnxFiles.Model(ModelPath).Graph.Output[0];
        return [new TestVector(inputs, [OnnxFiles.Tensor(outputPath, output)])];
    }
}
