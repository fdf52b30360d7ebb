using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelCompiler.RuntimeSupport;

public static partial class MatMulFloat32
{
    /// <summary>Arm, 8 and 4 columns at a time; the last few one by one.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAdvSimd(ref float left, ref float right, ref float output, in Tile tile)
    {
        int column = 0;
        for (; column + 8 <= tile.Columns; column += 8)
        {
            ref float strip = ref Unsafe.Add(ref right, column);
            int row = 0;
            for (; row + 4 <= tile.Rows; row += 4)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                AdvSimdTile4x2(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }

            for (; row < tile.Rows; row++)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                AdvSimdTile1x2(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }
        }

        for (; column + 4 <= tile.Columns; column += 4)
        {
            ref float strip = ref Unsafe.Add(ref right, column);
            int row = 0;
            for (; row + 4 <= tile.Rows; row += 4)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                AdvSimdTile4x1(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }

            for (; row < tile.Rows; row++)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                AdvSimdTile1x1(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
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
    private static void AdvSimdTile4x2(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftRow = tile.LeftRowStride;
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        ref float row1 = ref Unsafe.Add(ref output, tile.OutputRowStride);
        ref float row2 = ref Unsafe.Add(ref output, 2 * tile.OutputRowStride);
        ref float row3 = ref Unsafe.Add(ref output, 3 * tile.OutputRowStride);
        Vector128<float> sum00 = Vector128<float>.Zero;
        Vector128<float> sum01 = Vector128<float>.Zero;
        Vector128<float> sum10 = Vector128<float>.Zero;
        Vector128<float> sum11 = Vector128<float>.Zero;
        Vector128<float> sum20 = Vector128<float>.Zero;
        Vector128<float> sum21 = Vector128<float>.Zero;
        Vector128<float> sum30 = Vector128<float>.Zero;
        Vector128<float> sum31 = Vector128<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector128<float> columns0 = Vector128.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector128<float> columns1 = Vector128.LoadUnsafe(ref Unsafe.Add(ref right, along), 4);
            Vector128<float> value = Vector128.Create(Unsafe.Add(ref left, from));
            sum00 = AdvSimd.FusedMultiplyAdd(sum00, value, columns0);
            sum01 = AdvSimd.FusedMultiplyAdd(sum01, value, columns1);
            value = Vector128.Create(Unsafe.Add(ref left, from + leftRow));
            sum10 = AdvSimd.FusedMultiplyAdd(sum10, value, columns0);
            sum11 = AdvSimd.FusedMultiplyAdd(sum11, value, columns1);
            value = Vector128.Create(Unsafe.Add(ref left, from + (2 * leftRow)));
            sum20 = AdvSimd.FusedMultiplyAdd(sum20, value, columns0);
            sum21 = AdvSimd.FusedMultiplyAdd(sum21, value, columns1);
            value = Vector128.Create(Unsafe.Add(ref left, from + (3 * leftRow)));
            sum30 = AdvSimd.FusedMultiplyAdd(sum30, value, columns0);
            sum31 = AdvSimd.FusedMultiplyAdd(sum31, value, columns1);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum00, ref output, 0, accumulate);
        Store(sum01, ref output, 4, accumulate);
        Store(sum10, ref row1, 0, accumulate);
        Store(sum11, ref row1, 4, accumulate);
        Store(sum20, ref row2, 0, accumulate);
        Store(sum21, ref row2, 4, accumulate);
        Store(sum30, ref row3, 0, accumulate);
        Store(sum31, ref row3, 4, accumulate);
    }

    /// <summary>One row of two vectors.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void AdvSimdTile1x2(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        Vector128<float> sum0 = Vector128<float>.Zero;
        Vector128<float> sum1 = Vector128<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector128<float> columns0 = Vector128.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector128<float> columns1 = Vector128.LoadUnsafe(ref Unsafe.Add(ref right, along), 4);
            Vector128<float> value = Vector128.Create(Unsafe.Add(ref left, from));
            sum0 = AdvSimd.FusedMultiplyAdd(sum0, value, columns0);
            sum1 = AdvSimd.FusedMultiplyAdd(sum1, value, columns1);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum0, ref output, 0, accumulate);
        Store(sum1, ref output, 4, accumulate);
    }

    /// <summary>Four rows of one vector.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void AdvSimdTile4x1(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftRow = tile.LeftRowStride;
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        ref float row1 = ref Unsafe.Add(ref output, tile.OutputRowStride);
        ref float row2 = ref Unsafe.Add(ref output, 2 * tile.OutputRowStride);
        ref float row3 = ref Unsafe.Add(ref output, 3 * tile.OutputRowStride);
        Vector128<float> sum0 = Vector128<float>.Zero;
        Vector128<float> sum1 = Vector128<float>.Zero;
        Vector128<float> sum2 = Vector128<float>.Zero;
        Vector128<float> sum3 = Vector128<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector128<float> columns = Vector128.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector128<float> value = Vector128.Create(Unsafe.Add(ref left, from));
            sum0 = AdvSimd.FusedMultiplyAdd(sum0, value, columns);
            value = Vector128.Create(Unsafe.Add(ref left, from + leftRow));
            sum1 = AdvSimd.FusedMultiplyAdd(sum1, value, columns);
            value = Vector128.Create(Unsafe.Add(ref left, from + (2 * leftRow)));
            sum2 = AdvSimd.FusedMultiplyAdd(sum2, value, columns);
            value = Vector128.Create(Unsafe.Add(ref left, from + (3 * leftRow)));
            sum3 = AdvSimd.FusedMultiplyAdd(sum3, value, columns);
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
    private static void AdvSimdTile1x1(ref float left, ref float right, ref float output, in Tile tile)
    {
        nint leftColumn = tile.LeftColumnStride;
        nint rightRow = tile.RightRowStride;
        bool accumulate = tile.Accumulate;
        Vector128<float> sum = Vector128<float>.Zero;
        nint from = 0;
        nint along = 0;
        for (int index = tile.Inner; index > 0; index--)
        {
            Vector128<float> columns = Vector128.LoadUnsafe(ref Unsafe.Add(ref right, along));
            Vector128<float> value = Vector128.Create(Unsafe.Add(ref left, from));
            sum = AdvSimd.FusedMultiplyAdd(sum, value, columns);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum, ref output, 0, accumulate);
    }
}
