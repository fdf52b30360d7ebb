using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Two-dimensional convolution of NHWC images, uint8 activations by int8 weights, any stride, dilation and number of groups, whatever the requantisation.
/// The input is padded already, so that no window leaves it.
/// </summary>
public static partial class ByteConvolution
{
    /// <summary>Output channels in a block of packed weights.</summary>
    internal const int BlockChannels = 16;

    /// <summary>Bytes of a block's weights for four consecutive inputs: <c>[16][4]</c>.</summary>
    internal const int QuadWeights = 64;

    /// <summary>Whether <see cref="RunAvx512Pixel"/> is the fastest path for a single pixel.</summary>
    internal static bool HasAvx512Pixel => Avx512BW.IsSupported;

    /// <summary>Checks the arguments and runs the fastest path there is.</summary>
    internal static void Run<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        Check(arguments);
        Dispatch<TRequantizer>(arguments);
    }

    /// <summary>Runs the fastest path there is; the arguments are checked.</summary>
    internal static void Dispatch<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
#if NET10_0_OR_GREATER
        if (AvxVnni.IsSupported && (!Avx512BW.IsSupported || IsFasterByDot<TRequantizer>(arguments)))
        {
            RunAvxVnni<TRequantizer>(arguments);
            return;
        }
#endif
        if (Avx512BW.IsSupported)
        {
            RunAvx512<TRequantizer>(arguments);
        }
        else if (Avx2.IsSupported)
        {
            RunAvx2<TRequantizer>(arguments);
        }
        else if (Dp.IsSupported)
        {
            RunArmDp<TRequantizer>(arguments);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128<TRequantizer>(arguments);
        }
        else
        {
            RunScalar<TRequantizer>(arguments);
        }
    }

    /// <summary>Throws unless the spans hold what the counts imply.</summary>
    internal static void Check(in Arguments arguments)
    {
        ConvolutionExtents.Positive(arguments.RunLength, "runLength");
        ConvolutionExtents.Positive(arguments.Groups, "groups");
        ConvolutionExtents.Positive(arguments.InputChannels, "inputChannelsPerGroup");
        ConvolutionExtents.Positive(arguments.OutputChannels, "outputChannelsPerGroup");
        long lastRun = ConvolutionExtents.LastWindow(arguments.Geometry)
            + ((arguments.Groups - 1L) * arguments.InputChannels)
            + ConvolutionExtents.LargestOffset(arguments.RunOffsets, "runOffsets");
        long paddedChannels = (long)arguments.Groups * arguments.Blocks * BlockChannels;
        KernelGuard.Holds(arguments.Input.Length, lastRun + (4L * arguments.QuadsPerRun), "input");
        KernelGuard.Holds(arguments.Weights.Length, (long)arguments.Groups * arguments.Blocks * arguments.RunOffsets.Length * arguments.QuadsPerRun * QuadWeights, "weights");
        KernelGuard.Holds(arguments.Bias.Length, paddedChannels, "bias");
        KernelGuard.Holds(arguments.Multipliers.Length, paddedChannels + arguments.Target.ShiftDistance, "multipliers");
        KernelGuard.Holds(arguments.Output.Length, ConvolutionExtents.LastOutput(arguments.Geometry) + ((long)arguments.Groups * arguments.OutputChannels), "output");
    }

    /// <summary>Blocks that hold some channels, the last one filled up.</summary>
    private static int BlocksOf(int channels) => unchecked(channels + BlockChannels - 1) / BlockChannels;

    /// <summary>The arguments of a run, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<int> multipliers,
        Span<byte> output,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        int groups,
        int inputChannels,
        int outputChannels,
        RequantizationTarget target,
        bool int16Sums = false)
    {
        public readonly ReadOnlySpan<byte> Input = input;
        public readonly ReadOnlySpan<sbyte> Weights = weights;
        public readonly ReadOnlySpan<int> Bias = bias;
        public readonly ReadOnlySpan<int> Multipliers = multipliers;
        public readonly Span<byte> Output = output;
        public readonly ReadOnlySpan<int> RunOffsets = runOffsets;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int RunLength = runLength;
        public readonly int Groups = groups;
        public readonly int InputChannels = inputChannels;
        public readonly int OutputChannels = outputChannels;
        public readonly RequantizationTarget Target = target;

        /// <summary>Whether no four weights that are summed in an int16 exceed <see cref="Int16SumLimit"/>.</summary>
        public readonly bool Int16Sums = int16Sums;

        /// <summary>Groups of four inputs in a run, the last one filled up.</summary>
        public readonly int QuadsPerRun = unchecked(runLength + 3) / 4;

        /// <summary>Blocks of 16 output channels in a group, the last one filled up.</summary>
        public readonly int Blocks = BlocksOf(outputChannels);

        /// <summary>The same convolution, columns for rows.</summary>
        public Arguments Turned() => new(
            Input, Weights, Bias, Multipliers, Output, RunOffsets, Geometry.Turned(), RunLength, Groups, InputChannels, OutputChannels, Target, Int16Sums);

        /// <summary>Requantises the sum of a channel.</summary>
        public byte Requantize<TRequantizer>(int sum, int channel)
            where TRequantizer : struct, IRequantizer =>
            TRequantizer.Scalar(sum, Multipliers[channel], TRequantizer.HasShifts ? Multipliers[Target.ShiftDistance + channel] : 0, Target);
    }
}
