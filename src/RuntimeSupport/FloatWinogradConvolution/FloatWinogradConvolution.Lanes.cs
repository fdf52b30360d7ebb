using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class FloatWinogradConvolution
{
    internal static void RunAvx512(in Arguments arguments) => RunTiles<Conv2DFloat32.Avx512Tile, Lanes512, Vector512<float>>(arguments);

    internal static void RunAvx2(in Arguments arguments) => RunTiles<Conv2DFloat32.Avx2Tile, Lanes256, Vector256<float>>(arguments);

    internal static void RunVector128(in Arguments arguments)
    {
        if (AdvSimd.IsSupported)
        {
            RunTiles<Conv2DFloat32.Vector128Tile<FusedInstruction.Arm>, Lanes128, Vector128<float>>(arguments);
        }
        else
        {
            RunTiles<Conv2DFloat32.Vector128Tile<FusedInstruction.Exact>, Lanes128, Vector128<float>>(arguments);
        }
    }

    /// <summary>What transforms do with some channels.</summary>
    internal interface ILanes<TVector>
        where TVector : struct
    {
        /// <summary>Channels.</summary>
        static abstract int Count { get; }

        static abstract TVector All(float value);

        static abstract TVector Load(ref float source);

        static abstract void Store(TVector value, ref float target);

        static abstract TVector Add(TVector left, TVector right);

        static abstract TVector Subtract(TVector left, TVector right);

        static abstract TVector Multiply(TVector left, TVector right);

        /// <summary>Clamps; a NaN stays a NaN.</summary>
        static abstract TVector Clamp(TVector value, TVector minimum, TVector maximum);
    }

    /// <summary>4 channels.</summary>
    internal readonly struct Lanes128 : ILanes<Vector128<float>>
    {
        public static int Count => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> All(float value) => Vector128.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Load(ref float source) => Unsafe.As<float, Vector128<float>>(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector128<float> value, ref float target) => Unsafe.As<float, Vector128<float>>(ref target) = value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Multiply(Vector128<float> left, Vector128<float> right) => left * right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Clamp(Vector128<float> value, Vector128<float> minimum, Vector128<float> maximum) => FloatRange.Clamp(value, minimum, maximum);
    }

    /// <summary>8 channels, with AVX.</summary>
    internal readonly struct Lanes256 : ILanes<Vector256<float>>
    {
        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> All(float value) => Vector256.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(ref float source) => Unsafe.As<float, Vector256<float>>(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector256<float> value, ref float target) => Unsafe.As<float, Vector256<float>>(ref target) = value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => Avx.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => Avx.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => Avx.Multiply(left, right);

        /// <summary>Of these instructions the second operand is the result when one is NaN.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Clamp(Vector256<float> value, Vector256<float> minimum, Vector256<float> maximum) => Avx.Min(maximum, Avx.Max(minimum, value));
    }

    /// <summary>16 channels, with AVX-512.</summary>
    internal readonly struct Lanes512 : ILanes<Vector512<float>>
    {
        public static int Count => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> All(float value) => Vector512.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load(ref float source) => Unsafe.As<float, Vector512<float>>(ref source);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(Vector512<float> value, ref float target) => Unsafe.As<float, Vector512<float>>(ref target) = value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => Avx512F.Add(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => Avx512F.Subtract(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => Avx512F.Multiply(left, right);

        /// <summary>Of these instructions the second operand is the result when one is NaN.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Clamp(Vector512<float> value, Vector512<float> minimum, Vector512<float> maximum) => Avx512F.Min(maximum, Avx512F.Max(minimum, value));
    }
}
