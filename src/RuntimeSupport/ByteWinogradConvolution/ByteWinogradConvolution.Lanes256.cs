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
        public static Vector256<short> Widen(ref byte source) => Avx2.ConvertToVector256Int16(Unsafe.As<byte, Vector128<byte>>(ref source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Load(ref short source) => Unsafe.As<short, Vector256<short>>(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector256<short> value, ref short target) => Unsafe.As<short, Vector256<short>>(ref target) = value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Add(Vector256<short> left, Vector256<short> right) => Avx2.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Subtract(Vector256<short> left, Vector256<short> right) => Avx2.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Twice(Vector256<short> value) => Avx2.Add(value, value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> FourTimes(Vector256<short> value) => Avx2.ShiftLeftLogical(value, 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void StoreBoth(Vector256<short> left, Vector256<short> right, ref short target, nint step)
        {
            Unsafe.As<short, Vector256<short>>(ref target) = Avx2.Add(left, right);
            Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref target, step)) = Avx2.Subtract(left, right);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Multiply(Vector256<short> value, short factor) => Avx2.MultiplyLow(value, Vector256.Create(factor));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> PairOrder(int pair)
        {
            // Each byte into the upper half of a word, whose lower half is zero.
            Vector256<long> first = Vector256.Create(0x0580_0480_0180_0080, 0x0D80_0C80_0980_0880, 0x0580_0480_0180_0080, 0x0D80_0C80_0980_0880);
            return Avx2.Add(Unsafe.As<Vector256<long>, Vector256<short>>(ref first), Vector256.Create((short)(pair << 9)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Pairs(ref sbyte source, Vector256<short> order)
        {
            Vector256<byte> upper = Avx2.Shuffle(Unsafe.As<sbyte, Vector256<byte>>(ref source), Unsafe.As<Vector256<short>, Vector256<byte>>(ref order));

            // Down again, with its sign.
            return Avx2.ShiftRightArithmetic(Unsafe.As<Vector256<byte>, Vector256<short>>(ref upper), 8);
        }
    }

    /// <summary>8 integers, with AVX2.</summary>
    internal readonly struct Integers256 : IIntegers<Vector256<int>>
    {
        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Load(ref int source) => Unsafe.As<int, Vector256<int>>(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector256<int> value, ref int target) => Unsafe.As<int, Vector256<int>>(ref target) = value;

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
