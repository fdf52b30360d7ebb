using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ModelCompiler.Benchmarks.Models;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>Microsoft.ML.OnnxRuntime with all its optimisations, inputs and outputs allocated once.</summary>
internal sealed class OnnxRuntimeContender : IContender
{
    /// <summary>Name of the contender with the model as it is.</summary>
    public const string Float = "ONNX Runtime float32";

    /// <summary>Name of the contender with our int8 model, exported.</summary>
    public const string Int8 = "ONNX Runtime int8";

    private readonly string path;
    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly string[] inputNames;
    private readonly string[] outputNames;
    private readonly OrtValue[] inputs;
    private readonly OrtValue[] outputs;

    /// <summary>Loads a model.</summary>
    /// <param name="name">The contender's name.</param>
    /// <param name="path">The ONNX file.</param>
    public OnnxRuntimeContender(string name, string path)
    {
        Name = name;
        this.path = path;
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        session = new InferenceSession(path, options);
        inputNames = [.. session.InputNames];
        outputNames = [.. session.OutputNames];
        inputs = Array.ConvertAll(inputNames, input => Allocate(session.InputMetadata[input]));
        outputs = Array.ConvertAll(outputNames, output => Allocate(session.OutputMetadata[output]));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long ShippedBytes => new FileInfo(path).Length + new FileInfo(typeof(InferenceSession).Assembly.Location).Length + NativeBytes();

    /// <inheritdoc/>
    public ImmutableArray<string> Recipe => [nameof(OnnxRuntimeContender), Name, path];

    /// <inheritdoc/>
    public void FillInputs(bool arePixels)
    {
        foreach (OrtValue input in inputs)
        {
            Noise.Fill(input.GetTensorMutableRawData(), input.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float, arePixels);
        }
    }

    /// <inheritdoc/>
    public void Predict() => session.Run(runOptions, inputNames, inputs, outputNames, outputs);

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(inputs, input => input.Dispose());
        Array.ForEach(outputs, output => output.Dispose());
        runOptions.Dispose();
        session.Dispose();
    }

    // An open dimension is the batch.
    private static OrtValue Allocate(NodeMetadata port) =>
        OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, port.ElementDataType, Array.ConvertAll(port.Dimensions, extent => (long)Math.Max(extent, 1)));

    private static long NativeBytes()
    {
        using Process process = Process.GetCurrentProcess();
        IEnumerable<ProcessModule> modules = process.Modules.Cast<ProcessModule>();
        return modules.Select(module => module.FileName)
            .Where(file => Path.GetFileNameWithoutExtension(file) is "libonnxruntime" or "onnxruntime")
            .Distinct(StringComparer.Ordinal)
            .Sum(file => new FileInfo(file).Length);
    }
}
