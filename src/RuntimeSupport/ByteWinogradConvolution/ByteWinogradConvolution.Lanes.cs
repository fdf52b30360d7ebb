using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>Vectors of int16, in which inputs and weights are transformed.</summary>
    internal interface IWords<TVector>
        where TVector : struct
    {
        /// <summary>Elements of a vector.</summary>
        static abstract int Count { get; }

        /// <summary>Reads <see cref="Count"/> bytes.</summary>
        static abstract TVector Widen(ref byte source);

        static abstract TVector Load(ref short source);

        static abstract void Store(TVector value, ref short target);

        static abstract TVector Add(TVector left, TVector right);

        static abstract TVector Subtract(TVector left, TVector right);

        static abstract TVector Twice(TVector value);

        static abstract TVector FourTimes(TVector value);

        /// <summary>Stores the sum of two vectors and, a step further, their difference: one call to inline rather than four.</summary>
        static abstract void StoreBoth(TVector left, TVector right, ref short target, nint step);
    }

    /// <summary>Vectors of int16 that weights are read into.</summary>
    internal interface IWeightWords<TVector> : IWords<TVector>
        where TVector : struct
    {
        static abstract TVector Multiply(TVector value, short factor);

        /// <summary>The order in which <see cref="Pairs"/> takes of each four bytes the first two, or with 1 the last two.</summary>
        static abstract TVector PairOrder(int pair);

        /// <summary>Of each four bytes two.</summary>
        static abstract TVector Pairs(ref sbyte source, TVector order);
    }

    /// <summary>Vectors of int32, in which products are transformed.</summary>
    internal interface IIntegers<TVector>
        where TVector : struct
    {
        /// <summary>Elements of a vector.</summary>
        static abstract int Count { get; }

        static abstract TVector Load(ref int source);

        static abstract void Store(TVector value, ref int target);

        static abstract TVector Add(TVector left, TVector right);

        static abstract TVector Subtract(TVector left, TVector right);

        static abstract TVector Twice(TVector value);

        static abstract TVector FourTimes(TVector value);

        static abstract TVector EightTimes(TVector value);

        /// <summary>From 576 times a sum, modulo 2³², to the sum.</summary>
        static abstract TVector Unscale(TVector value);
    }

    /// <summary>One word, for images of very few channels.</summary>
    internal readonly struct SingleWord : IWords<int>
    {
        public static int Count => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Widen(ref byte source) => source;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Load(ref short source) => source;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(int value, ref short target) => target = unchecked((short)value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Add(int left, int right) => left + right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Subtract(int left, int right) => left - right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int Twice(int value) => 2 * value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int FourTimes(int value) => 4 * value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void StoreBoth(int left, int right, ref short target, nint step)
        {
            target = unchecked((short)(left + right));
            Unsafe.Add(ref target, step) = unchecked((short)(left - right));
        }
    }
}
