using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Cases;

/// <summary>A folder of ONNX's backend tests: a model and sets of <c>input_N.pb</c> and <c>output_N.pb</c>.</summary>
/// <param name="name">Unique in the suite.</param>
/// <param name="modelPath">The model file.</param>
/// <param name="dataSets">The folders of data.</param>
internal sealed class OnnxCase(string name, string modelPath, ImmutableArray<string> dataSets) : ConformanceCase(name, modelPath)
{
    /// <inheritdoc/>
    public override Tolerance Tolerance => Tolerance.OfOnnx;

    /// <inheritdoc/>
    public override ImmutableDictionary<string, ImmutableArray<int>> OpenShapes
    {
        get
        {
            ModelProto model = OnnxFiles.Model(ModelPath);
            IEnumerable<string> files = OnnxFiles.Numbered(dataSets[0], "input");
            HashSet<string> initialized = [.. model.Graph.Initializer.Select(tensor => tensor.Name)];
            return model.Graph.Input.Zip(files)
                .Where(pair => IsOpen(pair.First) && !initialized.Contains(pair.First.Name))
                .ToImmutableDictionary(pair => pair.First.Name, pair => OnnxFiles.Proto(pair.Second).Dims.Select(extent => (int)extent).ToImmutableArray());
        }
    }

    /// <inheritdoc/>
    public override ImmutableArray<TestVector> Vectors(ModelPlan plan)
    {
        ModelProto model = OnnxFiles.Model(ModelPath);
        return [.. dataSets.Select(folder => new TestVector(
            [.. Inputs(model, folder)], [.. model.Graph.Output.Zip(OnnxFiles.Numbered(folder, "output"), (value, path) => OnnxFiles.Tensor(path, value))]))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<string> InputNames => [.. OnnxFiles.Model(ModelPath).Graph.Input.Select(input => input.Name)];

    /// <inheritdoc/>
    public override ImmutableArray<double>? ValueOf(string input) =>
        dataSets.Length == 1 && Inputs(OnnxFiles.Model(ModelPath), dataSets[0]).FirstOrDefault(tensor => tensor.Name == input) is { } tensor && tensor.Values is not string[]
            ? [.. tensor.Values.Cast<object>().Select(value => Convert.ToDouble(value, CultureInfo.InvariantCulture))]
            : null;

    private static IEnumerable<TestTensor> Inputs(ModelProto model, string folder) =>
        model.Graph.Input.Zip(OnnxFiles.Numbered(folder, "input"), (value, path) => OnnxFiles.Tensor(path, value));

    // An extent of 0 counts as open in the importer: exporters write it for "unknown".
    private static bool IsOpen(ValueInfoProto value) => value.Type?.TensorType is { } type
        && (type.Shape is null || type.Shape.Dim.Any(dimension => dimension.DimValue <= 0));
}
