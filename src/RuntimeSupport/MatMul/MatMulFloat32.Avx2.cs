using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class MatMulFloat32
{
    /// <summary>AVX2 with FMA, 16 and 8 columns at a time; the last few one by one.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ref float left, ref float right, ref float output, in Tile tile)
    {
        int column = 0;
        for (; column + 16 <= tile.Columns; column += 16)
        {
            ref float strip = ref Unsafe.Add(ref right, column);
            int row = 0;
            for (; row + 4 <= tile.Rows; row += 4)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Avx2Tile4x2(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }

            for (; row < tile.Rows; row++)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Avx2Tile1x2(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }
        }

        for (; column + 8 <= tile.Columns; column += 8)
        {
            ref float strip = ref Unsafe.Add(ref right, column);
            int row = 0;
            for (; row + 4 <= tile.Rows; row += 4)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Avx2Tile4x1(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }

            for (; row < tile.Rows; row++)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Avx2Tile1x1(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }
        }

        if (column < tile.Columns)
        {
            Tile narrow = tile with { Columns = tile.Columns - column };
            RunScalar(ref left, ref Unsafe.Add(ref right, column), ref Unsafe.Add(ref output, column), narrow);
        }
    }

    /// <summary>Four rows of two vectors: eight independent chains.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Avx2Tile4x2(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftRow = tile.LeftRowStride;
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        ref float row1 = ref Unsafe.Add(ref output, tile.OutputRowStride);
        ref float row2 = ref Unsafe.Add(ref output, 2 * tile.OutputRowStride);
        ref float row3 = ref Unsafe.Add(ref output, 3 * tile.OutputRowStride);
        Vector256<float> sum00 = Vector256<float>.Zero;
        Vector256<float> sum01 = Vector256<float>.Zero;
        Vector256<float> sum10 = Vector256<float>.Zero;
        Vector256<float> sum11 = Vector256<float>.Zero;
        Vector256<float> sum20 = Vector256<float>.Zero;
        Vector256<float> sum21 = Vector256<float>.Zero;
        Vector256<float> sum30 = Vector256<float>.Zero;
        Vector256<float> sum31 = Vector256<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector256<float> columns0 = Vector256.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector256<float> columns1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref right, along), 8);
            Vector256<float> value = Vector256.Create(Unsafe.Add(ref left, from));
            sum00 = Fma.MultiplyAdd(value, columns0, sum00);
            sum01 = Fma.MultiplyAdd(value, columns1, sum01);
            value = Vector256.Create(Unsafe.Add(ref left, from + leftRow));
            sum10 = Fma.MultiplyAdd(value, columns0, sum10);
            sum11 = Fma.MultiplyAdd(value, columns1, sum11);
            value = Vector256.Create(Unsafe.Add(ref left, from + (2 * leftRow)));
            sum20 = Fma.MultiplyAdd(value, columns0, sum20);
            sum21 = Fma.MultiplyAdd(value, columns1, sum21);
            value = Vector256.Create(Unsafe.Add(ref left, from + (3 * leftRow)));
            sum30 = Fma.MultiplyAdd(value, columns0, sum30);
            sum31 = Fma.MultiplyAdd(value, columns1, sum31);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum00, ref output, 0, accumulate);
        Store(sum01, ref output, 8, accumulate);
        Store(sum10, ref row1, 0, accumulate);
        Store(sum11, ref row1, 8, accumulate);
        Store(sum20, ref row2, 0, accumulate);
        Store(sum21, ref row2, 8, accumulate);
        Store(sum30, ref row3, 0, accumulate);
        Store(sum31, ref row3, 8, accumulate);
    }

    /// <summary>One row of two vectors.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Avx2Tile1x2(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        Vector256<float> sum0 = Vector256<float>.Zero;
        Vector256<float> sum1 = Vector256<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector256<float> columns0 = Vector256.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector256<float> columns1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref right, along), 8);
            Vector256<float> value = Vector256.Create(Unsafe.Add(ref left, from));
            sum0 = Fma.MultiplyAdd(value, columns0, sum0);
            sum1 = Fma.MultiplyAdd(value, columns1, sum1);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum0, ref output, 0, accumulate);
        Store(sum1, ref output, 8, accumulate);
    }

    /// <summary>Four rows of one vector.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Avx2Tile4x1(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftRow = tile.LeftRowStride;
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        ref float row1 = ref Unsafe.Add(ref output, tile.OutputRowStride);
        ref float row2 = ref Unsafe.Add(ref output, 2 * tile.OutputRowStride);
        ref float row3 = ref Unsafe.Add(ref output, 3 * tile.OutputRowStride);
        Vector256<float> sum0 = Vector256<float>.Zero;
        Vector256<float> sum1 = Vector256<float>.Zero;
        Vector256<float> sum2 = Vector256<float>.Zero;
        Vector256<float> sum3 = Vector256<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector256<float> columns = Vector256.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector256<float> value = Vector256.Create(Unsafe.Add(ref left, from));
            sum0 = Fma.MultiplyAdd(value, columns, sum0);
            value = Vector256.Create(Unsafe.Add(ref left, from + leftRow));
            sum1 = Fma.MultiplyAdd(value, columns, sum1);
            value = Vector256.Create(Unsafe.Add(ref left, from + (2 * leftRow)));
            sum2 = Fma.MultiplyAdd(value, columns, sum2);
            value = Vector256.Create(Unsafe.Add(ref left, from + (3 * leftRow)));
            sum3 = Fma.MultiplyAdd(value, columns, sum3);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum0, ref output, 0, accumulate);
        Store(sum1, ref row1, 0, accumulate);
        Store(sum2, ref row2, 0, accumulate);
        Store(sum3, ref row3, 0, accumulate);
    }

    /// <summary>One row of one vector.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Avx2Tile1x1(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        Vector256<float> sum = Vector256<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector256<float> columns = Vector256.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector256<float> value = Vector256.Create(Unsafe.Add(ref left, from));
            sum = Fma.MultiplyAdd(value, columns, sum);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum, ref output, 0, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> sum, ref float output, nuint at, bool accumulate) =>
        (accumulate ? Vector256.LoadUnsafe(ref output, at) + sum : sum).StoreUnsafe(ref output, at);
}
