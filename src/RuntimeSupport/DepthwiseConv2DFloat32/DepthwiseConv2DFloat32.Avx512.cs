using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class DepthwiseConv2DFloat32
{
    /// <summary>16 channels at a time; at least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512(in Arguments arguments)
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        int tapCount = arguments.TapOffsets.Length;
        int channels = arguments.Channels;
        nint paddedChannels = arguments.PaddedChannels;
        Vector512<float> minimum = Vector512.Create(arguments.Minimum), maximum = Vector512.Create(arguments.Maximum);
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        var cursor = new PixelCursor(arguments.Geometry);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int block = 0; block * 16 < channels; block++)
            {
                int channel = BlockBegin(block, 16, channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), cursor.Input + channel);
                ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
                Vector512<float> sum = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel);
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    Vector512<float> activations = Vector512.LoadUnsafe(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                    Vector512<float> filter = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, tap * paddedChannels));
                    sum = Avx512F.FusedMultiplyAdd(activations, filter, sum);
                }

                // Of these two instructions the second operand is the result when one is NaN.
                Avx512F.Min(maximum, Avx512F.Max(minimum, sum)).StoreUnsafe(ref MemoryMarshal.GetReference(arguments.Output), (nuint)(cursor.Output + channel));
            }

            cursor.MoveNext();
        }
    }
}
