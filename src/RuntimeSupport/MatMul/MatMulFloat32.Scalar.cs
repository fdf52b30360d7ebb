using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class MatMulFloat32
{
    /// <summary>The truth that the other paths are held against.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ref float left, ref float right, ref float output, in Tile tile)
    {
        for (int row = 0; row < tile.Rows; row++)
        {
            for (int column = 0; column < tile.Columns; column++)
            {
                ref float result = ref Unsafe.Add(ref output, (row * tile.OutputRowStride) + column);
                float sum = 0;
                for (int index = 0; index < tile.Inner; index++)
                {
                    float leftValue = Unsafe.Add(ref left, (row * tile.LeftRowStride) + (index * tile.LeftColumnStride));
                    float rightValue = Unsafe.Add(ref right, (index * tile.RightRowStride) + column);
                    sum = FusedMultiplyAdd.Of(leftValue, rightValue, sum);
                }

                result = tile.Accumulate ? result + sum : sum;
            }
        }
    }
}
