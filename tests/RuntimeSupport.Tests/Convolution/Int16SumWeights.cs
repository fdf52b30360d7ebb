using System;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>Packed weights that sums in int16 hold, and just so.</summary>
internal static class Int16SumWeights
{
    private const int Channels = 16;
    private const int QuadWeights = 64;

    /// <summary>Makes weights smaller where four of a sum are too much together: what is left is exactly the limit.</summary>
    public static void Limit(sbyte[] packed, int quads)
    {
        for (int block = 0; block < packed.Length; block += quads * QuadWeights)
        {
            for (int quad = 0; quad < quads; quad += 2)
            {
                for (int lane = 0; lane < 2 * Channels; lane++)
                {
                    int first = block + (quad * QuadWeights) + (lane * 2);
                    int[] places = quad + 1 < quads ? [first, first + 1, first + QuadWeights, first + QuadWeights + 1] : [first, first + 1];
                    Limit(packed, places, 1);
                    Limit(packed, places, -1);
                }
            }
        }
    }

    private static void Limit(sbyte[] packed, int[] places, int sign)
    {
        int left = ByteConvolution.Int16SumLimit;
        foreach (int place in places)
        {
            int magnitude = Math.Clamp(sign * packed[place], 0, left);
            packed[place] = sign * packed[place] > 0 ? (sbyte)(sign * magnitude) : packed[place];
            left -= magnitude;
        }
    }
}
