using System;
using System.IO;
using System.Linq;
using System.Text;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Data;

public sealed class SampleReaderTests : IDisposable
{
    private static readonly PlanPort Vector = new("x", ElementType.Float32, new EquatableArray<int>([1, 3]), 0, 0, default);

    private static readonly PlanPort Picture = new(
        "image",
        ElementType.Float32,
        new EquatableArray<int>([1, 1, 2, 2]),
        0,
        0,
        new EquatableArray<PlanConversion>([new PlanConversion(ConversionKind.Pixels, new EquatableArray<int>([2, 2, 1]), default)]));

    private readonly string folder = Directory.CreateTempSubdirectory("samples").FullName;

    [Theory]
    [InlineData("<f4", new byte[] { 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64 })]
    [InlineData("|u1", new byte[] { 1, 2, 3 })]
    [InlineData("<i2", new byte[] { 1, 0, 2, 0, 3, 0 })]
    public void A_numpy_array_of_the_inputs_shape_is_read(string type, byte[] elements)
    {
        Assert.Equal([1, 2, 3], SampleReader.Read(Numpy(type, "(1, 3)", elements), Vector).Values!);
    }

    [Fact]
    public void Raw_numbers_and_raw_pixels_are_told_apart_by_size()
    {
        string numbers = Write("numbers.bin", [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64]);
        string pixels = Write("pixels.bin", [1, 2, 3, 4]);

        Assert.Equal([1, 2, 3], SampleReader.Read(numbers, Vector).Values!);
        Assert.Equal([1, 2, 3, 4], SampleReader.Read(pixels, Picture).Pixels!);
    }

    [Fact]
    public void A_bitmap_is_read_as_pixels()
    {
        Assert.Equal([10, 20, 30, 40], SampleReader.Read(Write("picture.bmp", GreyBitmap(2, 2, [30, 40, 10, 20])), Picture).Pixels!);
    }

    [Fact]
    public void Files_that_do_not_fit_are_refused_with_their_name_and_the_cause()
    {
        Refused("missing.png", null, "missing.png");
        Refused("empty.png", [], "not a PNG");
        Refused("text.png", Encoding.ASCII.GetBytes("hello"), "not a PNG");
        Refused("small.bmp", GreyBitmap(1, 1, [7]), "1×1, but the model takes 2×2");
        Refused("cut.bmp", GreyBitmap(2, 2, [1, 2, 3, 4])[..^3], "damaged");
        Refused("short.bin", [1, 2, 3], "takes 4 float32 numbers");
        Refused("what.txt", [1], "'.txt' is not a kind of file");
        Refused("not.npy", [1, 2, 3], "not a NumPy array");
    }

    [Fact]
    public void Numpy_arrays_of_another_shape_or_order_or_size_are_refused()
    {
        RefusedArray(Numpy("<f4", "(4,)", new byte[16]), "the array is 4, but input 'x' is 1×3");
        RefusedArray(Numpy("<f4", "(1, 3)", new byte[11]), "should have 3 elements");
        RefusedArray(Numpy("<f4", "(1, 3)", new byte[12], "True"), "Fortran");
        RefusedArray(Numpy("<c8", "(1, 3)", new byte[24]), "not understood");
        RefusedArray(Numpy("<f4", "(999999999, 999999999, 999999999)", new byte[12]), "");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static void RefusedArray(string path, string cause) => Contains(path, Vector, cause);

    private static void Contains(string path, PlanPort port, string cause)
    {
        var exception = Assert.Throws<DiagnosticException>(() => SampleReader.Read(path, port));
        Diagnostic diagnostic = Assert.Single(exception.Diagnostics.ToArray());
        Assert.Equal("MC3002", diagnostic.Kind.Code);
        Assert.Equal(path, diagnostic.File);
        Assert.Contains(cause, diagnostic.Message, StringComparison.Ordinal);
    }

    private void Refused(string name, byte[]? content, string cause) =>
        Contains(content is null ? Path.Combine(folder, name) : Write(name, content), Picture, cause);

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private string Numpy(string type, string shape, byte[] elements, string fortran = "False")
    {
        byte[] header = Encoding.ASCII.GetBytes($"{{'descr': '{type}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        byte[] start = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0];
        return Write("array.npy", [.. start, .. header, .. elements]);
    }

    // 24-bit BMP, rows from the bottom up, each padded to 4 bytes.
    private static byte[] GreyBitmap(int width, int height, byte[] levels)
    {
        int row = ((width * 3) + 3) / 4 * 4;
        var bytes = new byte[54 + (row * height)];
        bytes[0] = (byte)'B';
        bytes[1] = (byte)'M';
        BitConverter.TryWriteBytes(bytes.AsSpan(2), bytes.Length);
        BitConverter.TryWriteBytes(bytes.AsSpan(10), 54);
        BitConverter.TryWriteBytes(bytes.AsSpan(14), 40);
        BitConverter.TryWriteBytes(bytes.AsSpan(18), width);
        BitConverter.TryWriteBytes(bytes.AsSpan(22), height);
        bytes[26] = 1;
        bytes[28] = 24;
        for (int index = 0; index < levels.Length; index++)
        {
            bytes.AsSpan(54 + (index / width * row) + (index % width * 3), 3).Fill(levels[index]);
        }

        return bytes;
    }
}
