using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class MatMulFloat32
{
    /// <summary>Any vectors of 128 bits, without an instruction for the fused multiply-add; 4 columns at a time, the last few one by one.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ref float left, ref float right, ref float output, in Tile tile)
    {
        int column = 0;
        for (; column + 4 <= tile.Columns; column += 4)
        {
            ref float strip = ref Unsafe.Add(ref right, column);
            int row = 0;
            for (; row + 4 <= tile.Rows; row += 4)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Vector128Tile4x1(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }

            for (; row < tile.Rows; row++)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                Vector128Tile1x1(ref Unsafe.Add(ref left, row * tile.LeftRowStride), ref strip, ref result, tile);
            }
        }

        if (column < tile.Columns)
        {
            Tile narrow = tile with { Columns = tile.Columns - column };
            RunScalar(ref left, ref Unsafe.Add(ref right, column), ref Unsafe.Add(ref output, column), narrow);
        }
    }

    /// <summary>Four rows of one vector.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Vector128Tile4x1(ref float left, ref float right, ref float output, in Tile tile)
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
            sum0 = FusedMultiplyAdd.Exact(value, columns, sum0);
            value = Vector128.Create(Unsafe.Add(ref left, from + leftRow));
            sum1 = FusedMultiplyAdd.Exact(value, columns, sum1);
            value = Vector128.Create(Unsafe.Add(ref left, from + (2 * leftRow)));
            sum2 = FusedMultiplyAdd.Exact(value, columns, sum2);
            value = Vector128.Create(Unsafe.Add(ref left, from + (3 * leftRow)));
            sum3 = FusedMultiplyAdd.Exact(value, columns, sum3);
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
    private static void Vector128Tile1x1(ref float left, ref float right, ref float output, in Tile tile)
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
            sum = FusedMultiplyAdd.Exact(value, columns, sum);
            from += leftColumn;
            along += rightRow;
        }

        Store(sum, ref output, 0, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<float> sum, ref float output, nuint at, bool accumulate) =>
        (accumulate ? Vector128.LoadUnsafe(ref output, at) + sum : sum).StoreUnsafe(ref output, at);
}
