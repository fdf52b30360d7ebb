using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Google.Protobuf;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Tests.Import;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>What is generated for devices without floating point.</summary>
public sealed class IntegerOnlyTests
{
    // Between the caller's pixels and numbers and the first or last bytes of the model; and what makes scores of them.
    private static readonly string[] Edge =
    [
        "QuantizeUInt8", "DequantizeUInt8", "Pixels", "SoftmaxFloat32", "TopK", "Common/Requantization.cs", "Common/Exponential", "Common/FloatRange.cs",
        "Common/FusedMultiplyAdd.cs", "Common/FusedInstruction.cs", "Common/FloatRequantizer.cs",
    ];

    [Fact]
    public void No_kernel_but_those_at_the_edge_knows_floats()
    {
        Dictionary<string, string> kernels = Kernels(Precision.Int8Only);
        Assert.Contains("Conv2DFixedPoint/Conv2DFixedPoint.cs", kernels.Keys);
        string[] inFloat = [.. kernels.Where(file => !IsEdge(file.Key) && MentionsFloat(file.Value)).Select(file => file.Key)];
        Assert.Empty(inFloat);

        // What the requantisation in float32 is made of must not come along with that in integers.
        Assert.DoesNotContain("Common/FloatRequantizer.cs", kernels.Keys);
    }

    [Fact]
    public void In_int8_kernels_multiply_in_float()
    {
        Dictionary<string, string> kernels = Kernels(Precision.Int8);
        Assert.Contains("Common/FloatRequantizer.cs", kernels.Keys);
        Assert.DoesNotContain("Common/FixedPoint.cs", kernels.Keys);
    }

    private static bool IsEdge(string path) => Edge.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal));

    private static bool MentionsFloat(string source) =>
        Regex.IsMatch(Regex.Replace(source, "//.*", ""), @"\b(float|double|MathF|AsSingle|ConvertToSingle|Vector\d+<float>)\b");

    // The kernels' sources by their paths, for a small calibrated model: a convolution, a sum, a pooling.
    private static Dictionary<string, string> Kernels(Precision precision)
    {
        string folder = Directory.CreateTempSubdirectory("integers").FullName;
        try
        {
            var random = new Random(1);
            float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
            string model = Path.Combine(folder, "small.onnx");
            File.WriteAllBytes(model, OnnxModels.Model(OnnxModels.Graph(
                [
                    OnnxModels.Node("Conv", "x w", "a", OnnxModels.Integers("pads", 1, 1, 1, 1)),
                    OnnxModels.Node("Relu", "a", "r"),
                    OnnxModels.Node("Add", "r x", "s"),
                    OnnxModels.Node("GlobalAveragePool", "s", "y"),
                ],
                "y",
                [OnnxModels.Floats("w", [16, 16, 3, 3], Numbers(16 * 16 * 9))],
                OnnxModels.Input("x", OnnxTypes.Float, 1L, 16L, 6L, 6L))).ToByteArray());
            string sample = Path.Combine(folder, "sample.bin");
            File.WriteAllBytes(sample, [.. Numbers(16 * 36).SelectMany(BitConverter.GetBytes)]);
            CompileResult result = CompilerDriver.Compile(new CompileOptions { ModelPath = model, ClassName = "Small", Precision = precision, Calibration = [sample] });
            Assert.True(result.Plan is not null, string.Join('\n', result.Diagnostics.Select(found => found.Message)));
            string source = GeneratorHarness.Run(GeneratorHarness.Files(result.Plan, result.Weights)).Sources().Single(file => file.Key.Contains("Kernels", StringComparison.Ordinal)).Value;
            return Regex.Split(source, @"^// (?=\w+/[\w.]+\.cs\r?$)", RegexOptions.Multiline).Skip(1)
                .Select(part => part.Split('\n', 2)).ToDictionary(part => part[0].Trim(), part => part[1], StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
