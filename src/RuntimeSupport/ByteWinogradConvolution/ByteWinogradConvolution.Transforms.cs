using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>Integers of scratch memory for a transform between columns and rows: 36 vectors of 32 words at most.</summary>
    private const int StageLength = Positions * 32 / 2;

    /// <summary>Transforms a tile's inputs. The last vector of channels is moved back to end with the pixel.</summary>
    /// <param name="input">The image.</param>
    /// <param name="offsets">Where the tile's 6 rows lie in it, then where the columns lie in a row.</param>
    /// <param name="channels">Input channels, a vector at least.</param>
    /// <param name="stage">Scratch memory.</param>
    /// <param name="transformed">The tile's first channel in position 0.</param>
    /// <param name="positionStride">From there to the next position.</param>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void TransformInputs<TWords, TVector>(ref byte input, ReadOnlySpan<int> offsets, nint channels, ref short stage, ref short transformed, nint positionStride)
        where TWords : struct, IWords<TVector>
        where TVector : struct
    {
        nint row0 = offsets[0], row1 = offsets[1], row2 = offsets[2], row3 = offsets[3], row4 = offsets[4], row5 = offsets[5];
        nint count = TWords.Count;
        for (nint channel = 0; channel < channels; channel += count)
        {
            nint first = Math.Min(channel, channels - count);
            for (int column = 0; column < InputExtent; column++)
            {
                ref byte source = ref Unsafe.Add(ref input, offsets[InputExtent + column] + first);
                TransformInput<TWords, TVector>(
                    TWords.Widen(ref Unsafe.Add(ref source, row0)), TWords.Widen(ref Unsafe.Add(ref source, row1)), TWords.Widen(ref Unsafe.Add(ref source, row2)),
                    TWords.Widen(ref Unsafe.Add(ref source, row3)), TWords.Widen(ref Unsafe.Add(ref source, row4)), TWords.Widen(ref Unsafe.Add(ref source, row5)),
                    ref Unsafe.Add(ref stage, column * count), InputExtent * count);
            }

            ref short target = ref Unsafe.Add(ref transformed, first);
            for (nint row = 0; row < InputExtent; row++)
            {
                ref short source = ref Unsafe.Add(ref stage, row * InputExtent * count);
                TransformInput<TWords, TVector>(
                    TWords.Load(ref source), TWords.Load(ref Unsafe.Add(ref source, count)), TWords.Load(ref Unsafe.Add(ref source, 2 * count)),
                    TWords.Load(ref Unsafe.Add(ref source, 3 * count)), TWords.Load(ref Unsafe.Add(ref source, 4 * count)), TWords.Load(ref Unsafe.Add(ref source, 5 * count)),
                    ref Unsafe.Add(ref target, row * InputExtent * positionStride), positionStride);
            }
        }
    }

    /// <summary>Bᵀ times six inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformInput<TWords, TVector>(
        TVector input0, TVector input1, TVector input2, TVector input3, TVector input4, TVector input5, ref short target, nint step)
        where TWords : struct, IWords<TVector>
        where TVector : struct
    {
        TVector rise = TWords.Subtract(input4, input2), slope = TWords.Twice(TWords.Subtract(input3, input1));
        TVector even = TWords.Subtract(TWords.FourTimes(input2), input4), odd = TWords.Subtract(TWords.FourTimes(input1), input3);
        TWords.Store(TWords.Add(TWords.FourTimes(TWords.Subtract(input0, input2)), rise), ref target);
        TWords.StoreBoth(even, odd, ref Unsafe.Add(ref target, step), step);
        TWords.StoreBoth(rise, slope, ref Unsafe.Add(ref target, 3 * step), step);
        TWords.Store(TWords.Subtract(TWords.Subtract(input5, input3), TWords.Twice(slope)), ref Unsafe.Add(ref target, 5 * step));
    }

    /// <summary>
    /// From a tile's products in a block of channels to the sums of its pixels. Pixels beyond the image are left out: those of a row are
    /// overwritten by the next row, or the next tile.
    /// </summary>
    /// <param name="products">Of position 0; those of the next are 16 further.</param>
    /// <param name="bias">Start of the sums.</param>
    /// <param name="stage">Scratch memory.</param>
    /// <param name="sums">The sums of 16 channels a pixel.</param>
    /// <param name="rows">Rows of pixels in the image.</param>
    /// <param name="columns">Columns of pixels in the image.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformProducts<TIntegers, TVector>(ref int products, ref int bias, ref int stage, ref int sums, nint rows, nint columns)
        where TIntegers : struct, IIntegers<TVector>
        where TVector : struct
    {
        nint count = TIntegers.Count;
        for (nint lane = 0; lane < ByteConvolution.BlockChannels; lane += count)
        {
            for (nint column = 0; column < InputExtent; column++)
            {
                const int step = InputExtent * ByteConvolution.BlockChannels;
                ref int source = ref Unsafe.Add(ref products, (column * ByteConvolution.BlockChannels) + lane);
                ref int target = ref Unsafe.Add(ref stage, column * count);
                TVector product0 = TIntegers.Load(ref source), product5 = TIntegers.Load(ref Unsafe.Add(ref source, 5 * step));
                TVector product1 = TIntegers.Load(ref Unsafe.Add(ref source, step)), product2 = TIntegers.Load(ref Unsafe.Add(ref source, 2 * step));
                TVector product3 = TIntegers.Load(ref Unsafe.Add(ref source, 3 * step)), product4 = TIntegers.Load(ref Unsafe.Add(ref source, 4 * step));
                TVector sum1 = TIntegers.Add(product1, product2), difference1 = TIntegers.Subtract(product1, product2);
                TVector sum2 = TIntegers.Add(product3, product4), difference2 = TIntegers.Subtract(product3, product4);
                TIntegers.Store(TIntegers.Add(TIntegers.Add(product0, sum1), sum2), ref target);
                TIntegers.Store(TIntegers.Add(difference1, TIntegers.Twice(difference2)), ref Unsafe.Add(ref target, InputExtent * count));
                TIntegers.Store(TIntegers.Add(sum1, TIntegers.FourTimes(sum2)), ref Unsafe.Add(ref target, 2 * InputExtent * count));
                TIntegers.Store(TIntegers.Add(TIntegers.Add(difference1, product5), TIntegers.EightTimes(difference2)), ref Unsafe.Add(ref target, 3 * InputExtent * count));
            }

            TVector start = TIntegers.Load(ref Unsafe.Add(ref bias, lane));
            for (nint row = 0; row < rows; row++)
            {
                ref int source = ref Unsafe.Add(ref stage, row * InputExtent * count);
                ref int target = ref Unsafe.Add(ref sums, (row * columns * ByteConvolution.BlockChannels) + lane);
                TVector product0 = TIntegers.Load(ref source), product5 = TIntegers.Load(ref Unsafe.Add(ref source, 5 * count));
                TVector product1 = TIntegers.Load(ref Unsafe.Add(ref source, count)), product2 = TIntegers.Load(ref Unsafe.Add(ref source, 2 * count));
                TVector product3 = TIntegers.Load(ref Unsafe.Add(ref source, 3 * count)), product4 = TIntegers.Load(ref Unsafe.Add(ref source, 4 * count));

                // The factors that the transform of the weights leaves.
                TVector sum1 = TIntegers.Twice(TIntegers.Add(product1, product2)), difference1 = TIntegers.Twice(TIntegers.Subtract(product1, product2));
                TVector sum2 = TIntegers.Add(product3, product4), difference2 = TIntegers.Subtract(product3, product4);
                product5 = TIntegers.FourTimes(product5);
                StoreSum<TIntegers, TVector>(TIntegers.Add(TIntegers.Add(product0, sum1), sum2), start, ref target);
                StoreSum<TIntegers, TVector>(TIntegers.Add(difference1, TIntegers.Twice(difference2)), start, ref Unsafe.Add(ref target, ByteConvolution.BlockChannels));
                StoreSum<TIntegers, TVector>(TIntegers.Add(sum1, TIntegers.FourTimes(sum2)), start, ref Unsafe.Add(ref target, 2 * ByteConvolution.BlockChannels));
                StoreSum<TIntegers, TVector>(
                    TIntegers.Add(TIntegers.Add(difference1, product5), TIntegers.EightTimes(difference2)), start, ref Unsafe.Add(ref target, 3 * ByteConvolution.BlockChannels));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSum<TIntegers, TVector>(TVector scaled, TVector start, ref int target)
        where TIntegers : struct, IIntegers<TVector>
        where TVector : struct => TIntegers.Store(TIntegers.Add(TIntegers.Unscale(scaled), start), ref target);
}
