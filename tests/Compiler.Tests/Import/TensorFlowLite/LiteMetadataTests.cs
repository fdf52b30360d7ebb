using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using Google.FlatBuffers;
using ModelCompiler.Compiler.Execution;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.LiteModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>What a file says of how it is used becomes labels and preprocessing, unless the user says otherwise; what cannot be read is a warning.</summary>
public sealed class LiteMetadataTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("metadata").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Labels_and_normalisation_of_the_file_are_used(bool countsFromFile)
    {
        CompileResult result = Compile(Joined(Model(Metadata("labels.txt", [127.5f], [0.5f])), Archive("labels.txt", "cat\ndog\r\n\n"), countsFromFile));
        Assert.Empty(result.Diagnostics);
        Assert.Equal("cat dog", string.Join(' ', result.Plan!.Labels));
        Assert.Equal([(10 - 127.5f) * 2, (200 - 127.5f) * 2], Scores(result, 10, 200));
    }

    [Fact]
    public void What_the_user_says_goes_before()
    {
        string labels = Path.Combine(folder, "own.txt");
        System.IO.File.WriteAllText(labels, "a\nb");
        CompileResult result = Compile(
            Joined(Model(Metadata("labels.txt", [127.5f], [0.5f])), Archive("labels.txt", "cat\ndog"), true), options => options with { LabelsPath = labels, Scale = [3] });
        Assert.Equal("a b", string.Join(' ', result.Plan!.Labels));
        Assert.Equal([30f, 600f], Scores(result, 10, 200));
    }

    [Fact]
    public void A_model_without_metadata_has_neither()
    {
        CompileResult result = Compile(Model(null));
        Assert.Empty(result.Diagnostics);
        Assert.Empty(result.Plan!.Labels);
        Assert.Equal([10f, 200f], Scores(result, 10, 200));
    }

    [Fact]
    public void Quantised_pixels_are_normalised_and_then_put_on_the_grid_of_the_file()
    {
        CompileResult result = Compile(Joined(Quantized(Metadata("labels.txt", [100], [10])), Archive("labels.txt", "cat\ndog"), true));
        Assert.Equal("cat dog", string.Join(' ', result.Plan!.Labels));
        var executor = new PlanExecutor(result.Plan, result.Weights);
        executor.FeedPixels("x", [90, 130]);
        executor.Infer();

        // −1 and 3 in steps of a quarter from 4, then twice that in steps of a half from −3.
        Assert.Equal<sbyte>([-7, 9], executor.Fetch<sbyte>("y"));
    }

    [Fact]
    public void Pixels_are_the_integers_that_a_model_declares_unless_it_is_told_how_they_are_normalised()
    {
        CompileResult result = Compile(Quantized(null));
        var executor = new PlanExecutor(result.Plan!, result.Weights);
        executor.FeedPixels("x", [128 + 4, 128 + 8]);
        executor.Infer();
        Assert.Equal<sbyte>([-3, 1], executor.Fetch<sbyte>("y"));
        Assert.Equal((0.5f, 125), (result.Plan!.Outputs[0].Scale, result.Plan.Outputs[0].ZeroPoint));
        Assert.Equal("y", result.Plan.Classifier!.Output);
    }

    [Theory]
    [InlineData("no archive")]
    [InlineData("another file")]
    [InlineData("a bomb")]
    [InlineData("another identifier")]
    [InlineData("cut metadata")]
    [InlineData("a deviation of 0")]
    public void Metadata_that_cannot_be_read_is_a_warning(string damage)
    {
        byte[] metadata = Metadata("labels.txt", [0], [damage == "a deviation of 0" ? 0 : 1]);
        byte[] model = Model(damage switch
        {
            "another identifier" => [.. metadata[..4], .. "XXXX"u8, .. metadata[8..]],
            "cut metadata" => metadata[..(metadata.Length / 2)],
            _ => metadata,
        });
        byte[] archive = damage switch
        {
            "no archive" => [],
            "another file" => Archive("other.txt", "cat\ndog"),
            "a bomb" => Archive("labels.txt", new string('\n', 64 << 20)),
            _ => Archive("labels.txt", "cat\ndog"),
        };
        CompileResult result = Compile(archive.Length == 0 ? model : Joined(model, archive, true));
        Assert.Equal(["MC1021"], result.Diagnostics.Select(finding => finding.Kind.Code));
        Assert.NotNull(result.Plan);
    }

    [Fact]
    public void Labels_and_normalisation_that_do_not_fit_are_warnings()
    {
        CompileResult result = Compile(Joined(Model(Metadata("labels.txt", [1, 2, 3], [1, 1, 1])), Archive("labels.txt", "cat\ndog\nbird"), true));
        Assert.Equal(["MC1022", "MC1022"], result.Diagnostics.Select(finding => finding.Kind.Code));
        Assert.NotNull(result.Plan);
    }

    [Fact]
    public void Damage_anywhere_in_metadata_or_archive_keeps_the_model()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        byte[] metadata = Metadata("labels.txt", [1], [1]), archive = Archive("labels.txt", "cat\ndog");
        for (int round = 0; round < 60; round++)
        {
            byte[] damaged = [.. metadata], cut = [.. archive];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            cut[random.Next(cut.Length)] ^= (byte)(1 << random.Next(8));
            CompileResult result = Compile(Joined(Model(damaged), cut, false));
            Assert.True(result.Plan is not null, $"seed {seed}, round {round}: {string.Join('\n', result.Diagnostics)}");
        }
    }

    private static float[] Scores(CompileResult result, params byte[] pixels)
    {
        var executor = new PlanExecutor(result.Plan!, result.Weights);
        executor.FeedPixels("x", pixels);
        executor.Infer();
        return executor.Fetch<float>("y");
    }

    private CompileResult Compile(byte[] file, Func<CompileOptions, CompileOptions>? change = null)
    {
        string path = Path.Combine(folder, "model.tflite");
        System.IO.File.WriteAllBytes(path, file);
        var options = new CompileOptions { ModelPath = path, ClassName = "Model" };
        return CompilerDriver.Compile(change?.Invoke(options) ?? options);
    }

    // A picture of two pixels, which are the scores.
    private static byte[] Model(byte[]? metadata) => LiteModels.File(
        [new("x", "y", [Floats("x", [1, 1, 2, 1]), Vector("s", 1, 2), Floats("f", [1, 2]), Floats("y", [1, 2])], new("RESHAPE", "x s", "f"), new("ADD_N", "f", "y"))], metadata);

    private static byte[] Quantized(byte[]? metadata) => LiteModels.File(
        [new("x", "y", [Bytes("x", [1, 1, 2, 1], 0.25f, 4), Vector("s", 1, 2), Bytes("f", [1, 2], 0.25f, 4), Bytes("y", [1, 2], 0.5f, -3)], new("RESHAPE", "x s", "f"), new("ADD", "f f", "y"))], metadata);

    private static byte[] Metadata(string labels, float[] mean, float[] deviation)
    {
        var builder = new FlatBufferBuilder(256);
        int options = Table(builder, (0, Numbers(builder, mean)), (1, Numbers(builder, deviation)));
        builder.StartTable(2);
        builder.AddSbyte(0, 1, 0);
        builder.AddOffset(1, options, 0);
        int unit = builder.EndTable();
        int input = Table(builder, (4, List(builder, unit)));
        int name = builder.CreateString(labels).Value;
        builder.StartTable(3);
        builder.AddOffset(0, name, 0);
        builder.AddSbyte(2, 2, 0);
        int file = builder.EndTable();
        int output = Table(builder, (6, List(builder, file)));
        int graph = Table(builder, (2, List(builder, input)), (3, List(builder, output)));
        builder.Finish(Table(builder, (3, List(builder, graph))), "M001");
        return builder.SizedByteArray();
    }

    private static int List(FlatBufferBuilder builder, int table)
    {
        builder.StartVector(4, 1, 4);
        builder.AddOffset(table);
        return builder.EndVector().Value;
    }

    private static int Numbers(FlatBufferBuilder builder, float[] numbers)
    {
        builder.StartVector(4, numbers.Length, 4);
        for (int index = numbers.Length - 1; index >= 0; index--)
        {
            builder.AddFloat(numbers[index]);
        }

        return builder.EndVector().Value;
    }

    private static int Table(FlatBufferBuilder builder, params (int Field, int Offset)[] fields)
    {
        builder.StartTable(8);
        foreach ((int field, int offset) in fields)
        {
            builder.AddOffset(field, offset, 0);
        }

        return builder.EndTable();
    }

    private static byte[] Archive(string name, string text)
    {
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var writer = new StreamWriter(archive.CreateEntry(name).Open());
            writer.Write(text);
        }

        return stream.ToArray();
    }

    // Places in the archive count from its beginning, or from the beginning of the file.
    private static byte[] Joined(byte[] model, byte[] archive, bool countsFromFile)
    {
        byte[] moved = [.. archive];
        if (countsFromFile)
        {
            int end = archive.AsSpan().LastIndexOf("PK\u0005\u0006"u8), list = BitConverter.ToInt32(archive, end + 16);
            BitConverter.TryWriteBytes(moved.AsSpan(end + 16), list + model.Length);
            BitConverter.TryWriteBytes(moved.AsSpan(list + 42), model.Length);
        }

        return [.. model, .. moved];
    }
}
