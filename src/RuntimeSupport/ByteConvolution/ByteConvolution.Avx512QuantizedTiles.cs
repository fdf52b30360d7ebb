using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>The tiles of such layers: as those of <see cref="Avx512Tile"/>, ended by requantisation.</content>
public static partial class ByteConvolution
{
    /// <summary>Tiles as those of <see cref="Avx512Tile"/>, ended by requantisation.</summary>
    private readonly struct Avx512QuantizedTile<TWeights>
        where TWeights : struct, IWeights
    {
        /// <summary>Convolves and quantises rows by channels; <c>offsets</c> says where each row's results go, and the last one follows up to a multiple of 7.</summary>
        [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
        internal static void Quantize<TRequantizer>(
            ref byte activations, nint rowBytes, ref sbyte weights, nint quads, ref int bias, ref int prepared, ref byte output, Span<int> offsets, int channels,
            RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            nint blockBytes = quads * TWeights.Bytes;
            for (int channel = 0; channel < channels; channel += 2 * BlockChannels)
            {
                int count = Math.Min(2 * BlockChannels, channels - channel);
                for (int row = 0; row < offsets.Length; row += TileHeight)
                {
                    QuantizeRows<TRequantizer>(
                        ref Unsafe.Add(ref activations, row * rowBytes), rowBytes, ref weights, blockBytes, quads, ref Unsafe.Add(ref bias, channel), ref Unsafe.Add(ref prepared, channel / BlockChannels * ByteLanes.PreparedNumbers),
                        ref Unsafe.Add(ref output, channel), offsets.Slice(row, Math.Min(offsets.Length - row, TileHeight)), count, target);
                }

                weights = ref Unsafe.Add(ref weights, 2 * blockBytes);
            }
        }

        /// <summary>Up to 7 rows by up to 32 channels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void QuantizeRows<TRequantizer>(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads, ref int bias, ref int prepared, ref byte output, Span<int> offsets, int channels,
            RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref int first = ref MemoryMarshal.GetReference(offsets);
            if (channels == 2 * BlockChannels && offsets.Length < Avx512Tile.LeastRows)
            {
                for (int row = 0; row < offsets.Length; row++)
                {
                    Quantize1x32<TRequantizer>(
                        ref Unsafe.Add(ref activations, row * rowBytes), ref weights, blockBytes, quads, ref bias, ref prepared, ref Unsafe.Add(ref output, offsets[row]), target);
                }
            }
            else if (channels == 2 * BlockChannels)
            {
                Quantize7x32<TRequantizer>(ref activations, rowBytes, ref weights, blockBytes, quads, ref bias, ref prepared, ref output, ref first, target);
            }
            else if (channels == BlockChannels + (BlockChannels / 2))
            {
                Quantize7x24<TRequantizer>(ref activations, rowBytes, ref weights, blockBytes, quads, ref bias, ref prepared, ref output, ref first, target);
            }
            else if (channels == BlockChannels)
            {
                Quantize7x16<TRequantizer>(ref activations, rowBytes, ref weights, quads, ref bias, ref prepared, ref output, ref first, target);
            }
            else
            {
                QuantizeRest<TRequantizer>(ref activations, rowBytes, ref weights, blockBytes, quads, ref bias, ref prepared, ref output, offsets, channels, target);
            }
        }

        /// <summary>Up to 7 rows whose last block is not full: that one is stored whole first, and copied.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void QuantizeRest<TRequantizer>(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads, ref int bias, ref int prepared, ref byte output, Span<int> offsets, int channels,
            RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            int done = channels / BlockChannels * BlockChannels;
            if (done > 0)
            {
                Quantize7x16<TRequantizer>(ref activations, rowBytes, ref weights, quads, ref bias, ref prepared, ref output, ref MemoryMarshal.GetReference(offsets), target);
                weights = ref Unsafe.Add(ref weights, blockBytes);
            }

            Span<int> places = stackalloc int[TileHeight];
            for (int row = 0; row < TileHeight; row++)
            {
                places[row] = row * BlockChannels;
            }

            Span<byte> whole = stackalloc byte[TileHeight * BlockChannels];
            Quantize7x16<TRequantizer>(
                ref activations, rowBytes, ref weights, quads, ref Unsafe.Add(ref bias, done), ref Unsafe.Add(ref prepared, done / BlockChannels * ByteLanes.PreparedNumbers),
                ref MemoryMarshal.GetReference(whole), ref MemoryMarshal.GetReference(places), target);
            CopyPixels(whole, ref Unsafe.Add(ref output, done), offsets, channels - done);
        }

