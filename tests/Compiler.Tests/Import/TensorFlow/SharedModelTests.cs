using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Import.TensorFlow;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlow;

public class SharedModelTests
{
    [SharedDataFact]
    public void The_passes_do_what_optimize_for_inference_does()
    {
        CompileResult retrained = Compile(Poets("retrained_graph.pb")), optimized = Compile(Poets("optimized_graph.pb"), [1, 128, 128, 3]);
        Assert.Equal(retrained.Plan!.Steps, optimized.Plan!.Steps);
        Assert.Equal(retrained.Weights, optimized.Weights);
    }

    [SharedDataFact]
    public void All_forms_of_the_network_become_the_same_kernels()
    {
        string[] frozen = Kernels("mobilenet_v1_0.25_128_frozen_graph.pb"), quantized = Kernels("mobilenet_v1_0.25_128_quantized_graph.pb");
        Assert.Equal(frozen, quantized);
        Assert.Equal(frozen.Take(27), Kernels("retrained_graph.pb").Take(27));
    }

    [SharedDataFact]
    public void A_saved_model_computes_with_its_variables()
    {
        float[] pixels = [.. MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Mlnet(Path.Combine("cifar_frozen_model.golden", "in_0_0.bin"))))];
        var variables = new VariableBundle(Mlnet(Path.Combine("cifar_saved_model", "variables", "variables")));
        float[] kernel = variables.Find("Wconv1")!.Values<float>(), bias = variables.Find("bconv1")!.Values<float>(), weights = variables.Find("W1")!.Values<float>();

        // The signature's 'Output' is the sum behind the node of that name, which lacks the bias.
        double[] expected = variables.Find("b1")!.ToFloat64();
        for (int place = 0; place < 13 * 13 * 32; place++)
        {
            (int row, int column, int channel) = (place / 32 / 13 * 2, place / 32 % 13 * 2, place % 32);
            double sum = bias[channel] + Enumerable.Range(0, 7 * 7 * 3).Sum(tap =>
                (double)pixels[((((row + (tap / 21)) * 32) + column + (tap / 3 % 7)) * 3) + (tap % 3)] * kernel[(tap * 32) + channel]);
            for (int output = 0; output < expected.Length; output++)
            {
                expected[output] += Math.Max(0, sum) * weights[(place * 10) + output];
            }
        }

        Running.Close([.. expected.Select(number => (float)number)], Run(Mlnet("cifar_saved_model"), "Input", pixels, "Output"), 1e-5, "Output");
    }

    [SharedDataFact]
    public void A_saved_model_with_dropout_gives_a_distribution()
    {
        float[] scores = Run(Mlnet("mnist_conv_model"), "Features", new float[28 * 28], "Prediction");
        Assert.Equal(10, scores.Length);
        Assert.Equal(1, scores.Sum(), 1e-5);
    }

    private static float[] Run(string path, string input, float[] numbers, string output)
    {
        CompileResult result = CompilerDriver.Compile(new CompileOptions { ModelPath = path, ClassName = "Model", Outputs = [output] });
        Assert.True(result.Plan is not null, string.Join('\n', result.Diagnostics));
        var executor = new PlanExecutor(result.Plan, result.Weights);
        executor.Feed<float>(input, numbers);
        executor.Infer();
        return executor.Fetch<float>(output);
    }

    private static string[] Kernels(string file) => [.. Compile(Poets(file)).Plan!.Steps.Select(step => step.Kernel)];

    private static CompileResult Compile(string path, params int[] shape)
    {
        ImmutableDictionary<string, ImmutableArray<int>> shapes = ImmutableDictionary<string, ImmutableArray<int>>.Empty;
        CompileResult result = CompilerDriver.Compile(new CompileOptions { ModelPath = path, ClassName = "Model", InputShapes = shape.Length == 0 ? shapes : shapes.Add("input", [.. shape]) });
        Assert.True(result.Plan is not null, string.Join('\n', result.Diagnostics));
        return result;
    }

    private static string Poets(string file) => Repository.Shared("tf", "poets", file);

    private static string Mlnet(string file) => Repository.Shared("tf", "mlnet", file);
}
