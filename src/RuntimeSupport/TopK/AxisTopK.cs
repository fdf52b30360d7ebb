using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The selection behind <c>TopKAxis…</c>: a heap of the best so far, the worst of them on top, which lies where the result goes.</summary>
internal static class AxisTopK
{
    /// <summary>Checks the arguments and selects.</summary>
    internal static void Run<T>(
        ReadOnlySpan<T> input, Span<T> values, Span<long> indices, int outer, int axisLength, int inner, int count, bool largest)
        where T : unmanaged, INumber<T>
    {
        KernelGuard.Holds(input.Length, ExtentGuard.Elements([outer, axisLength, inner], nameof(input)), nameof(input));
        long results = ExtentGuard.Elements([outer, count, inner], nameof(count));
        KernelGuard.Holds(values.Length, results, nameof(values));
        KernelGuard.Holds(indices.Length, results, nameof(indices));
        KernelGuard.Holds(axisLength, count, nameof(input));
        if (results == 0)
        {
            return;
        }

        for (int block = 0; block < outer; block++)
        {
            for (int column = 0; column < inner; column++)
            {
                int first = (block * axisLength * inner) + column;
                int target = (block * count * inner) + column;
                var heap = new Heap<T>(input[first..], indices[target..], inner, count, largest);
                heap.Select(axisLength);
                for (int rank = 0; rank < count; rank++)
                {
                    values[target + (rank * inner)] = heap.Value(heap[rank]);
                }
            }
        }
    }

    /// <summary>One lane of the input, and the places of its best elements.</summary>
    private readonly ref struct Heap<T>(ReadOnlySpan<T> lane, Span<long> places, int stride, int count, bool largest)
        where T : unmanaged, INumber<T>
    {
        private readonly ReadOnlySpan<T> lane = lane;
        private readonly Span<long> places = places;

        /// <summary>The place at a rank.</summary>
        public long this[int rank]
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => places[rank * stride];
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private set => places[rank * stride] = value;
        }

        /// <summary>The element at a place.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Value(long place) => lane[(int)place * stride];

        /// <summary>Finds the best of so many elements and brings them in order.</summary>
        [MethodImpl(KernelOptions.Hot)]
        public void Select(int length)
        {
            for (int place = 0; place < count; place++)
            {
                this[place] = place;
            }

            for (int rank = (count / 2) - 1; rank >= 0; rank--)
            {
                Sink(rank, count);
            }

            for (int place = count; place < length; place++)
            {
                if (Precedes(place, this[0]))
                {
                    this[0] = place;
                    Sink(0, count);
                }
            }

            for (int last = count - 1; last > 0; last--)
            {
                (this[0], this[last]) = (this[last], this[0]);
                Sink(0, last);
            }
        }

        private void Sink(int rank, int size)
        {
            long sinking = this[rank];
            while (2L * rank + 1 < size)
            {
                int child = (2 * rank) + 1;
                if (child + 1 < size && Precedes(this[child], this[child + 1]))
                {
                    child++;
                }

                if (!Precedes(sinking, this[child]))
                {
                    break;
                }

                this[rank] = this[child];
                rank = child;
            }

            this[rank] = sinking;
        }

        /// <summary>Whether the element at a place comes before another. NaN is beyond every number, in both directions.</summary>
        private bool Precedes(long place, long other)
        {
            T value = Value(place);
            T rival = Value(other);
            if (largest ? value > rival : value < rival)
            {
                return true;
            }

            if (largest ? value < rival : value > rival)
            {
                return false;
            }

            bool isNaN = T.IsNaN(value);
            return isNaN == T.IsNaN(rival) ? place < other : isNaN;
        }
    }
}
