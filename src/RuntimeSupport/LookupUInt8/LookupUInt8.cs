using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Any function of one quantised value: a table of its 256 results.</summary>
public static partial class LookupUInt8
{
    /// <summary>Entries of a table.</summary>
    private const int TableLength = 256;

    /// <summary>Lookups that the longest vectors make at a time.</summary>
    private const int LookupsTogether = 64;

    /// <summary>Looks up: <c>output[i] = table[input[i]]</c>.</summary>
    /// <param name="input">Activations.</param>
    /// <param name="table">256 results.</param>
    /// <param name="output">Results; may be the input if it has the same strides.</param>
    /// <param name="shape">Extents, at most 8.</param>
    /// <param name="inputStrides">Strides of the input in elements.</param>
    /// <param name="outputStrides">Strides of the output in elements.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output, ReadOnlySpan<int> shape, ReadOnlySpan<int> inputStrides, ReadOnlySpan<int> outputStrides)
    {
        KernelGuard.Holds(table.Length, TableLength, nameof(table));
        ExtentGuard.Rank(shape, inputStrides, nameof(inputStrides));
        ExtentGuard.Rank(shape, outputStrides, nameof(outputStrides));
        ExtentGuard.Strided(input.Length, shape, inputStrides, 0, nameof(input));
        ExtentGuard.Strided(output.Length, shape, outputStrides, 0, nameof(output));
        long elements = ExtentGuard.Elements(shape, nameof(shape));
        if (elements == 0)
        {
            return;
        }

        if (StridedLayout.IsOneRun(shape, inputStrides, outputStrides))
        {
            RunRow(input.Slice(0, (int)elements), table, output.Slice(0, (int)elements));
            return;
        }

        if (shape.Length == 2 && inputStrides[1] == 1 && outputStrides[1] == 1)
        {
            RunMatrix(input, table, output, shape[0], shape[1], inputStrides[0], outputStrides[0]);
            return;
        }

        RunRows(input, table, output, new ElementwiseWalk(stackalloc int[ElementwiseWalk.ScratchLength], shape, inputStrides, outputStrides, outputStrides));
    }

    /// <summary>Rows of an image, from or to one with a border: most layers that are not one run, for which the walk need not be compiled.</summary>
    private static void RunMatrix(ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output, int rows, int columns, int inputStride, int outputStride)
    {
        for (int row = 0; row < rows; row++)
        {
            RunRow(input.Slice(row * inputStride, columns), table, output.Slice(row * outputStride, columns));
        }
    }

    /// <summary>Row by row. Not among the hot methods: that would take longer to compile than small models' rows take, and rows are little work.</summary>
    private static void RunRows(ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output, ElementwiseWalk walk)
    {
        bool contiguous = walk.LeftStride == 1 && walk.OutputStride == 1;
        do
        {
            if (contiguous)
            {
                RunRow(input.Slice((int)walk.Left, walk.Length), table, output.Slice((int)walk.Output, walk.Length));
                continue;
            }

            for (int at = 0; at < walk.Length; at++)
            {
                output[(int)walk.Output + (at * walk.OutputStride)] = table[input[(int)walk.Left + (at * walk.LeftStride)]];
            }
        }
        while (walk.MoveNext());
    }

    private static void RunRow(ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output)
    {
        if (Avx512Vbmi.IsSupported)
        {
            // Two questions: what else is asked would be compiled, and load the instructions of another processor.
            if (input.Length >= LookupsTogether)
            {
                RunAvx512Vbmi(input, table, output);
            }
            else
            {
                RunScalar(input, table, output);
            }
        }
        else if (!Sse2.IsSupported && AdvSimd.Arm64.IsSupported)
        {
            RunAdvSimd(input, table, output);
        }
        else
        {
            RunScalar(input, table, output);
        }
    }

    /// <summary>The truth that every other path agrees with. A row of as many inputs as outputs; the table is long enough.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ReadOnlySpan<byte> input, ReadOnlySpan<byte> table, Span<byte> output)
    {
        ref byte results = ref MemoryMarshal.GetReference(table);
        for (int at = 0; at < input.Length && at < output.Length; at++)
        {
            output[at] = Unsafe.Add(ref results, input[at]);
        }
    }
}
