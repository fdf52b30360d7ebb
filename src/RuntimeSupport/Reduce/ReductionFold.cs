using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The steps of a reduction: each takes the total so far and the next value.</summary>
internal static class ReductionFold
{
    /// <summary>One step, of one element or of a vector of them; both give the same bits.</summary>
    internal interface IStep<T>
        where T : unmanaged
    {
        /// <summary>Whether the result is the same in any order, but for the sign of 0 and which NaN it is.</summary>
        static abstract bool IsFreeOfOrder { get; }

        /// <summary>The total with the next value.</summary>
        static abstract T Next(T total, T value);

        /// <summary>The totals with the next values.</summary>
        static abstract Vector128<T> Next(Vector128<T> total, Vector128<T> value);
    }

    /// <summary>Adds.</summary>
    internal readonly struct Sum<T> : IStep<T>
        where T : unmanaged, INumber<T>
    {
        public static bool IsFreeOfOrder => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Next(T total, T value) => unchecked(total + value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<T> Next(Vector128<T> total, Vector128<T> value) => total + value;
    }

    /// <summary>Multiplies.</summary>
    internal readonly struct Product<T> : IStep<T>
        where T : unmanaged, INumber<T>
    {
        public static bool IsFreeOfOrder => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Next(T total, T value) => unchecked(total * value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<T> Next(Vector128<T> total, Vector128<T> value) => total * value;
    }

    /// <summary>Adds the square.</summary>
    internal readonly struct SumOfSquares<T> : IStep<T>
        where T : unmanaged, INumber<T>
    {
        public static bool IsFreeOfOrder => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Next(T total, T value) => unchecked(total + (value * value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<T> Next(Vector128<T> total, Vector128<T> value) => total + (value * value);
    }

    /// <summary>Adds the absolute value; that of the lowest integer wraps around.</summary>
    internal readonly struct SumOfAbsolutes<T> : IStep<T>
        where T : unmanaged, INumber<T>
    {
        public static bool IsFreeOfOrder => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Next(T total, T value) => unchecked(value < T.Zero ? total - value : total + value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<T> Next(Vector128<T> total, Vector128<T> value) =>
            Vector128.ConditionalSelect(Vector128.LessThan(value, Vector128<T>.Zero), total - value, total + value);
    }

    /// <summary>Keeps the larger, and NaN. (The library's vector maximum treats NaN differently from one .NET to the next.)</summary>
    internal readonly struct Maximum<T> : IStep<T>
        where T : unmanaged, INumber<T>
    {
        public static bool IsFreeOfOrder => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Next(T total, T value) => total > value || T.IsNaN(total) ? total : value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<T> Next(Vector128<T> total, Vector128<T> value) =>
            Vector128.ConditionalSelect(Vector128.GreaterThan(total, value) | ~Vector128.Equals(total, total), total, value);
    }

    /// <summary>Keeps the smaller, and NaN.</summary>
    internal readonly struct Minimum<T> : IStep<T>
        where T : unmanaged, INumber<T>
    {
        public static bool IsFreeOfOrder => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Next(T total, T value) => total < value || T.IsNaN(total) ? total : value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<T> Next(Vector128<T> total, Vector128<T> value) =>
            Vector128.ConditionalSelect(Vector128.LessThan(total, value) | ~Vector128.Equals(total, total), total, value);
    }
}
