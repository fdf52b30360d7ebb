using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>16 words, with AVX2.</summary>
    internal readonly struct Words256 : IWeightWords<Vector256<short>>
    {
        public static int Count => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Widen(ref byte source) => Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Load(ref short source) => Vector256.LoadUnsafe(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector256<short> value, ref short target) => value.StoreUnsafe(ref target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Add(Vector256<short> left, Vector256<short> right) => Avx2.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Subtract(Vector256<short> left, Vector256<short> right) => Avx2.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Twice(Vector256<short> value) => Avx2.ShiftLeftLogical(value, 1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> FourTimes(Vector256<short> value) => Avx2.ShiftLeftLogical(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Multiply(Vector256<short> value, short factor) => Avx2.MultiplyLow(value, Vector256.Create(factor));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Pairs(ref sbyte source, bool second)
        {
            Vector256<short> bytes = Vector256.LoadUnsafe(ref source).AsInt16();
            Vector256<short> even = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(bytes, 8), 8), odd = Avx2.ShiftRightArithmetic(bytes, 8);
            return second
                ? Avx2.Or(Avx2.ShiftRightLogical(even.AsInt32(), 16), Avx2.AndNot(Vector256.Create(0xFFFF), odd.AsInt32())).AsInt16()
                : Avx2.Or(Avx2.And(even.AsInt32(), Vector256.Create(0xFFFF)), Avx2.ShiftLeftLogical(odd.AsInt32(), 16)).AsInt16();
        }
    }

    /// <summary>8 integers, with AVX2.</summary>
    internal readonly struct Integers256 : IIntegers<Vector256<int>>
    {
        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Load(ref int source) => Vector256.LoadUnsafe(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector256<int> value, ref int target) => value.StoreUnsafe(ref target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => Avx2.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Subtract(Vector256<int> left, Vector256<int> right) => Avx2.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Twice(Vector256<int> value) => Avx2.ShiftLeftLogical(value, 1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> FourTimes(Vector256<int> value) => Avx2.ShiftLeftLogical(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> EightTimes(Vector256<int> value) => Avx2.ShiftLeftLogical(value, 3);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Unscale(Vector256<int> value) => Avx2.ShiftRightArithmetic(Avx2.MultiplyLow(value, Vector256.Create(InverseOfNine)), ScaleShift);
    }
}
