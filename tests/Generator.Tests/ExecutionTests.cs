using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Microsoft.CodeAnalysis;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>Generated classes at work, against the executor of the same plan.</summary>
public sealed class ExecutionTests(ExecutionTests.LoadedClassifier loaded) : IClassFixture<ExecutionTests.LoadedClassifier>
{
    private const string Caller =
        """
        using System;
        using Samples.Digits;

        internal static class Caller
        {
            public static float[] Pixels(byte[] pixels)
            {
                var model = new Digits();
                Prediction best = model.Predict(pixels);
                float[] scores = model.Scores.ToArray();
                Array.Resize(ref scores, 5);
                scores[3] = best.Index;
                scores[4] = best.Score;
                return scores;
            }

            public static float[] Logits(float[] image)
            {
                float[] logits = new float[3];
                new Digits().Run(image, logits);
                return logits;
            }

            public static sbyte[] Quantized(sbyte[] image)
            {
                sbyte[] logits = new sbyte[3];
                new Digits().Run(image, logits);
                return logits;
            }

            public static string Top(byte[] pixels, int count)
            {
                var model = new Digits();
                model.Predict(pixels);
                string text = "";
                foreach (Prediction prediction in model.TopK(count))
                {
                    text += prediction.Index + "=" + prediction.Label + ";";
                }

                return text + Digits.Labels.Length;
            }

            public static long Allocated(byte[] pixels, float[] image)
            {
                var model = new Digits();
                float[] logits = new float[3];
                long before = 0;
                for (int round = 0; round < 200; round++)
                {
                    // The first rounds make the runtime compile.
                    before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
                    model.Predict(pixels);
                    model.Predict(image);
                    model.TopK(3);
                    model.Run(image, logits);
                }

                return GC.GetAllocatedBytesForCurrentThread() - before;
            }

            public static Prediction Short(byte[] pixels) => new Digits().Predict(pixels);
        }
        """;

    private static readonly byte[] Pixels = [.. Enumerable.Range(0, 16).Select(index => (byte)(index * 17))];
    private static readonly float[] Image = [.. Enumerable.Range(0, 16).Select(index => (index - 3) * 1.7f)];
    private static readonly sbyte[] Levels = [.. Enumerable.Range(0, 16).Select(index => (sbyte)((index * 13) - 100))];

    [Fact]
    public void A_generated_classifier_computes_what_the_executor_computes()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        var executor = new PlanExecutor(plan, weights);
        executor.FeedPixels("image", Pixels);
        executor.Infer();
        float[] logits = executor.Fetch<float>("logits");
        float[] results = Invoke<float[]>(loaded.Caller, "Pixels", Pixels);
        Assert.Equal(1f, results.Take(3).Sum(), 1e-6f);
        Assert.Equal(Array.IndexOf(logits, logits.Max()), (int)results[3]);
        Assert.Equal(results.Take(3).Max(), results[4]);

