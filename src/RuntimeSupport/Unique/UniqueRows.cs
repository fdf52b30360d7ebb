using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The search behind <c>Unique…</c>: rows are brought in order, equal ones are neighbours then.</summary>
internal static class UniqueRows
{
    /// <summary>Checks the arguments and searches.</summary>
    internal static void Run<T>(
        ReadOnlySpan<T> input, Span<long> first, Span<long> inverse, Span<long> counts, Span<long> count, Span<int> order, int rows, int columns, bool sorted)
        where T : unmanaged, INumber<T>
    {
        KernelGuard.Holds(input.Length, ExtentGuard.Elements([rows, columns], nameof(input)), nameof(input));
        KernelGuard.Holds(first.Length, rows, nameof(first));
        KernelGuard.Holds(inverse.Length, rows, nameof(inverse));
        KernelGuard.Holds(counts.Length, rows, nameof(counts));
        KernelGuard.Holds(count.Length, 1, nameof(count));
        KernelGuard.Holds(order.Length, rows, nameof(order));
        first = first[..rows];
        counts = counts[..rows];
        first.Clear();
        counts.Clear();
        var table = new Table<T>(input, order[..rows], columns);
        table.Sort();
        count[0] = sorted ? Number(table, first, inverse, counts) : NumberByPlace(table, first, inverse, counts);
    }

    private static int Number<T>(Table<T> table, Span<long> first, Span<long> inverse, Span<long> counts)
        where T : unmanaged, INumber<T>
    {
        int found = 0;
        for (int rank = 0; rank < first.Length; rank++)
        {
            if (table.IsNew(rank))
            {
                first[found++] = table[rank];
            }

            inverse[table[rank]] = found - 1;
            counts[found - 1]++;
        }

        return found;
    }

    private static int NumberByPlace<T>(Table<T> table, Span<long> first, Span<long> inverse, Span<long> counts)
        where T : unmanaged, INumber<T>
    {
        // First each row learns which is the first one equal to it; then these are numbered as they come.
        int leader = 0;
        for (int rank = 0; rank < first.Length; rank++)
        {
            leader = table.IsNew(rank) ? table[rank] : leader;
            inverse[table[rank]] = leader;
        }

        int found = 0;
        for (int row = 0; row < first.Length; row++)
        {
            bool isFirst = inverse[row] == row;
            long number = isFirst ? found : inverse[(int)inverse[row]];
            if (isFirst)
            {
                first[found++] = row;
            }

            inverse[row] = number;
            counts[(int)number]++;
        }

        return found;
    }

    /// <summary>The rows and their order.</summary>
    private readonly ref struct Table<T>(ReadOnlySpan<T> rows, Span<int> order, int columns)
        where T : unmanaged, INumber<T>
    {
        private readonly ReadOnlySpan<T> rows = rows;
        private readonly Span<int> order = order;

        /// <summary>The row of a rank.</summary>
        public int this[int rank] => order[rank];

        /// <summary>Whether the row of a rank differs from the one before.</summary>
        public bool IsNew(int rank) => rank == 0 || Compare(order[rank - 1], order[rank]) != 0;

        /// <summary>Brings the rows in order, equal ones by their place: a heap sort, which needs no memory.</summary>
        [MethodImpl(KernelOptions.Hot)]
        public void Sort()
        {
            for (int row = 0; row < order.Length; row++)
            {
                order[row] = row;
            }

            for (int rank = (order.Length / 2) - 1; rank >= 0; rank--)
            {
                Sink(rank, order.Length);
            }

            for (int last = order.Length - 1; last > 0; last--)
            {
                (order[0], order[last]) = (order[last], order[0]);
                Sink(0, last);
            }
        }

        private void Sink(int rank, int size)
        {
            int sinking = order[rank];
            while (rank < size / 2)
            {
                int child = (2 * rank) + 1;
                if (child + 1 < size && Precedes(order[child], order[child + 1]))
                {
                    child++;
                }

                if (!Precedes(sinking, order[child]))
                {
                    break;
                }

                order[rank] = order[child];
                rank = child;
            }

            order[rank] = sinking;
        }

        private bool Precedes(int row, int other)
        {
            int comparison = Compare(row, other);
            return comparison == 0 ? row < other : comparison < 0;
        }

        // NaN is greater than every number and equal to itself.
        private int Compare(int row, int other)
        {
            ReadOnlySpan<T> left = rows.Slice(row * columns, columns);
            ReadOnlySpan<T> right = rows.Slice(other * columns, columns);
            for (int column = 0; column < left.Length; column++)
            {
                if (left[column] == right[column])
                {
                    continue;
                }

                bool isNaN = T.IsNaN(left[column]);
                if (isNaN || T.IsNaN(right[column]))
                {
                    if (isNaN != T.IsNaN(right[column]))
                    {
                        return isNaN ? 1 : -1;
                    }

                    continue;
                }

                return left[column] < right[column] ? -1 : 1;
            }

            return 0;
        }
    }
}
