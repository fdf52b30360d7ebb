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
        public static Vector512<short> Widen(ref byte source) => Avx512BW.ConvertToVector512Int16(Unsafe.As<byte, Vector256<byte>>(ref source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Load(ref short source) => Unsafe.As<short, Vector512<short>>(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<short> value, ref short target) => Unsafe.As<short, Vector512<short>>(ref target) = value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Add(Vector512<short> left, Vector512<short> right) => Avx512BW.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Subtract(Vector512<short> left, Vector512<short> right) => Avx512BW.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Twice(Vector512<short> value) => Avx512BW.Add(value, value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> FourTimes(Vector512<short> value) => Avx512BW.ShiftLeftLogical(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void StoreBoth(Vector512<short> left, Vector512<short> right, ref short target, nint step)
        {
            Unsafe.As<short, Vector512<short>>(ref target) = Avx512BW.Add(left, right);
            Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref target, step)) = Avx512BW.Subtract(left, right);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Multiply(Vector512<short> value, short factor) => Avx512BW.MultiplyLow(value, Vector512.Create(factor));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> PairOrder(int pair)
        {
            // Each byte into the upper half of a word, whose lower half is zero.
            Vector512<long> first = Vector512.Create(0x0580_0480_0180_0080, 0x0D80_0C80_0980_0880, 0x0580_0480_0180_0080, 0x0D80_0C80_0980_0880, 0x0580_0480_0180_0080, 0x0D80_0C80_0980_0880, 0x0580_0480_0180_0080, 0x0D80_0C80_0980_0880);
            return Avx512BW.Add(Unsafe.As<Vector512<long>, Vector512<short>>(ref first), Vector512.Create((short)(pair << 9)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<short> Pairs(ref sbyte source, Vector512<short> order)
        {
            Vector512<byte> upper = Avx512BW.Shuffle(Unsafe.As<sbyte, Vector512<byte>>(ref source), Unsafe.As<Vector512<short>, Vector512<byte>>(ref order));

            // Down again, with its sign.
            return Avx512BW.ShiftRightArithmetic(Unsafe.As<Vector512<byte>, Vector512<short>>(ref upper), 8);
        }
    }

    /// <summary>16 integers, with AVX-512.</summary>
    internal readonly struct Integers512 : IIntegers<Vector512<int>>
    {
        public static int Count => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Load(ref int source) => Unsafe.As<int, Vector512<int>>(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<int> value, ref int target) => Unsafe.As<int, Vector512<int>>(ref target) = value;

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
