using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    /// <summary>Throws unless the image that is added holds a number for every output.</summary>
    internal static void CheckAddend(in Arguments arguments)
    {
        _ = ConvolutionExtents.LastWindow(arguments.Addend.Geometry);
        KernelGuard.Holds(
            arguments.Addend.Values.Length, ConvolutionExtents.LastOutput(arguments.Addend.Geometry) + ((long)arguments.Groups * arguments.OutputChannels), "addend");
    }

    /// <summary>Copies what a tile is added to where its sums go, unless it can be read where it lies.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool CopiesAddend<TTile>(
        in Arguments arguments, in Panel panel, in Paths paths, PixelCursor cursor, ref float sums, int sumsStride, int rows)
        where TTile : struct, ITile
    {
        ConvolutionGeometry geometry = arguments.Addend.Geometry;
        if (paths.IsFull && (rows <= cursor.LeftInRow || ConvolutionExtents.HasUniformOutput(geometry)))
        {
            return false;
        }

        for (int row = 0; row < rows; row++)
        {
            ref float from = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Addend.Values), cursor.OutputOf(geometry) + panel.Output);
            TTile.Copy(ref from, ref Unsafe.Add(ref sums, row * sumsStride), panel.Channels);
            cursor.MoveNext();
        }

        return true;
    }
}
