using System;
using System.Collections.Generic;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Which weights of a fully connected layer are too large for sums of two products to hold in an int16: <see cref="ByteConvolution.Int16PairLimit"/>.</summary>
public static class WideQuads
{
    private const int QuadBytes = ByteConvolution.PixelBlocks * WeightPacking.Block * 4;

    /// <summary>The list that fully connected layers take; empty, which stands for all quads, when most would be in it.</summary>
    /// <param name="packed">The weights, as <see cref="WeightPacking.Int8"/> packs them: <c>[blocks][quads][16][4]</c>.</param>
    /// <param name="inputs">Inputs of the layer, 1 at least.</param>
    public static int[] List(ReadOnlySpan<sbyte> packed, int inputs)
    {
        const int line = WeightPacking.Block * 4;
        int quads = (inputs + 3) / 4;
        var wide = new SortedSet<int>();
        for (int at = 0; at < packed.Length; at += line)
        {
            int block = at / line / quads;
            if (IsWide(packed.Slice(at, line)))
            {
                wide.Add((at / line % quads) + (block / ByteConvolution.PixelBlocks * quads));
            }
        }

        return wide.Count > packed.Length / QuadBytes / 2 ? [] : [.. wide, ByteConvolution.NoMoreWideQuads];
    }

    private static bool IsWide(ReadOnlySpan<sbyte> quads)
    {
        for (int pair = 0; pair < quads.Length; pair += 2)
        {
            (int first, int second) = (quads[pair], quads[pair + 1]);
            if (Math.Max(first, 0) + Math.Max(second, 0) > ByteConvolution.Int16PairLimit || Math.Min(first, 0) + Math.Min(second, 0) < -ByteConvolution.Int16PairLimit)
            {
                return true;
            }
        }

        return false;
    }
}
