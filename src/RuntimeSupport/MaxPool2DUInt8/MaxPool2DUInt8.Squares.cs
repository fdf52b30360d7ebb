using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <content>Windows of 2 × 2 pixels that share none and lie in the image: to walk them and to clip them would take longer than to find their largest.</content>
public static partial class MaxPool2DUInt8
{
    /// <summary>Whether <see cref="RunSquares"/> pools these windows: of 8 channels where two pixels are one vector, or of 16 and more.</summary>
    internal static bool IsSquares(PoolingGeometry geometry) =>
        geometry is { KernelHeight: 2, KernelWidth: 2, StrideHeight: 2, StrideWidth: 2, DilationHeight: 1, DilationWidth: 1, PadTop: 0, PadLeft: 0 }
        && geometry.OutputHeight <= geometry.InputHeight / 2 && geometry.OutputWidth <= geometry.InputWidth / 2
        && (geometry.Channels >= 16 || geometry is { Channels: 8, InputPixelStride: 8 });

    /// <summary>Pools such windows; <see cref="IsSquares"/> holds.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunSquares(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, byte minimum, byte maximum)
    {
        Vector128<byte> least = Vector128.Create(minimum), most = Vector128.Create(maximum);
        nint next = geometry.InputPixelStride, step = 2 * next, stride = geometry.OutputPixelStride;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (int batch, int y) = Math.DivRem(row, geometry.OutputHeight);
            ref byte upper = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), ((nint)batch * geometry.InputBatchStride) + (2 * (nint)y * geometry.InputRowStride));
            ref byte lower = ref Unsafe.Add(ref upper, geometry.InputRowStride);
            ref byte pixel = ref Unsafe.Add(ref MemoryMarshal.GetReference(output), ((nint)batch * geometry.OutputBatchStride) + ((nint)y * geometry.OutputRowStride));
            for (nint column = 0; column < geometry.OutputWidth; column++)
            {
                ref byte target = ref Unsafe.Add(ref pixel, column * stride);
                nint at = column * step;
                if (geometry.Channels == 8)
                {
                    // A vector is both pixels of a row.
                    Vector128<byte> pair = Vector128.Max(Load(ref upper, at), Load(ref lower, at));
                    Vector128<byte> second = Vector128.CreateScalar(pair.AsUInt64().GetElement(1)).AsByte();
                    Unsafe.WriteUnaligned(ref target, Vector128.Min(Vector128.Max(Vector128.Max(pair, second), least), most).AsUInt64().ToScalar());
                    continue;
                }

                for (int block = 0; block * 16 < geometry.Channels; block++)
                {
                    int channel = BlockBegin(block, 16, geometry.Channels);
                    nint from = at + channel;
                    Vector128<byte> largest = Vector128.Max(Vector128.Max(Load(ref upper, from), Load(ref upper, from + next)), Vector128.Max(Load(ref lower, from), Load(ref lower, from + next)));
                    Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref target, channel)) = Vector128.Min(Vector128.Max(largest, least), most);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load(ref byte source, nint at) => Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref source, at));
}
