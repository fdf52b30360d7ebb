using System;
using System.Collections.Immutable;
using System.IO;
using ModelCompiler.Benchmarks.Models;
using static ModelCompiler.Benchmarks.Contenders.TensorFlowLiteLibrary;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>TensorFlow Lite with XNNPACK.</summary>
internal sealed class TensorFlowLiteContender : IContender
{
    /// <summary>Name of the contender.</summary>
    public const string Title = "TensorFlow Lite";

    private readonly string path;
    private readonly IntPtr model;
    private readonly IntPtr delegated;
    private readonly IntPtr interpreter;
    private readonly Tensor[] inputs;
    private readonly Tensor[] outputs;

    /// <summary>Loads a model.</summary>
    /// <param name="path">The .tflite file.</param>
    /// <exception cref="BenchmarkException">The library refuses it.</exception>
    public TensorFlowLiteContender(string path)
    {
        this.path = path;
        model = Expect(TfLiteModelCreateFromFile(path), "cannot be read");
        delegated = Expect(TfLiteXNNPackDelegateCreate(XnnpackOptions.SingleThread), "XNNPACK cannot be used");
        IntPtr options = TfLiteInterpreterOptionsCreate();
        TfLiteInterpreterOptionsSetNumThreads(options, 1);
        TfLiteInterpreterOptionsAddDelegate(options, delegated);
        interpreter = Expect(TfLiteInterpreterCreate(model, options), "has operators that the library does not know");
        TfLiteInterpreterOptionsDelete(options);
        Expect(TfLiteInterpreterAllocateTensors(interpreter));
        inputs = new Tensor[TfLiteInterpreterGetInputTensorCount(interpreter)];
        for (int index = 0; index < inputs.Length; index++)
        {
            inputs[index] = new Tensor(TfLiteInterpreterGetInputTensor(interpreter, index));
        }

        outputs = new Tensor[TfLiteInterpreterGetOutputTensorCount(interpreter)];
        for (int index = 0; index < outputs.Length; index++)
        {
            outputs[index] = new Tensor(TfLiteInterpreterGetOutputTensor(interpreter, index));
        }
    }

    /// <inheritdoc/>
    public string Name => Title;

    /// <inheritdoc/>
    public long ShippedBytes => new FileInfo(path).Length + new FileInfo(TensorFlowLiteLibrary.Path).Length;

    /// <inheritdoc/>
    public ImmutableArray<string> Recipe => [nameof(TensorFlowLiteContender), path];

    /// <inheritdoc/>
    public void FillInputs(bool arePixels)
    {
        foreach (Tensor input in inputs)
        {
            Noise.Fill(input.Data, TfLiteTensorType(input.Handle) == TensorType.Float32, arePixels);
        }
    }

    /// <inheritdoc/>
    public void Predict()
    {
        foreach (Tensor input in inputs)
        {
            Expect(TfLiteTensorCopyFromBuffer(input.Handle, input.Data, (nuint)input.Data.Length));
        }

        Expect(TfLiteInterpreterInvoke(interpreter));
        foreach (Tensor output in outputs)
        {
            Expect(TfLiteTensorCopyToBuffer(output.Handle, output.Data, (nuint)output.Data.Length));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TfLiteInterpreterDelete(interpreter);
        TfLiteXNNPackDelegateDelete(delegated);
        TfLiteModelDelete(model);
    }

    private static void Expect(int status)
    {
        if (status != 0)
        {
            throw new BenchmarkException($"TensorFlow Lite gives up with status {status}.");
        }
    }

    private IntPtr Expect(IntPtr made, string problem) => made != IntPtr.Zero ? made : throw new BenchmarkException($"TensorFlow Lite: {System.IO.Path.GetFileName(path)} {problem}.");

    private sealed record Tensor(IntPtr Handle)
    {
        public byte[] Data { get; } = new byte[(int)TfLiteTensorByteSize(Handle)];
    }
}
