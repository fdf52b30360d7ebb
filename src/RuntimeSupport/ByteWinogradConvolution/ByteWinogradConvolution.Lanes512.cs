using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>32 words, with AVX-512.</summary>
    internal readonly struct Words512 : IWeightWords<Vector512<short>>
    {
        public static int Count => 32;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Widen(ref byte source) => Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Load(ref short source) => Vector512.LoadUnsafe(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<short> value, ref short target) => value.StoreUnsafe(ref target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Add(Vector512<short> left, Vector512<short> right) => Avx512BW.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Subtract(Vector512<short> left, Vector512<short> right) => Avx512BW.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Twice(Vector512<short> value) => Avx512BW.ShiftLeftLogical(value, 1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> FourTimes(Vector512<short> value) => Avx512BW.ShiftLeftLogical(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Multiply(Vector512<short> value, short factor) => Avx512BW.MultiplyLow(value, Vector512.Create(factor));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Pairs(ref sbyte source, bool second)
        {
            Vector512<short> bytes = Vector512.LoadUnsafe(ref Unsafe.As<sbyte, short>(ref source));
            Vector512<short> even = Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(bytes, 8), 8), odd = Avx512BW.ShiftRightArithmetic(bytes, 8);
            return second
                ? Avx512F.Or(Avx512F.ShiftRightLogical(even.AsInt32(), 16), Avx512F.AndNot(Vector512.Create(0xFFFF), odd.AsInt32())).AsInt16()
                : Avx512F.Or(Avx512F.And(even.AsInt32(), Vector512.Create(0xFFFF)), Avx512F.ShiftLeftLogical(odd.AsInt32(), 16)).AsInt16();
        }
    }

    /// <summary>16 integers, with AVX-512.</summary>
    internal readonly struct Integers512 : IIntegers<Vector512<int>>
    {
        public static int Count => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Load(ref int source) => Vector512.LoadUnsafe(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<int> value, ref int target) => value.StoreUnsafe(ref target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Add(Vector512<int> left, Vector512<int> right) => Avx512F.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Subtract(Vector512<int> left, Vector512<int> right) => Avx512F.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Twice(Vector512<int> value) => Avx512F.ShiftLeftLogical(value, 1);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> FourTimes(Vector512<int> value) => Avx512F.ShiftLeftLogical(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> EightTimes(Vector512<int> value) => Avx512F.ShiftLeftLogical(value, 3);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Unscale(Vector512<int> value) => Avx512F.ShiftRightArithmetic(Avx512F.MultiplyLow(value, Vector512.Create(InverseOfNine)), ScaleShift);
    }
}
