using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Cases;

/// <summary>A folder of ONNX's backend tests: a model and sets of <c>input_N.pb</c> and <c>output_N.pb</c>.</summary>
/// <param name="name">Unique in the suite.</param>
/// <param name="modelPath">The model file.</param>
/// <param name="dataSets">The folders of data.</param>
/// <param name="constants">Which of the inputs have been made constants.</param>
internal sealed class OnnxCase(string name, string modelPath, ImmutableArray<string> dataSets, ImmutableHashSet<int>? constants = null) : ConformanceCase(name, modelPath)
{
    private readonly ImmutableHashSet<int> constants = constants ?? [];

    /// <inheritdoc/>
    public override Tolerance Tolerance => Tolerance.OfOnnx;

    /// <inheritdoc/>
    public override ImmutableDictionary<string, ImmutableArray<int>> OpenShapes
    {
        get
        {
            ModelProto model = OnnxFiles.Model(ModelPath);
            IEnumerable<string> files = OnnxFiles.Numbered(dataSets[0], "input").Where((_, index) => !constants.Contains(index));
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
            [.. model.Graph.Input.Zip(OnnxFiles.Numbered(folder, "input").Where((_, index) => !constants.Contains(index)), (value, path) => OnnxFiles.Tensor(path, value))],
            [.. model.Graph.Output.Zip(OnnxFiles.Numbered(folder, "output"), (value, path) => OnnxFiles.Tensor(path, value))]))];
    }

    /// <inheritdoc/>
    public override ConformanceCase? WithConstantInputs(int attempt, string folder)
    {
        // Shapes come mostly after the data; at last the whole model is one constant, and the compiler's own evaluation is what is tested.
        ImmutableArray<string> files = OnnxFiles.Numbered(dataSets[0], "input");
        int kept = 1 - attempt;
        if (dataSets.Length > 1 || constants.Count > 0 || kept < 0 || files.Length <= kept)
        {
            return null;
        }

        ModelProto model = OnnxFiles.Model(ModelPath);
        for (int index = files.Length - 1; index >= kept; index--)
        {
            TensorProto tensor = OnnxFiles.Proto(files[index]);
            tensor.Name = model.Graph.Input[index].Name;
            model.Graph.Initializer.Add(tensor);
            model.Graph.Input.RemoveAt(index);
        }

        string path = Path.Combine(folder, $"{Name.Replace('/', '_')}.{kept}.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        return new OnnxCase(Name, path, dataSets, [.. Enumerable.Range(kept, files.Length - kept)]);
    }

    // An extent of 0 counts as open in the importer: exporters write it for "unknown".
    private static bool IsOpen(ValueInfoProto value) => value.Type?.TensorType is { } type
        && (type.Shape is null || type.Shape.Dim.Any(dimension => dimension.DimValue <= 0));
}
