using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteDepthwiseConvolution
{
    /// <summary>Eight channels at a time; a product of a byte and a signed byte fits an int16. At least 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        var cursor = new PixelCursor(arguments.Geometry);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int block = 0; block * 8 < arguments.Channels; block++)
            {
                RunBlock<TRequantizer>(arguments, cursor.Input, cursor.Output, BlockBegin(block, 8, arguments.Channels));
            }

            cursor.MoveNext();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RunBlock<TRequantizer>(in Arguments arguments, int window, int pixel, int channel)
        where TRequantizer : struct, IRequantizer
    {
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), window + channel);
        ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        Vector128<int> lower = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel);
        Vector128<int> upper = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel + 4);
        for (int tap = 0; tap < arguments.TapOffsets.Length; tap++)
        {
            ulong activations = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref input, Unsafe.Add(ref taps, tap)));
            ulong filter = Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<sbyte, byte>(ref Unsafe.Add(ref weights, (nint)tap * arguments.PaddedChannels)));
            Vector128<short> products = Vector128.WidenLower(Vector128.CreateScalarUnsafe(activations).AsByte()).AsInt16()
                * Vector128.WidenLower(Vector128.CreateScalarUnsafe(filter).AsSByte());
            lower += Vector128.WidenLower(products);
            upper += Vector128.WidenUpper(products);
        }

        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), channel);
        Vector128<int> quantised0 = ByteLanes.PortableIntegers<TRequantizer>(lower, ref multipliers, 0, arguments.Target);
        Vector128<int> quantised1 = ByteLanes.PortableIntegers<TRequantizer>(upper, ref multipliers, 4, arguments.Target);
        Vector128<byte> bytes = ByteLanes.PortableBytes(quantised0, quantised1, quantised0, quantised1);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), pixel + channel), bytes.AsUInt64().ToScalar());
    }
}
