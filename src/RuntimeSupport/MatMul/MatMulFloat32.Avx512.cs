using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class MatMulFloat32
{
    /// <summary>AVX-512, 32 columns at a time; the rest with AVX2.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512(ref float left, ref float right, ref float output, in Tile tile)
    {
        int column = 0;
        for (; column + 32 <= tile.Columns; column += 32)
        {
            ref float strip = ref Unsafe.Add(ref right, column);
            int row = 0;
            for (; row + 8 <= tile.Rows; row += 8)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Avx512Tile8x2(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }

            for (; row + 4 <= tile.Rows; row += 4)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Avx512Tile4x2(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }

            for (; row < tile.Rows; row++)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Avx512Tile1x2(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }
        }

        if (column < tile.Columns)
        {
            Tile narrow = tile with { Columns = tile.Columns - column };
            RunAvx2(ref left, ref Unsafe.Add(ref right, column), ref Unsafe.Add(ref output, column), narrow);
        }
    }

    /// <summary>Eight rows of two vectors: sixteen independent chains.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Avx512Tile8x2(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftRow = tile.LeftRowStride;
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        ref float row1 = ref Unsafe.Add(ref output, tile.OutputRowStride);
        ref float row2 = ref Unsafe.Add(ref output, 2 * tile.OutputRowStride);
        ref float row3 = ref Unsafe.Add(ref output, 3 * tile.OutputRowStride);
        ref float row4 = ref Unsafe.Add(ref output, 4 * tile.OutputRowStride);
        ref float row5 = ref Unsafe.Add(ref output, 5 * tile.OutputRowStride);
        ref float row6 = ref Unsafe.Add(ref output, 6 * tile.OutputRowStride);
        ref float row7 = ref Unsafe.Add(ref output, 7 * tile.OutputRowStride);
        Vector512<float> sum00 = Vector512<float>.Zero;
        Vector512<float> sum01 = Vector512<float>.Zero;
        Vector512<float> sum10 = Vector512<float>.Zero;
        Vector512<float> sum11 = Vector512<float>.Zero;
        Vector512<float> sum20 = Vector512<float>.Zero;
        Vector512<float> sum21 = Vector512<float>.Zero;
        Vector512<float> sum30 = Vector512<float>.Zero;
        Vector512<float> sum31 = Vector512<float>.Zero;
        Vector512<float> sum40 = Vector512<float>.Zero;
        Vector512<float> sum41 = Vector512<float>.Zero;
        Vector512<float> sum50 = Vector512<float>.Zero;
        Vector512<float> sum51 = Vector512<float>.Zero;
        Vector512<float> sum60 = Vector512<float>.Zero;
        Vector512<float> sum61 = Vector512<float>.Zero;
        Vector512<float> sum70 = Vector512<float>.Zero;
        Vector512<float> sum71 = Vector512<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector512<float> columns0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector512<float> columns1 = Vector512.LoadUnsafe(ref Unsafe.Add(ref right, along), 16);
            Vector512<float> value = Vector512.Create(Unsafe.Add(ref left, from));
            sum00 = Avx512F.FusedMultiplyAdd(value, columns0, sum00);
            sum01 = Avx512F.FusedMultiplyAdd(value, columns1, sum01);
            value = Vector512.Create(Unsafe.Add(ref left, from + leftRow));
            sum10 = Avx512F.FusedMultiplyAdd(value, columns0, sum10);
            sum11 = Avx512F.FusedMultiplyAdd(value, columns1, sum11);
            value = Vector512.Create(Unsafe.Add(ref left, from + (2 * leftRow)));
            sum20 = Avx512F.FusedMultiplyAdd(value, columns0, sum20);
            sum21 = Avx512F.FusedMultiplyAdd(value, columns1, sum21);
            value = Vector512.Create(Unsafe.Add(ref left, from + (3 * leftRow)));
            sum30 = Avx512F.FusedMultiplyAdd(value, columns0, sum30);
            sum31 = Avx512F.FusedMultiplyAdd(value, columns1, sum31);
            value = Vector512.Create(Unsafe.Add(ref left, from + (4 * leftRow)));
            sum40 = Avx512F.FusedMultiplyAdd(value, columns0, sum40);
            sum41 = Avx512F.FusedMultiplyAdd(value, columns1, sum41);
            value = Vector512.Create(Unsafe.Add(ref left, from + (5 * leftRow)));
            sum50 = Avx512F.FusedMultiplyAdd(value, columns0, sum50);
            sum51 = Avx512F.FusedMultiplyAdd(value, columns1, sum51);
            value = Vector512.Create(Unsafe.Add(ref left, from + (6 * leftRow)));
            sum60 = Avx512F.FusedMultiplyAdd(value, columns0, sum60);
            sum61 = Avx512F.FusedMultiplyAdd(value, columns1, sum61);
            value = Vector512.Create(Unsafe.Add(ref left, from + (7 * leftRow)));
            sum70 = Avx512F.FusedMultiplyAdd(value, columns0, sum70);
            sum71 = Avx512F.FusedMultiplyAdd(value, columns1, sum71);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum00, ref output, 0, accumulate);
        Store(sum01, ref output, 16, accumulate);
        Store(sum10, ref row1, 0, accumulate);
        Store(sum11, ref row1, 16, accumulate);
        Store(sum20, ref row2, 0, accumulate);
        Store(sum21, ref row2, 16, accumulate);
        Store(sum30, ref row3, 0, accumulate);
        Store(sum31, ref row3, 16, accumulate);
        Store(sum40, ref row4, 0, accumulate);
        Store(sum41, ref row4, 16, accumulate);
        Store(sum50, ref row5, 0, accumulate);
        Store(sum51, ref row5, 16, accumulate);
        Store(sum60, ref row6, 0, accumulate);
        Store(sum61, ref row6, 16, accumulate);
        Store(sum70, ref row7, 0, accumulate);
        Store(sum71, ref row7, 16, accumulate);
    }

    /// <summary>Four rows of two vectors: eight independent chains.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Avx512Tile4x2(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftRow = tile.LeftRowStride;
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        ref float row1 = ref Unsafe.Add(ref output, tile.OutputRowStride);
        ref float row2 = ref Unsafe.Add(ref output, 2 * tile.OutputRowStride);
        ref float row3 = ref Unsafe.Add(ref output, 3 * tile.OutputRowStride);
        Vector512<float> sum00 = Vector512<float>.Zero;
        Vector512<float> sum01 = Vector512<float>.Zero;
        Vector512<float> sum10 = Vector512<float>.Zero;
        Vector512<float> sum11 = Vector512<float>.Zero;
        Vector512<float> sum20 = Vector512<float>.Zero;
        Vector512<float> sum21 = Vector512<float>.Zero;
        Vector512<float> sum30 = Vector512<float>.Zero;
        Vector512<float> sum31 = Vector512<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector512<float> columns0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector512<float> columns1 = Vector512.LoadUnsafe(ref Unsafe.Add(ref right, along), 16);
            Vector512<float> value = Vector512.Create(Unsafe.Add(ref left, from));
            sum00 = Avx512F.FusedMultiplyAdd(value, columns0, sum00);
            sum01 = Avx512F.FusedMultiplyAdd(value, columns1, sum01);
            value = Vector512.Create(Unsafe.Add(ref left, from + leftRow));
            sum10 = Avx512F.FusedMultiplyAdd(value, columns0, sum10);
            sum11 = Avx512F.FusedMultiplyAdd(value, columns1, sum11);
            value = Vector512.Create(Unsafe.Add(ref left, from + (2 * leftRow)));
            sum20 = Avx512F.FusedMultiplyAdd(value, columns0, sum20);
            sum21 = Avx512F.FusedMultiplyAdd(value, columns1, sum21);
            value = Vector512.Create(Unsafe.Add(ref left, from + (3 * leftRow)));
            sum30 = Avx512F.FusedMultiplyAdd(value, columns0, sum30);
            sum31 = Avx512F.FusedMultiplyAdd(value, columns1, sum31);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum00, ref output, 0, accumulate);
        Store(sum01, ref output, 16, accumulate);
        Store(sum10, ref row1, 0, accumulate);
        Store(sum11, ref row1, 16, accumulate);
        Store(sum20, ref row2, 0, accumulate);
        Store(sum21, ref row2, 16, accumulate);
        Store(sum30, ref row3, 0, accumulate);
        Store(sum31, ref row3, 16, accumulate);
    }

    /// <summary>One row of two vectors.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Avx512Tile1x2(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        Vector512<float> sum0 = Vector512<float>.Zero;
        Vector512<float> sum1 = Vector512<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector512<float> columns0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector512<float> columns1 = Vector512.LoadUnsafe(ref Unsafe.Add(ref right, along), 16);
            Vector512<float> value = Vector512.Create(Unsafe.Add(ref left, from));
            sum0 = Avx512F.FusedMultiplyAdd(value, columns0, sum0);
            sum1 = Avx512F.FusedMultiplyAdd(value, columns1, sum1);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum0, ref output, 0, accumulate);
        Store(sum1, ref output, 16, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> sum, ref float output, nuint at, bool accumulate) =>
        (accumulate ? Vector512.LoadUnsafe(ref output, at) + sum : sum).StoreUnsafe(ref output, at);
}