        /// <summary>7 rows × 32 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Quantize7x32<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint blockBytes, nint quads, ref int bias, ref int prepared, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref byte rows6 = ref Unsafe.Add(ref rows3, 3 * stride);
            Vector512<int> sum00 = Avx512Tile.Load(ref bias, 0, 0);
            Vector512<int> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00;
            Vector512<int> sum01 = Avx512Tile.Load(ref bias, 0, 1);
            Vector512<int> sum11 = sum01, sum21 = sum01, sum31 = sum01, sum41 = sum01, sum51 = sum01, sum61 = sum01;
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                ref sbyte pairs0 = ref Unsafe.Add(ref weights, quad * TWeights.Bytes), pairs1 = ref Unsafe.Add(ref pairs0, blockBytes);
                Vector512<short> row0 = Avx512Tile.Broadcast(ref rows, at), row1 = Avx512Tile.Broadcast(ref rows, at + stride), row2 = Avx512Tile.Broadcast(ref rows, at + (2 * stride));
                Vector512<short> row3 = Avx512Tile.Broadcast(ref rows3, at), row4 = Avx512Tile.Broadcast(ref rows3, at + stride), row5 = Avx512Tile.Broadcast(ref rows3, at + (2 * stride)), row6 = Avx512Tile.Broadcast(ref rows6, at);
                Avx512Tile.AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, TWeights.Even(ref pairs0));
                Avx512Tile.AddProducts(ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, row0, row1, row2, row3, row4, row5, row6, TWeights.Even(ref pairs1));
                row0 = Avx512Tile.Broadcast(ref rows, at + 4);
                row1 = Avx512Tile.Broadcast(ref rows, at + stride + 4);
                row2 = Avx512Tile.Broadcast(ref rows, at + (2 * stride) + 4);
                row3 = Avx512Tile.Broadcast(ref rows3, at + 4);
                row4 = Avx512Tile.Broadcast(ref rows3, at + stride + 4);
                row5 = Avx512Tile.Broadcast(ref rows3, at + (2 * stride) + 4);
                row6 = Avx512Tile.Broadcast(ref rows6, at + 4);
                Avx512Tile.AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, TWeights.Odd(ref pairs0));
                Avx512Tile.AddProducts(ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, row0, row1, row2, row3, row4, row5, row6, TWeights.Odd(ref pairs1));
            }

            Store7x32<TRequantizer>(
                sum00, sum10, sum20, sum30, sum40, sum50, sum60, sum01, sum11, sum21, sum31, sum41, sum51, sum61, ref prepared, ref output, ref offsets, target);
        }

        /// <summary>Quantises and stores the sums of 7 rows × 32 channels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static void Store7x32<TRequantizer>(
            Vector512<int> sum00, Vector512<int> sum10, Vector512<int> sum20, Vector512<int> sum30, Vector512<int> sum40, Vector512<int> sum50, Vector512<int> sum60,
            Vector512<int> sum01, Vector512<int> sum11, Vector512<int> sum21, Vector512<int> sum31, Vector512<int> sum41, Vector512<int> sum51, Vector512<int> sum61,
            ref int prepared, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            TRequantizer.Avx512Products(
                ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, ref prepared);
            TRequantizer.Avx512Products(
                ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, ref Unsafe.Add(ref prepared, ByteLanes.PreparedNumbers));
            Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
            Vector512<byte> low = Vector512.Create(TRequantizer.Minimum(target)), high = Vector512.Create(TRequantizer.Maximum(target));

            // Backwards: rows that are too many come before the last.
            Clamp(ByteLanes.Avx512Bytes(sum60, sum61, sum60, sum61, zeroPoint), low, high).GetLower().StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 6)));
            StorePair(Clamp(ByteLanes.Avx512Bytes(sum40, sum41, sum50, sum51, zeroPoint), low, high), ref output, ref Unsafe.Add(ref offsets, 4));
            StorePair(Clamp(ByteLanes.Avx512Bytes(sum20, sum21, sum30, sum31, zeroPoint), low, high), ref output, ref Unsafe.Add(ref offsets, 2));
            StorePair(Clamp(ByteLanes.Avx512Bytes(sum00, sum01, sum10, sum11, zeroPoint), low, high), ref output, ref offsets);
        }

        /// <summary>7 rows × 24 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Quantize7x24<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint blockBytes, nint quads, ref int bias, ref int prepared, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref byte rows6 = ref Unsafe.Add(ref rows3, 3 * stride);
            Vector512<int> sum00 = Avx512Tile.Load(ref bias, 0, 0);
            Vector512<int> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00;
            Vector256<int> sum01 = LoadHalf(ref bias, 0, 1);
            Vector256<int> sum11 = sum01, sum21 = sum01, sum31 = sum01, sum41 = sum01, sum51 = sum01, sum61 = sum01;
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                ref sbyte pairs0 = ref Unsafe.Add(ref weights, quad * TWeights.Bytes), pairs1 = ref Unsafe.Add(ref pairs0, blockBytes);
                Vector512<short> row0 = Avx512Tile.Broadcast(ref rows, at), row1 = Avx512Tile.Broadcast(ref rows, at + stride), row2 = Avx512Tile.Broadcast(ref rows, at + (2 * stride));
                Vector512<short> row3 = Avx512Tile.Broadcast(ref rows3, at), row4 = Avx512Tile.Broadcast(ref rows3, at + stride), row5 = Avx512Tile.Broadcast(ref rows3, at + (2 * stride)), row6 = Avx512Tile.Broadcast(ref rows6, at);
                Avx512Tile.AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, TWeights.Even(ref pairs0));
                AddProducts(ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, row0.GetLower(), row1.GetLower(), row2.GetLower(), row3.GetLower(), row4.GetLower(), row5.GetLower(), row6.GetLower(), TWeights.Even(ref pairs1).GetLower());
                row0 = Avx512Tile.Broadcast(ref rows, at + 4);
                row1 = Avx512Tile.Broadcast(ref rows, at + stride + 4);
                row2 = Avx512Tile.Broadcast(ref rows, at + (2 * stride) + 4);
                row3 = Avx512Tile.Broadcast(ref rows3, at + 4);
                row4 = Avx512Tile.Broadcast(ref rows3, at + stride + 4);
                row5 = Avx512Tile.Broadcast(ref rows3, at + (2 * stride) + 4);
                row6 = Avx512Tile.Broadcast(ref rows6, at + 4);
                Avx512Tile.AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, TWeights.Odd(ref pairs0));
                AddProducts(ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, row0.GetLower(), row1.GetLower(), row2.GetLower(), row3.GetLower(), row4.GetLower(), row5.GetLower(), row6.GetLower(), TWeights.Odd(ref pairs1).GetLower());
            }

            TRequantizer.Avx512Products(
                ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, ref prepared);
            Vector512<int> half0 = sum01.ToVector512Unsafe(), half1 = sum11.ToVector512Unsafe(), half2 = sum21.ToVector512Unsafe(), half3 = sum31.ToVector512Unsafe();
            Vector512<int> half4 = sum41.ToVector512Unsafe(), half5 = sum51.ToVector512Unsafe(), half6 = sum61.ToVector512Unsafe();
            TRequantizer.Avx512Products(
                ref half0, ref half1, ref half2, ref half3, ref half4, ref half5, ref half6, ref Unsafe.Add(ref prepared, ByteLanes.PreparedNumbers));
            Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
            Vector512<byte> low = Vector512.Create(TRequantizer.Minimum(target)), high = Vector512.Create(TRequantizer.Maximum(target));
            StoreHalf(Clamp(ByteLanes.Avx512Bytes(sum60, half6, sum60, half6, zeroPoint), low, high).GetLower(), ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 6)));
            StoreHalves(Clamp(ByteLanes.Avx512Bytes(sum40, half4, sum50, half5, zeroPoint), low, high), ref output, ref Unsafe.Add(ref offsets, 4));
            StoreHalves(Clamp(ByteLanes.Avx512Bytes(sum20, half2, sum30, half3, zeroPoint), low, high), ref output, ref Unsafe.Add(ref offsets, 2));
            StoreHalves(Clamp(ByteLanes.Avx512Bytes(sum00, half0, sum10, half1, zeroPoint), low, high), ref output, ref offsets);
        }

        /// <summary>7 rows × 16 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Quantize7x16<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int prepared, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref byte rows6 = ref Unsafe.Add(ref rows3, 3 * stride);
            Vector512<int> sum00 = Avx512Tile.Load(ref bias, 0, 0);
            Vector512<int> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00;
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                ref sbyte pairs0 = ref Unsafe.Add(ref weights, quad * TWeights.Bytes);
                Vector512<short> row0 = Avx512Tile.Broadcast(ref rows, at), row1 = Avx512Tile.Broadcast(ref rows, at + stride), row2 = Avx512Tile.Broadcast(ref rows, at + (2 * stride));
                Vector512<short> row3 = Avx512Tile.Broadcast(ref rows3, at), row4 = Avx512Tile.Broadcast(ref rows3, at + stride), row5 = Avx512Tile.Broadcast(ref rows3, at + (2 * stride)), row6 = Avx512Tile.Broadcast(ref rows6, at);
                Avx512Tile.AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, TWeights.Even(ref pairs0));
                row0 = Avx512Tile.Broadcast(ref rows, at + 4);
                row1 = Avx512Tile.Broadcast(ref rows, at + stride + 4);
                row2 = Avx512Tile.Broadcast(ref rows, at + (2 * stride) + 4);
                row3 = Avx512Tile.Broadcast(ref rows3, at + 4);
                row4 = Avx512Tile.Broadcast(ref rows3, at + stride + 4);
                row5 = Avx512Tile.Broadcast(ref rows3, at + (2 * stride) + 4);
                row6 = Avx512Tile.Broadcast(ref rows6, at + 4);
                Avx512Tile.AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, TWeights.Odd(ref pairs0));
            }

            Store7x16<TRequantizer>(sum00, sum10, sum20, sum30, sum40, sum50, sum60, ref prepared, ref output, ref offsets, target);
        }

        /// <summary>Quantises and stores the sums of 7 rows × 16 channels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static void Store7x16<TRequantizer>(
            Vector512<int> sum00, Vector512<int> sum10, Vector512<int> sum20, Vector512<int> sum30, Vector512<int> sum40, Vector512<int> sum50, Vector512<int> sum60,
            ref int prepared, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            TRequantizer.Avx512Products(
                ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, ref prepared);
            Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
            Vector512<byte> low = Vector512.Create(TRequantizer.Minimum(target)), high = Vector512.Create(TRequantizer.Maximum(target));
            StoreFour(Clamp(ByteLanes.Avx512Bytes(sum30, sum40, sum50, sum60, zeroPoint), low, high), ref output, ref Unsafe.Add(ref offsets, 3));
            StoreFour(Clamp(ByteLanes.Avx512Bytes(sum00, sum10, sum20, sum30, zeroPoint), low, high), ref output, ref offsets);
        }

        /// <summary>A row × 32 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Quantize1x32<TRequantizer>(
            ref byte row, ref sbyte weights, nint blockBytes, nint quads, ref int bias, ref int prepared, ref byte output, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            Vector512<int> sum0 = Avx512Tile.Load(ref bias, 0, 0), sum1 = Avx512Tile.Load(ref bias, 0, 1);
            for (nint quad = 0; quad < quads; quad++)
            {
                Vector512<short> even = Avx512Tile.Broadcast(ref row, quad * 8), odd = Avx512Tile.Broadcast(ref row, (quad * 8) + 4);
                ref sbyte pairs = ref Unsafe.Add(ref weights, quad * TWeights.Bytes);
                sum0 += Avx512Tile.Dot(even, TWeights.Even(ref pairs), odd, TWeights.Odd(ref pairs));
                pairs = ref Unsafe.Add(ref pairs, blockBytes);
                sum1 += Avx512Tile.Dot(even, TWeights.Even(ref pairs), odd, TWeights.Odd(ref pairs));
            }

            Requantized<TRequantizer>(sum0, ref prepared, target).StoreUnsafe(ref output);
            Requantized<TRequantizer>(sum1, ref Unsafe.Add(ref prepared, ByteLanes.PreparedNumbers), target).StoreUnsafe(ref output, BlockChannels);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<byte> Requantized<TRequantizer>(Vector512<int> sums, ref int prepared, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer => Avx512F.ConvertToVector128Byte(Avx512F.Min(
                Avx512F.Max(Avx512F.Add(TRequantizer.Avx512Product(sums, ref prepared), Vector512.Create(target.ZeroPoint)), Vector512.Create((int)TRequantizer.Minimum(target))),
                Vector512.Create((int)TRequantizer.Maximum(target))));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<byte> Clamp(Vector512<byte> bytes, Vector512<byte> low, Vector512<byte> high) => Avx512BW.Min(Avx512BW.Max(bytes, low), high);

        /// <summary>Stores two rows of 32 bytes, the second first.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StorePair(Vector512<byte> rows, ref byte output, ref int offsets)
        {
            Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 1))) = Avx512F.ExtractVector256(rows, 1);
            Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref output, offsets)) = rows.GetLower();
        }

        /// <summary>Stores two rows of 24 bytes, the second first.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StoreHalves(Vector512<byte> rows, ref byte output, ref int offsets)
        {
            StoreHalf(rows.GetUpper(), ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 1)));
            StoreHalf(rows.GetLower(), ref Unsafe.Add(ref output, offsets));
        }

        /// <summary>Stores the first 24 bytes.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StoreHalf(Vector256<byte> row, ref byte output)
        {
            row.GetLower().StoreUnsafe(ref output);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, BlockChannels), row.GetUpper().AsUInt64().ToScalar());
        }

        /// <summary>Stores four rows of 16 bytes, the last first.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StoreFour(Vector512<byte> rows, ref byte output, ref int offsets)
        {
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 3))) = Avx512F.ExtractVector128(rows, 3);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 2))) = Avx512F.ExtractVector128(rows, 2);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, 1))) = Avx512F.ExtractVector128(rows, 1);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, offsets)) = rows.GetLower().GetLower();
        }

        /// <summary>Adds a pair of inputs' products of 7 rows by 8 channels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddProducts(
            ref Vector256<int> sum0, ref Vector256<int> sum1, ref Vector256<int> sum2, ref Vector256<int> sum3, ref Vector256<int> sum4, ref Vector256<int> sum5, ref Vector256<int> sum6,
            Vector256<short> row0, Vector256<short> row1, Vector256<short> row2, Vector256<short> row3, Vector256<short> row4, Vector256<short> row5, Vector256<short> row6, Vector256<short> weights)
        {
            Vector256<int> product0 = Avx2.MultiplyAddAdjacent(row0, weights), product1 = Avx2.MultiplyAddAdjacent(row1, weights);
            Vector256<int> product2 = Avx2.MultiplyAddAdjacent(row2, weights), product3 = Avx2.MultiplyAddAdjacent(row3, weights);
            Vector256<int> product4 = Avx2.MultiplyAddAdjacent(row4, weights), product5 = Avx2.MultiplyAddAdjacent(row5, weights);
            Vector256<int> product6 = Avx2.MultiplyAddAdjacent(row6, weights);
            sum0 = Avx2.Add(sum0, product0);
            sum1 = Avx2.Add(sum1, product1);
            sum2 = Avx2.Add(sum2, product2);
            sum3 = Avx2.Add(sum3, product3);
            sum4 = Avx2.Add(sum4, product4);
            sum5 = Avx2.Add(sum5, product5);
            sum6 = Avx2.Add(sum6, product6);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<int> LoadHalf(ref int start, nint row, int block) =>
            Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref start, row + (block * BlockChannels)));
    }
}
