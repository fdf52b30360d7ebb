using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Xunit;
using Xunit.Abstractions;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>Public models beside the repository.</summary>
public class LiteSharedModelTests(ITestOutputHelper log)
{
    private const int Mutations = 400;
    private const int Person = 1;

    // A model of half a megabyte takes milliseconds; what takes this long would never end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), Budget = TimeSpan.FromSeconds(60);

    [SharedDataTheory]
    [InlineData("person.bmp", true)]
    [InlineData("no_person.bmp", false)]
    public void The_person_detector_tells_whether_there_is_one(string picture, bool isPerson)
    {
        CompileResult result = CompilerDriver.Compile(new CompileOptions { ModelPath = Repository.Shared("tflite", "tflm", "person_detect_int8.tflite"), ClassName = "Detector" });
        Assert.True(result.Plan is not null, string.Join('\n', result.Diagnostics));
        PlanPort input = result.Plan.Inputs[0];
        var executor = new PlanExecutor(result.Plan, result.Weights);

        // The pictures' bytes are the int8 that the model reads, not pixels from black to white.
        byte[] pixels = SampleReader.Read(Repository.Shared("tflite", "tflm", picture), input).Pixels!;
        executor.Feed<sbyte>(input.Name, Array.ConvertAll(pixels, pixel => unchecked((sbyte)pixel)));
        executor.Infer();
        sbyte[] scores = executor.Fetch<sbyte>(result.Plan.Outputs[0].Name);
        log.WriteLine($"{picture}: {string.Join(", ", scores)}");
        Assert.Equal(isPerson, scores[Person] > scores[1 - Person]);
    }

    [SharedDataFact]
    public void Damage_to_a_model_is_a_finding_or_another_model()
    {
        int seed = Environment.TickCount;
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[][] files = [.. Directory.GetFiles(Repository.Shared("tflite"), "*.tflite", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        long start = Stopwatch.GetTimestamp();
        int round = 0, refused = 0;
        for (; round < Mutations && Stopwatch.GetElapsedTime(start) < Budget; round++)
        {
            byte[] damaged = Damaged(files[random.Next(files.Length)], random);
            long before = Stopwatch.GetTimestamp();

            // Whatever is thrown but findings fails the test.
            refused += LiteModels.Refuse(damaged).Any(finding => finding.Kind.Severity == Severity.Error) ? 1 : 0;
            Assert.True(Stopwatch.GetElapsedTime(before) < Patience, $"seed {seed}, round {round} takes {Stopwatch.GetElapsedTime(before)}");
        }

        log.WriteLine($"{round} files, {refused} refused");
        Assert.True(refused > 0);
    }

    // Cut, a few bits turned – where the tables are as often as anywhere –, or a number replaced by one at the edge of what is possible.
    private static byte[] Damaged(byte[] file, Random random)
    {
        byte[] damaged = [.. file];
        int Place(int length) => random.Next(3) switch
        {
            0 => random.Next(length),
            1 => random.Next(Math.Min(length, 4096)),
            _ => length - 1 - random.Next(Math.Min(length, 65536)),
        };
        switch (random.Next(3))
        {
            case 0:
                return damaged[..random.Next(damaged.Length)];
            case 1:
                for (int flip = random.Next(1, 6); flip > 0; flip--)
                {
                    damaged[Place(damaged.Length)] ^= (byte)(1 << random.Next(8));
                }

                return damaged;
            default:
                int[] edges = [0, -1, int.MaxValue, int.MinValue, 1 << 16, damaged.Length];
                BitConverter.TryWriteBytes(damaged.AsSpan(Place(damaged.Length - 4) & ~3), edges[random.Next(edges.Length)]);
                return damaged;
        }
    }
}
