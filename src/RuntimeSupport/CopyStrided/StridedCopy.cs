using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// The copy behind <c>CopyStrided…</c> and <c>Fill…</c>. The dimensions are sorted by the output's strides, so that the innermost writes the
/// nearest elements; of the others, the one that reads the nearest elements becomes the second: the two make a plane.
/// </summary>
internal static partial class StridedCopy
{
    /// <summary>Elements a side of the tiles in which a plane is transposed: the lines of one tile stay in the first cache.</summary>
    private const int Tile = 16;

    /// <summary>Below this many elements a run is copied one by one.</summary>
    private const int ShortRun = 8;

    /// <summary>Copies element by element from one strided layout to another.</summary>
    internal static void Run<T>(
        ReadOnlySpan<T> input,
        Span<T> output,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<int> inputStrides,
        ReadOnlySpan<int> outputStrides,
        int inputOffset,
        int outputOffset)
        where T : unmanaged
    {
        ExtentGuard.Rank(shape, inputStrides, nameof(inputStrides));
        ExtentGuard.Rank(shape, outputStrides, nameof(outputStrides));
        ExtentGuard.Strided(input.Length, shape, inputStrides, inputOffset, nameof(input));
        ExtentGuard.Strided(output.Length, shape, outputStrides, outputOffset, nameof(output));
        long elements = ExtentGuard.Elements(shape, nameof(shape));
        if (elements == 0)
        {
            return;
        }

        if (StridedLayout.IsOneRun(shape, inputStrides, outputStrides))
        {
            // Spares small models the other method, which a cold process has to compile first.
            input.Slice(inputOffset, (int)elements).CopyTo(output.Slice(outputOffset));
            return;
        }

        RunPlanes(ref Unsafe.Add(ref MemoryMarshal.GetReference(input), inputOffset), ref Unsafe.Add(ref MemoryMarshal.GetReference(output), outputOffset), shape, inputStrides, outputStrides);
    }

    private static void RunPlanes<T>(ref T input, ref T output, ReadOnlySpan<int> shape, ReadOnlySpan<int> inputStrides, ReadOnlySpan<int> outputStrides)
        where T : unmanaged
    {
        Span<int> extents = stackalloc int[ExtentGuard.MaximumRank];
        Span<int> reading = stackalloc int[ExtentGuard.MaximumRank];
        Span<int> writing = stackalloc int[ExtentGuard.MaximumRank];
        shape.CopyTo(extents);
        inputStrides.CopyTo(reading);
        outputStrides.CopyTo(writing);
        SortByOutput(extents[..shape.Length], reading, writing);
        int rank = StridedLayout.Merge(extents[..shape.Length], reading, writing);
        ChooseRows(extents[..rank], reading, writing);
        Planes(ref input, ref output, extents[..rank], reading[..rank], writing[..rank]);
    }

    private static void SortByOutput(Span<int> extents, Span<int> reading, Span<int> writing)
    {
        for (int last = 1; last < extents.Length; last++)
        {
            for (int dimension = last; dimension > 0 && Distance(writing[dimension - 1]) < Distance(writing[dimension]); dimension--)
            {
                Swap(extents, reading, writing, dimension - 1, dimension);
            }
        }
    }

    /// <summary>Where the innermost dimension jumps about in the input, the one with the nearest elements there comes second.</summary>
    private static void ChooseRows(Span<int> extents, Span<int> reading, Span<int> writing)
    {
        int rows = extents.Length - 2;
        if (rows < 0 || Distance(reading[rows + 1]) <= 1)
        {
            return;
        }

        int nearest = rows;
        for (int dimension = 0; dimension < rows; dimension++)
        {
            if (reading[dimension] != 0 && (reading[nearest] == 0 || Distance(reading[dimension]) < Distance(reading[nearest])))
            {
                nearest = dimension;
            }
        }

        Swap(extents, reading, writing, nearest, rows);
    }

    private static long Distance(int stride) => Math.Abs((long)stride);

    private static void Swap(Span<int> extents, Span<int> reading, Span<int> writing, int first, int second)
    {
        (extents[first], extents[second]) = (extents[second], extents[first]);
        (reading[first], reading[second]) = (reading[second], reading[first]);
        (writing[first], writing[second]) = (writing[second], writing[first]);
    }

