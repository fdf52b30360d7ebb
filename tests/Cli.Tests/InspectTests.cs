using System;
using System.IO;
using ModelCompiler.Compiler.Tests;
using Xunit;

namespace ModelCompiler.Cli.Tests;

/// <summary><c>modelc inspect</c>: the same lines for every format.</summary>
public sealed class InspectTests
{
    [Fact]
    public void An_onnx_file_is_described() => AssertDescribed(
        """
        format      ONNX, operator set 13
        input       image: Float32 1×1×28×28
        output      logits: Float32 1×10
        operators   9 BatchNormalization, 9 Conv, 9 Relu, 2 Add, 1 Flatten, 1 Gemm, 1 GlobalAveragePool, 1 MaxPool
        constants   11,178 float32
        parameters  10,122
        MACs        842,656
        operations  9 Conv2D, 2 Elementwise, 2 Pool2D, 2 Reshape, 1 FullyConnected
        quantised   no layer
        """,
        Samples.Digits("digits.onnx"));

    [Fact]
    public void A_frozen_graph_is_described_between_its_ends() => AssertDescribed(
        """
        format      TensorFlow, frozen graph
        input       normalised: Float32 1×64×64×3
        output      final_result: Float32 1×8
        operators   57 Identity, 11 FusedBatchNormV3, 9 Relu6, 6 Conv2D, 5 DepthwiseConv2dNative, 2 AddV2, 1 Add, 1 BiasAdd, 1 Floor, 1 MatMul, 1 Mean, 1 Mul, 1 RandomUniform, 1 RealDiv, 1 Shape, 1 Softmax
        constants   18,953 float32, 2 int32
        parameters  17,416
        MACs        1,502,976
        operations  11 Conv2D, 2 Elementwise, 1 FullyConnected, 1 Pool2D, 1 Reshape, 1 Softmax
        quantised   no layer
        """,
        Samples.Shapes("shapes.pb"), "--inputs", "normalised", "--input-shape", "normalised:1,64,64,3");

    [Fact]
    public void A_saved_model_is_described_by_its_signature()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["saved_model.pb"], Samples.SavedModel());
        AssertDescribed(
            """
            format      TensorFlow, SavedModel
            input       picture: Float32 1×64×64×3
            output      scores: Float32 1×8
            operators   57 Identity, 11 FusedBatchNormV3, 9 Relu6, 6 Conv2D, 5 DepthwiseConv2dNative, 2 AddV2, 1 Add, 1 BiasAdd, 1 Floor, 1 MatMul, 1 Mean, 1 Mul, 1 RandomUniform, 1 RealDiv, 1 Shape, 1 Softmax
            constants   18,953 float32, 2 int32
            parameters  17,416
            MACs        1,502,976
            operations  11 Conv2D, 2 Elementwise, 1 FullyConnected, 1 Pool2D, 1 Reshape, 1 Softmax
            quantised   no layer
            """,
            folder.FullPath);
    }

    [SharedDataFact]
    public void A_quantised_tensorflow_lite_file_is_described_with_its_grids() => AssertDescribed(
        """
        format      TensorFlow Lite
        input       Reshape_1: Int8 1×1960
        output      labels_softmax: Int8 1×4
        operators   1 DEPTHWISE_CONV_2D, 1 FULLY_CONNECTED, 1 RESHAPE, 1 SOFTMAX
        constants   16,000 int8 with one scale, 640 int8 with a scale a channel, 8 int32 with a scale a channel, 4 int32, 4 int32 with one scale
        parameters  16,652
        MACs        336,000
        operations  4 Requantize, 2 Elementwise, 2 Reshape, 1 Conv2D, 1 FullyConnected, 1 Softmax
        quantised   2 of 2 layers compute in integers; weights of 1 are int8 with a scale a channel; weights of 1 are int8 with one scale; 4 values are on the file's grids
        grid        Reshape_1: 0 to 25.9375 in steps of 0.101716
        grid        Relu: 0 to 21.4677 in steps of 0.084187
        grid        add_1: -13.0259 to 10.3657 in steps of 0.0917319
        grid        labels_softmax: 0 to 0.996094 in steps of 0.00390625
        """,
        Repository.Shared("tflite", "tflm", "micro_speech_int8.tflite"));

    [Fact]
    public void Of_a_file_that_cannot_be_compiled_everything_is_said_at_once()
    {
        (int exitCode, string output, string error) = Samples.Run("inspect", Samples.Shapes("shapes.pb"));

        Assert.Equal(1, exitCode);
        Assert.Contains("input       contents: string scalar\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("output      final_result\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("\nunsupported 1 DecodeJpeg\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("constants   18,955 float32, 5 int32", output, StringComparison.Ordinal);
        Assert.Contains("error MC1024: input 'contents' is text, or the bytes of a file, which no class takes; set Inputs=\"Cast\"", error, StringComparison.Ordinal);
        Assert.Contains("error MC1010: node 'DecodeJpeg': operator DecodeJpeg (TensorFlow) is not supported", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.pb", "MC1004")]
    [InlineData("model.onnx", "MC1004")]
    [InlineData("model.tflite", "MC1004")]
    [InlineData("model.txt", "MC1003")]
    public void Of_a_file_that_cannot_be_read_the_reason_is_said(string name, string code)
    {
        using var folder = new TemporaryFolder();

        (int exitCode, string output, string error) = Samples.Run("inspect", folder.Write(name, "something else"));

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains($"error {code}: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_graph_is_shown_after_a_pass()
    {
        string imported = Samples.Run("inspect", Samples.Digits("digits.onnx"), "--after", "import").Output;
        string folded = Samples.Run("inspect", Samples.Digits("digits.onnx"), "--after", "fold-affine").Output;

        Assert.Contains("((x0 · x1) + x2)", imported, StringComparison.Ordinal);
        Assert.DoesNotContain("((x0 · x1) + x2)", folded, StringComparison.Ordinal);
    }

    [Fact]
    public void The_passes_are_named_to_whoever_does_not_know_them()
    {
        (int exitCode, _, string error) = Samples.Run("inspect", Samples.Digits("digits.onnx"), "--after", "magic");

        Assert.Equal(1, exitCode);
        Assert.Contains("error MC2001: --after=\"magic\" is not valid: use one of import, remove-no-ops", error, StringComparison.Ordinal);
    }

    private static void AssertDescribed(string expected, params string[] arguments)
    {
        (int exitCode, string output, string error) = Samples.Run(["inspect", .. arguments]);

        Assert.Equal("", error);
        Assert.Equal(expected.ReplaceLineEndings("\n"), output.ReplaceLineEndings("\n").TrimEnd('\n'));
        Assert.Equal(0, exitCode);
    }
}
