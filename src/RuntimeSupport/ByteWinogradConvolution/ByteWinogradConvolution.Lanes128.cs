using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>8 words, with instructions that every processor has.</summary>
    internal readonly struct Words128 : IWeightWords<Vector128<short>>
    {
        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> Widen(ref byte source) => Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref source)).AsByte()).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> Load(ref short source) => Vector128.LoadUnsafe(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector128<short> value, ref short target) => value.StoreUnsafe(ref target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> Add(Vector128<short> left, Vector128<short> right) => left + right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> Subtract(Vector128<short> left, Vector128<short> right) => left - right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> Twice(Vector128<short> value) => value + value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> FourTimes(Vector128<short> value) => Vector128.ShiftLeft(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void StoreBoth(Vector128<short> left, Vector128<short> right, ref short target, nint step)
        {
            (left + right).StoreUnsafe(ref target);
            (left - right).StoreUnsafe(ref Unsafe.Add(ref target, step));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> Multiply(Vector128<short> value, short factor) => value * Vector128.Create(factor);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> PairOrder(int pair) => Vector128.Create((short)-pair);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<short> Pairs(ref sbyte source, Vector128<short> order)
        {
            // The pair into the upper halves; from there its second byte is a shift away, and its first one two.
            Vector128<int> quads = Vector128.LoadUnsafe(ref source).AsInt32(), upper = Vector128.ConditionalSelect(order.AsInt32(), quads, Vector128.ShiftLeft(quads, 16));
            Vector128<int> first = Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(upper, 8), 24), second = Vector128.ShiftRightArithmetic(upper.AsInt16(), 8).AsInt32();
            return Vector128.ConditionalSelect(Vector128.Create(0xFFFF), first, second).AsInt16();
        }
    }

    /// <summary>4 integers, with instructions that every processor has.</summary>
    internal readonly struct Integers128 : IIntegers<Vector128<int>>
    {
        public static int Count => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Load(ref int source) => Vector128.LoadUnsafe(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector128<int> value, ref int target) => value.StoreUnsafe(ref target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Add(Vector128<int> left, Vector128<int> right) => left + right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Subtract(Vector128<int> left, Vector128<int> right) => left - right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Twice(Vector128<int> value) => Vector128.ShiftLeft(value, 1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> FourTimes(Vector128<int> value) => Vector128.ShiftLeft(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> EightTimes(Vector128<int> value) => Vector128.ShiftLeft(value, 3);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Unscale(Vector128<int> value) => Vector128.ShiftRightArithmetic(value * Vector128.Create(InverseOfNine), ScaleShift);
    }
}
