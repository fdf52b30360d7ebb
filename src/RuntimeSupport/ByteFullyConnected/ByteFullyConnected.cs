using System;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Rows of uint8 activations by a constant int8 matrix, whatever the requantisation.</summary>
public static partial class ByteFullyConnected
{
    /// <summary>Longest row that is copied to the stack when the input has no room behind its last row.</summary>
    private const int LongestCopy = 16384;

    /// <summary>Checks the arguments and multiplies.</summary>
    internal static void Run<TRequantizer>(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<int> multipliers,
        Span<byte> output,
        int rows,
        int inputs,
        int outputs,
        RequantizationTarget target,
        ReadOnlySpan<int> wideQuads)
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionExtents.Positive(rows, nameof(rows));
        ConvolutionExtents.Positive(inputs, nameof(inputs));
        ConvolutionExtents.Positive(outputs, nameof(outputs));
        KernelGuard.Holds(input.Length, (long)rows * inputs, nameof(input));
        KernelGuard.Holds(output.Length, (long)rows * outputs, nameof(output));
        if (!wideQuads.IsEmpty && wideQuads[wideQuads.Length - 1] != ByteConvolution.NoMoreWideQuads)
        {
            throw new ArgumentException("The list does not end.", nameof(wideQuads));
        }

        int padded = (inputs + 3) / 4 * 4;
        if (input.Length >= ((rows - 1L) * inputs) + padded)
        {
            Multiply<TRequantizer>(input, weights, bias, multipliers, output, rows, inputs, outputs, target, wideQuads);
            return;
        }

        if (rows > 1)
        {
            Multiply<TRequantizer>(input, weights, bias, multipliers, output, rows - 1, inputs, outputs, target, wideQuads);
        }

        ReadOnlySpan<byte> lastRow = input.Slice((rows - 1) * inputs, inputs);
        Span<byte> copy = padded <= LongestCopy ? stackalloc byte[padded] : new byte[padded];
        lastRow.CopyTo(copy);
        Multiply<TRequantizer>(copy, weights, bias, multipliers, output.Slice((rows - 1) * outputs), 1, inputs, outputs, target, wideQuads);
    }

    private static void Multiply<TRequantizer>(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<int> multipliers,
        Span<byte> output,
        int rows,
        int inputs,
        int outputs,
        RequantizationTarget target,
        ReadOnlySpan<int> wideQuads)
        where TRequantizer : struct, IRequantizer
    {
        if (rows == 1 && ByteConvolution.HasAvx512Pixel)
        {
            // What is around a tile takes longer than small layers.
            CheckRow(weights, bias, multipliers, inputs, outputs, target);
            if (ByteConvolution.IsSmallPixel(inputs, outputs))
            {
                ByteConvolution.RunAvx512SmallPixel<TRequantizer>(
                    ref MemoryMarshal.GetReference(input), ref MemoryMarshal.GetReference(weights), ref MemoryMarshal.GetReference(bias),
                    ref MemoryMarshal.GetReference(multipliers), ref MemoryMarshal.GetReference(output), inputs, outputs, target);
                return;
            }

            ByteConvolution.RunAvx512Pixel<TRequantizer>(
                ref MemoryMarshal.GetReference(input), ref MemoryMarshal.GetReference(weights), ref MemoryMarshal.GetReference(bias),
                ref MemoryMarshal.GetReference(multipliers), ref MemoryMarshal.GetReference(output), inputs, outputs, target, wideQuads);
            return;
        }

        ReadOnlySpan<int> runOffsets = [0];
        var geometry = new ConvolutionGeometry(1, 1, rows, 0, 0, inputs, 0, 0, outputs);
        var arguments = new ByteConvolution.Arguments(input, weights, bias, multipliers, output, runOffsets, geometry, inputs, 1, inputs, outputs, target);
        ByteConvolution.Run<TRequantizer>(arguments);
    }

    /// <summary>Throws unless weights and what a channel has are there.</summary>
    private static void CheckRow(ReadOnlySpan<sbyte> weights, ReadOnlySpan<int> bias, ReadOnlySpan<int> multipliers, int inputs, int outputs, RequantizationTarget target)
    {
        long blocks = (outputs + ByteConvolution.BlockChannels - 1L) / ByteConvolution.BlockChannels, channels = blocks * ByteConvolution.BlockChannels;
        KernelGuard.Holds(weights.Length, blocks * ((inputs + 3) / 4) * ByteConvolution.QuadWeights, nameof(weights));
        KernelGuard.Holds(bias.Length, channels, nameof(bias));
        KernelGuard.Holds(multipliers.Length, channels + target.ShiftDistance, nameof(multipliers));
    }
}
