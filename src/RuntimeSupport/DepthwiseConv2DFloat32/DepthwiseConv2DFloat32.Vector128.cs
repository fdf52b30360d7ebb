using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelCompiler.RuntimeSupport;

public static partial class DepthwiseConv2DFloat32
{
    internal static void RunVector128(in Arguments arguments)
    {
        if (AdvSimd.IsSupported)
        {
            RunBlocks<FusedInstruction.Arm>(arguments);
        }
        else
        {
            RunBlocks<FusedInstruction.Exact>(arguments);
        }
    }

    /// <summary>4 channels at a time; at least 4 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunBlocks<TFused>(in Arguments arguments)
        where TFused : struct, FusedInstruction.IAdd
    {
        ref int taps = ref MemoryMarshal.GetReference(arguments.TapOffsets);
        int tapCount = arguments.TapOffsets.Length;
        int channels = arguments.Channels;
        nint paddedChannels = arguments.PaddedChannels;
        Vector128<float> minimum = Vector128.Create(arguments.Minimum), maximum = Vector128.Create(arguments.Maximum);
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        var cursor = new PixelCursor(arguments.Geometry);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int block = 0; block * 4 < channels; block++)
            {
                int channel = BlockBegin(block, 4, channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), cursor.Input + channel);
                ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
                Vector128<float> sum = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(arguments.Bias), (nuint)channel);
                for (nint tap = 0; tap < tapCount; tap++)
                {
                    Vector128<float> activations = Vector128.LoadUnsafe(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                    Vector128<float> filter = Vector128.LoadUnsafe(ref Unsafe.Add(ref weights, tap * paddedChannels));
                    sum = TFused.Add(sum, activations, filter);
                }

                FloatRange.Clamp(sum, minimum, maximum).StoreUnsafe(ref MemoryMarshal.GetReference(arguments.Output), (nuint)(cursor.Output + channel));
            }

            cursor.MoveNext();
        }
    }
}
