using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>From weights stored as int8 to float32: one multiplication a weight, rounded once, the same bits on every path.</summary>
public static partial class ExpandInt8
{
    /// <summary>Columns that are expanded together.</summary>
    private const int Block = 16;

    /// <summary><c>output[r, c] = input[r, c] · scales[c]</c>.</summary>
    /// <param name="input">[rows, columns].</param>
    /// <param name="scales">One a column.</param>
    /// <param name="output">[rows, columns].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <exception cref="ArgumentException">A span is shorter than the counts imply, or a count is below 1.</exception>
    public static void Run(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, Span<float> output, int rows, int columns)
    {
        ConvolutionExtents.Positive(rows, nameof(rows));
        ConvolutionExtents.Positive(columns, nameof(columns));
        KernelGuard.Holds(input.Length, (long)rows * columns, nameof(input));
        KernelGuard.Holds(scales.Length, columns, nameof(scales));
        KernelGuard.Holds(output.Length, (long)rows * columns, nameof(output));
        Dispatch(input, scales, output, rows, columns);
    }

    /// <summary>Runs the fastest path there is; the arguments are checked.</summary>
    internal static void Dispatch(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, Span<float> output, int rows, int columns)
    {
        if (Avx512F.IsSupported)
        {
            RunAvx512(input, scales, output, rows, columns);
        }
        else if (Avx2.IsSupported)
        {
            RunAvx2(input, scales, output, rows, columns);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, scales, output, rows, columns);
        }
        else
        {
            RunScalar(input, scales, output, rows, 0, columns);
        }
    }

    /// <summary>The truth that every other path agrees with, from a column on.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, Span<float> output, int rows, int firstColumn, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = firstColumn; column < columns; column++)
            {
                output[(row * columns) + column] = input[(row * columns) + column] * scales[column];
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, Span<float> output, int rows, int columns)
    {
        int column = 0;
        for (; column <= columns - Block; column += Block)
        {
            ref float scale = ref Unsafe.Add(ref MemoryMarshal.GetReference(scales), column);
            Vector128<float> scale0 = Vector128.LoadUnsafe(ref scale), scale1 = Vector128.LoadUnsafe(ref scale, 4);
            Vector128<float> scale2 = Vector128.LoadUnsafe(ref scale, 8), scale3 = Vector128.LoadUnsafe(ref scale, 12);
            nuint at = (nuint)column;
            for (int row = 0; row < rows; row++, at += (nuint)columns)
            {
                (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(input), at));
                ref float target = ref Unsafe.Add(ref MemoryMarshal.GetReference(output), at);
                (Vector128.ConvertToSingle(Vector128.WidenLower(lower)) * scale0).StoreUnsafe(ref target);
                (Vector128.ConvertToSingle(Vector128.WidenUpper(lower)) * scale1).StoreUnsafe(ref target, 4);
                (Vector128.ConvertToSingle(Vector128.WidenLower(upper)) * scale2).StoreUnsafe(ref target, 8);
                (Vector128.ConvertToSingle(Vector128.WidenUpper(upper)) * scale3).StoreUnsafe(ref target, 12);
            }
        }

        RunScalar(input, scales, output, rows, column, columns);
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, Span<float> output, int rows, int columns)
    {
        int column = 0;
        for (; column <= columns - Block; column += Block)
        {
            ref float scale = ref Unsafe.Add(ref MemoryMarshal.GetReference(scales), column);
            Vector256<float> scale0 = Vector256.LoadUnsafe(ref scale), scale1 = Vector256.LoadUnsafe(ref scale, 8);
            nuint at = (nuint)column;
            for (int row = 0; row < rows; row++, at += (nuint)columns)
            {
                Vector128<sbyte> bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(input), at);
                ref float target = ref Unsafe.Add(ref MemoryMarshal.GetReference(output), at);
                Vector256<int> lower = Avx2.ConvertToVector256Int32(bytes);
                Vector256<int> upper = Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(bytes, 8));
                Avx.Multiply(Avx.ConvertToVector256Single(lower), scale0).StoreUnsafe(ref target);
                Avx.Multiply(Avx.ConvertToVector256Single(upper), scale1).StoreUnsafe(ref target, 8);
            }
        }

        RunScalar(input, scales, output, rows, column, columns);
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, Span<float> output, int rows, int columns)
    {
        int column = 0;
        for (; column <= columns - Block; column += Block)
        {
            Vector512<float> scale = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(scales), (nuint)column);
            nuint at = (nuint)column;
            for (int row = 0; row < rows; row++, at += (nuint)columns)
            {
                Vector512<int> integers = Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(input), at));
                Avx512F.Multiply(Avx512F.ConvertToVector512Single(integers), scale).StoreUnsafe(ref MemoryMarshal.GetReference(output), at);
            }
        }

        RunScalar(input, scales, output, rows, column, columns);
    }
}
