using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>Transformed weights of a pair of input channels for a block of output channels: <c>[16][2]</c>.</summary>
    private const int PairWeights = 2 * ByteConvolution.BlockChannels;

    /// <summary>Transforms the weights g of a block of output channels: <c>24·G g Gᵀ·24</c>, but for the <see cref="ColumnScales"/>.</summary>
    /// <param name="weights">In each place of a window <c>[quads][16][4]</c>.</param>
    /// <param name="tap">From a place to the next.</param>
    /// <param name="quads">Input channels / 4.</param>
    /// <param name="transformed">In each position <c>[2 · quads][16][2]</c>.</param>
    /// <param name="positionStride">From a position to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformWeights<TWords, TVector>(ref sbyte weights, nint tap, nint quads, ref short transformed, nint positionStride)
        where TWords : struct, IWeightWords<TVector>
        where TVector : struct
    {
        for (nint at = 0; at < quads * ByteConvolution.QuadWeights; at += 2 * TWords.Count)
        {
            // Vectors of one pair of inputs, then of the quad's other.
            ref sbyte row0 = ref Unsafe.Add(ref weights, at), row1 = ref Unsafe.Add(ref row0, Kernel * tap), row2 = ref Unsafe.Add(ref row1, Kernel * tap);
            ref short target = ref Unsafe.Add(ref transformed, at - (at % ByteConvolution.QuadWeights / 2));
            for (int pair = 0; pair < 2; pair++)
            {
                TVector order = TWords.PairOrder(pair);
                Window<TWords, TVector>(
                    TWords.Pairs(ref row0, order), TWords.Pairs(ref Unsafe.Add(ref row0, tap), order), TWords.Pairs(ref Unsafe.Add(ref row0, 2 * tap), order),
                    TWords.Pairs(ref row1, order), TWords.Pairs(ref Unsafe.Add(ref row1, tap), order), TWords.Pairs(ref Unsafe.Add(ref row1, 2 * tap), order),
                    TWords.Pairs(ref row2, order), TWords.Pairs(ref Unsafe.Add(ref row2, tap), order), TWords.Pairs(ref Unsafe.Add(ref row2, 2 * tap), order),
                    ref Unsafe.Add(ref target, pair * PairWeights), positionStride);
            }
        }
    }

    /// <summary>The nine weights of a window, row by row. A row of what becomes of the columns is no sooner known than transformed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Window<TWords, TVector>(
        TVector weight0, TVector weight1, TVector weight2, TVector weight3, TVector weight4, TVector weight5, TVector weight6, TVector weight7, TVector weight8,
        ref short target, nint step)
        where TWords : struct, IWeightWords<TVector>
        where TVector : struct
    {
        const int first = 6, last = 24;
        Row<TWords, TVector>(TWords.Multiply(weight0, first), TWords.Multiply(weight1, first), TWords.Multiply(weight2, first), ref target, step);
        TVector four0 = TWords.FourTimes(weight6), four1 = TWords.FourTimes(weight7), four2 = TWords.FourTimes(weight8);
        TVector outer0 = TWords.Add(TWords.FourTimes(weight0), four0), outer1 = TWords.Add(TWords.FourTimes(weight1), four1), outer2 = TWords.Add(TWords.FourTimes(weight2), four2);
        TVector even0 = TWords.Add(weight0, four0), even1 = TWords.Add(weight1, four1), even2 = TWords.Add(weight2, four2);
        TVector odd0 = TWords.Twice(weight3), odd1 = TWords.Twice(weight4), odd2 = TWords.Twice(weight5);
        Row<TWords, TVector>(TWords.Add(even0, odd0), TWords.Add(even1, odd1), TWords.Add(even2, odd2), ref Unsafe.Add(ref target, 3 * InputExtent * step), step);
        Row<TWords, TVector>(TWords.Subtract(even0, odd0), TWords.Subtract(even1, odd1), TWords.Subtract(even2, odd2), ref Unsafe.Add(ref target, 4 * InputExtent * step), step);
        odd0 = TWords.Twice(odd0);
        odd1 = TWords.Twice(odd1);
        odd2 = TWords.Twice(odd2);
        Row<TWords, TVector>(TWords.Add(outer0, odd0), TWords.Add(outer1, odd1), TWords.Add(outer2, odd2), ref Unsafe.Add(ref target, InputExtent * step), step);
        Row<TWords, TVector>(TWords.Subtract(outer0, odd0), TWords.Subtract(outer1, odd1), TWords.Subtract(outer2, odd2), ref Unsafe.Add(ref target, 2 * InputExtent * step), step);
        Row<TWords, TVector>(TWords.Multiply(weight6, last), TWords.Multiply(weight7, last), TWords.Multiply(weight8, last), ref Unsafe.Add(ref target, 5 * InputExtent * step), step);
    }

    /// <summary>A row of three columns: the factors are those of columns, less what the transform of the products makes up for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TWords, TVector>(TVector weight0, TVector weight1, TVector weight2, ref short target, nint step)
        where TWords : struct, IWeightWords<TVector>
        where TVector : struct
    {
        const int outermost = 6;
        TVector outer = TWords.Twice(TWords.Add(weight0, weight2)), even = TWords.Add(weight0, TWords.FourTimes(weight2)), odd = TWords.Twice(weight1);
        TWords.Store(TWords.Multiply(weight0, outermost), ref target);
        TWords.StoreBoth(outer, odd, ref Unsafe.Add(ref target, step), step);
        TWords.StoreBoth(even, odd, ref Unsafe.Add(ref target, 3 * step), step);
        TWords.Store(TWords.Multiply(weight2, outermost), ref Unsafe.Add(ref target, 5 * step));
    }
}
