using System;
using System.Linq;
using System.Reflection;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>Classes of models that leave the batch open.</summary>
public sealed class BatchTests
{
    private const string Caller =
        """
        using System;
        using Samples.Digits;

        internal static class Caller
        {
            public static string One(byte[] pixels, int count)
            {
                var model = new Digits();
                string text = "";
                for (int index = 0; index < count; index++)
                {
                    text += model.Predict(pixels.AsSpan(index * 16, 16));
                }

                return text;
            }

            public static string Many(byte[] pixels, int count)
            {
                var predictions = new Prediction[count];
                new Digits().PredictBatch(pixels, predictions);
                return string.Concat(predictions);
            }

            #if PARALLEL
            public static string Shared(byte[] pixels, int count)
            {
                var model = new Digits();
                var predictions = new Prediction[count];
                model.PredictBatchParallel(pixels, predictions);
                string first = string.Concat(predictions);
                Array.Clear(predictions);
                model.PredictBatchParallel(pixels, predictions);
                return first == string.Concat(predictions) ? first : "The second time differs.";
            }

            public static float[] RunShared(float[] images, int count)
            {
                float[] logits = new float[3 * count];
                new Digits().RunBatchParallel(count, images, logits);
                return logits;
            }
            #endif

            public static float[] Run(float[] images, int count, bool batch)
            {
                var model = new Digits();
                float[] logits = new float[3 * count];
                if (batch)
                {
                    model.RunBatch(count, images, logits);
                    return logits;
                }

                for (int index = 0; index < count; index++)
                {
                    model.Run(images.AsSpan(index * 16, 16), logits.AsSpan(index * 3, 3));
                }

                return logits;
            }
        }
        """;

    [Fact]
    public void A_batch_gives_what_its_elements_give_one_by_one() => Execute(caller =>
    {
        byte[] pixels = [.. Enumerable.Range(0, 48).Select(index => (byte)(index * index))];
        Assert.Equal(Invoke<string>(caller, "One", pixels, 3), Invoke<string>(caller, "Many", pixels, 3));
        Assert.Equal("", Invoke<string>(caller, "Many", Array.Empty<byte>(), 0));
        float[] images = [.. pixels.Select(level => level / 3f)];
        Assert.Equal(Invoke<float[]>(caller, "Run", images, 3, false), Invoke<float[]>(caller, "Run", images, 3, true));
    });

    [Theory]
    [InlineData(47)]
    [InlineData(49)]
    [InlineData(0)]
    public void A_batch_of_another_length_is_refused(int length) => Execute(caller =>
    {
        Exception exception = Assert.Throws<TargetInvocationException>(() => Invoke<string>(caller, "Many", new byte[length], 3)).InnerException!;
        Assert.Contains($"expected 48 bytes: 4 × 4 × 1 pixels each, got {length}", Assert.IsType<ArgumentException>(exception).Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(11)]
    public void Threads_that_share_a_batch_give_what_its_elements_give_one_by_one(int count) => Execute(
        caller =>
        {
            byte[] pixels = [.. Enumerable.Range(0, 16 * count).Select(index => (byte)(index * index))];
            Assert.Equal(Invoke<string>(caller, "One", pixels, count), Invoke<string>(caller, "Shared", pixels, count));
            float[] images = [.. pixels.Select(level => level / 3f)];
            Assert.Equal(Invoke<float[]>(caller, "Run", images, count, false), Invoke<float[]>(caller, "RunShared", images, count));
        },
        threads: 4);

    [Fact]
    public void A_shared_batch_of_another_length_is_refused() => Execute(
        caller =>
        {
            Exception exception = Assert.Throws<TargetInvocationException>(() => Invoke<string>(caller, "Shared", new byte[47], 3)).InnerException!;
            Assert.Contains("expected 48 bytes: 4 × 4 × 1 pixels each, got 47", Assert.IsType<ArgumentException>(exception).Message, StringComparison.Ordinal);
        },
        threads: 4);

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 4)]
    public void One_thread_or_no_batch_needs_no_threads(bool isFree, int threads)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        Assert.All(
            GeneratorHarness.Run(GeneratorHarness.Files(plan with { HasFreeBatch = isFree, Threads = threads }, weights)).Sources().Values,
            source => Assert.DoesNotContain("Parallel", source, StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_of_one_batch_has_no_members_for_others()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        Assert.All(GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources().Values, source => Assert.DoesNotContain("Batch(", source, StringComparison.Ordinal));
    }

    private static void Execute(Action<Type> test, int threads = 1)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        string caller = threads > 1 ? "#define PARALLEL\n" + Caller : Caller;
        GeneratorHarness.Execute(GeneratorHarness.Files(plan with { HasFreeBatch = true, Threads = threads }, weights), caller, assembly => test(assembly.GetType("Caller")!));
    }

    private static T Invoke<T>(Type type, string method, params object[] arguments) => (T)type.GetMethod(method)!.Invoke(null, arguments)!;
}
