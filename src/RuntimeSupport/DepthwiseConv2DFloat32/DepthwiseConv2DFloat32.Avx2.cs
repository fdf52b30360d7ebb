using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class DepthwiseConv2DFloat32
{
    /// <summary>8 channels at a time; at least 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(in Arguments arguments)
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        int tapCount = arguments.TapOffsets.Length;
        int channels = arguments.Channels;
        nint paddedChannels = arguments.PaddedChannels;
        Vector256<float> minimum = Vector256.Create(arguments.Minimum), maximum = Vector256.Create(arguments.Maximum);
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        var cursor = new PixelCursor(arguments.Geometry);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int block = 0; block * 8 < channels; block++)
            {
                int channel = BlockBegin(block, 8, channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), cursor.Input + channel);
                ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
                Vector256<float> sum = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel);
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    Vector256<float> activations = Vector256.LoadUnsafe(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                    Vector256<float> filter = Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, tap * paddedChannels));
                    sum = Fma.MultiplyAdd(activations, filter, sum);
                }

                // Of these two instructions the second operand is the result when one is NaN.
                Avx.Min(maximum, Avx.Max(minimum, sum)).StoreUnsafe(ref MemoryMarshal.GetReference(arguments.Output), (nuint)(cursor.Output + channel));
            }

            cursor.MoveNext();
        }
    }
}