        executor.Feed<float>("image", Image);
        executor.Infer();
        Assert.Equal(Bits(executor.Fetch<float>("logits")), Bits(Invoke<float[]>(loaded.Caller, "Logits", Image)));
    }

    [Fact]
    public void Quantized_spans_are_the_arena_in_sbytes()
    {
        sbyte[] logits = Invoke<sbyte[]>(loaded.Caller, "Quantized", Levels);
        float[] reals = Invoke<float[]>(loaded.Caller, "Logits", Levels.Select(level => (level + 128 - 10) * 0.5f).ToArray());
        Assert.Equal(reals, logits.Select(level => level * 0.25f));
    }

    [Fact]
    public void Top_classes_come_best_first_with_their_labels()
    {
        float[] scores = Invoke<float[]>(loaded.Caller, "Pixels", Pixels);
        string[] labels = ["nought & nil", "one", "\"two\""];
        string expected = string.Concat(Enumerable.Range(0, 3).OrderByDescending(index => scores[index]).Select(index => $"{index}={labels[index]};"));
        Assert.Equal(expected + "3", Invoke<string>(loaded.Caller, "Top", Pixels, 3));
        Assert.IsType<ArgumentOutOfRangeException>(InnerOf(() => Invoke<string>(loaded.Caller, "Top", Pixels, 0)));
        Assert.IsType<ArgumentOutOfRangeException>(InnerOf(() => Invoke<string>(loaded.Caller, "Top", Pixels, 4)));
    }

    [Fact]
    public void Predicting_allocates_nothing() => Assert.Equal(0, Invoke<long>(loaded.Caller, "Allocated", Pixels, Image));

    [Fact]
    public void A_span_of_the_wrong_length_is_refused_with_the_expected_shape()
    {
        var exception = Assert.IsType<ArgumentException>(InnerOf(() => Invoke<object>(loaded.Caller, "Short", new byte[15])));
        Assert.Contains("expected 16 bytes: 4 × 4 × 1 pixels, got 15", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_a_resource_give_the_same_results_as_literals()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        float[] literals = Invoke<float[]>(loaded.Caller, "Logits", Image);
        ModelPlan other = plan with { WeightStorage = WeightStorage.Resource, WeightResource = "digits.weights" };
        var resource = new ResourceDescription("digits.weights", () => new MemoryStream(weights), isPublic: true);
        Execute(
            other,
            weights,
            type =>
            {
                Assert.Equal(Bits(literals), Bits(Invoke<float[]>(type, "Logits", Image)));
                Assert.True(IsMapped(type.Assembly));
            },
            resource);
    }

    [Fact]
    public void Many_literals_are_copied_to_where_a_cache_line_begins()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        float[] few = Invoke<float[]>(loaded.Caller, "Logits", Image);
        byte[] many = [.. weights, .. new byte[1 << 16]];
        Execute(plan with { WeightBytes = many.Length }, many, type =>
        {
            Assert.Equal(Bits(few), Bits(Invoke<float[]>(type, "Logits", Image)));
            Assert.Equal(0, (nint)Holder(type.Assembly).GetField("Address", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)! % 64);
        });
        Assert.Null(Holder(loaded.Caller.Assembly).GetField("Address", BindingFlags.NonPublic | BindingFlags.Static));
    }

    [Fact]
    public void A_missing_weight_resource_is_named()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        Execute(plan with { WeightStorage = WeightStorage.Resource, WeightResource = "digits.weights" }, weights, type =>
        {
            Exception exception = InnerOf(() => Invoke<float[]>(type, "Logits", Image));
            Assert.Contains("'digits.weights'", Assert.IsType<InvalidOperationException>(exception.InnerException).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Boolean_and_broadcast_tensors_pass_through_spans_of_the_callers()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Pair();
        const string Source =
            """
            internal static class Caller
            {
                public static float[] Run(float[] first, bool[] flags, bool[] inverse)
                {
                    float[] sum = new float[6];
                    new Pair().Run(@class: first, _0_flags: flags, class2: sum, inverse_0: inverse);
                    return sum;
                }
            }
            """;
        GeneratorHarness.Execute(GeneratorHarness.Files(plan, weights), Source, assembly =>
        {
            bool[] inverse = new bool[6];
            float[] sum = Invoke<float[]>(assembly.GetType("Caller")!, "Run", new float[] { 1, 2, 3, 4, 5, 6 }, new[] { true, false, true, true, false, false }, inverse);
            Assert.Equal([11, 24, 39, 26, 45, 66], sum);
            Assert.Equal([false, true, false, false, true, true], inverse);
        });
    }

    private static void Execute(ModelPlan plan, byte[] weights, Action<Type> test, params ResourceDescription[] resources) =>
        GeneratorHarness.Execute(GeneratorHarness.Files(plan, weights), Caller, assembly => test(assembly.GetType("Caller")!), resources);

    // Whether the weights lie in the mapped file: the fallback holds them in an array.
    private static bool IsMapped(Assembly assembly)
    {
        var memory = ((nint Address, object Owner))Holder(assembly).GetField("Memory", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;
        return memory.Owner is UnmanagedMemoryStream;
    }

    private static Type Holder(Assembly assembly) => assembly.GetType("Samples.Digits.Digits")!.GetNestedType("Weights", BindingFlags.NonPublic)!;

    private static T Invoke<T>(Type type, string method, params object[] arguments) => (T)type.GetMethod(method)!.Invoke(null, arguments)!;

    private static Exception InnerOf(Action action) => Assert.Throws<TargetInvocationException>(action).InnerException!;

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];

    /// <summary>The classifier with literals, compiled once for all tests.</summary>
    public sealed class LoadedClassifier : IDisposable
    {
        private readonly IDisposable assembly;

        /// <summary>Compiles and loads.</summary>
        public LoadedClassifier()
        {
            (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
            var loaded = new LoadedAssembly(GeneratorHarness.Files(plan, weights), ExecutionTests.Caller);
            assembly = loaded;
            Caller = loaded.Assembly.GetType("Caller")!;
        }

        /// <summary>The class of the project that calls the model.</summary>
        public Type Caller { get; }

        /// <inheritdoc/>
        public void Dispose() => assembly.Dispose();
    }
}