    private static void Planes<T>(ref T input, ref T output, ReadOnlySpan<int> extents, ReadOnlySpan<int> reading, ReadOnlySpan<int> writing)
        where T : unmanaged
    {
        int outer = Math.Max(extents.Length - 2, 0);
        int columns = extents.Length > 0 ? extents[^1] : 1;
        int readingColumn = extents.Length > 0 ? reading[^1] : 1;
        int writingColumn = extents.Length > 0 ? writing[^1] : 1;
        int rows = extents.Length > 1 ? extents[outer] : 1;
        int readingRow = extents.Length > 1 ? reading[outer] : 0;
        int writingRow = extents.Length > 1 ? writing[outer] : 0;

        Span<int> index = stackalloc int[ExtentGuard.MaximumRank];
        Span<int> sameIndex = stackalloc int[ExtentGuard.MaximumRank];
        nint from = 0;
        nint to = 0;
        do
        {
            Plane(
                ref Unsafe.Add(ref input, from), ref Unsafe.Add(ref output, to), rows, columns, readingRow, readingColumn, writingRow, writingColumn);
            StridedLayout.Advance(sameIndex, extents[..outer], reading[..outer], ref from);
        }
        while (StridedLayout.Advance(index, extents[..outer], writing[..outer], ref to));
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Plane<T>(
        ref T input, ref T output, int rows, int columns, nint readingRow, nint readingColumn, nint writingRow, nint writingColumn)
        where T : unmanaged
    {
        if (writingColumn == 1 && readingColumn == 1 && columns >= ShortRun)
        {
            for (int row = 0; row < rows; row++)
            {
                MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref input, row * readingRow), columns)
                    .CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref output, row * writingRow), columns));
            }
        }
        else if (writingColumn == 1 && readingColumn == 0)
        {
            for (int row = 0; row < rows; row++)
            {
                MemoryMarshal.CreateSpan(ref Unsafe.Add(ref output, row * writingRow), columns).Fill(Unsafe.Add(ref input, row * readingRow));
            }
        }
        else if (Unsafe.SizeOf<T>() == 1 && columns == 3 && writingColumn == 1 && writingRow == 3 && readingRow == 1 && rows >= Pixels && Vector128.IsHardwareAccelerated)
        {
            Interleave3(ref Unsafe.As<T, byte>(ref input), ref Unsafe.As<T, byte>(ref output), rows, readingColumn);
        }
        else if (readingColumn is not (1 or 0 or -1) && rows > 1)
        {
            Transpose(ref input, ref output, rows, columns, readingRow, readingColumn, writingRow, writingColumn);
        }
        else
        {
            Elements(ref input, ref output, rows, columns, readingRow, readingColumn, writingRow, writingColumn);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Transpose<T>(
        ref T input, ref T output, int rows, int columns, nint readingRow, nint readingColumn, nint writingRow, nint writingColumn)
        where T : unmanaged
    {
        for (int row = 0; row < rows; row += Tile)
        {
            int height = Math.Min(Tile, rows - row);
            for (int column = 0; column < columns; column += Tile)
            {
                int width = Math.Min(Tile, columns - column);
                ref T from = ref Unsafe.Add(ref input, (row * readingRow) + (column * readingColumn));
                ref T to = ref Unsafe.Add(ref output, (row * writingRow) + (column * writingColumn));
                if (width < height)
                {
                    // Few channels, many pixels: the longer side belongs into the inner loop.
                    Elements(ref from, ref to, width, height, readingColumn, readingRow, writingColumn, writingRow);
                }
                else
                {
                    Elements(ref from, ref to, height, width, readingRow, readingColumn, writingRow, writingColumn);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Elements<T>(
        ref T input, ref T output, int rows, int columns, nint readingRow, nint readingColumn, nint writingRow, nint writingColumn)
        where T : unmanaged
    {
        for (int row = 0; row < rows; row++)
        {
            nint from = row * readingRow;
            nint to = row * writingRow;
            for (int column = 0; column < columns; column++)
            {
                Unsafe.Add(ref output, to) = Unsafe.Add(ref input, from);
                from += readingColumn;
                to += writingColumn;
            }
        }
    }
}
