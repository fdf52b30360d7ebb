using System.IO;
using System.IO.Compression;

namespace ModelCompiler.Compiler.Evaluation;

/// <summary>What a package makes of weights.</summary>
internal static class WeightSize
{
    /// <summary>Bytes after deflating, which is what packages and installers do.</summary>
    public static long Deflated(byte[] weights)
    {
        using var counter = new MemoryStream();
        using (var deflate = new DeflateStream(counter, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(weights);
        }

        return counter.Length;
    }
}
