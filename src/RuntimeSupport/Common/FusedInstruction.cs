using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelCompiler.RuntimeSupport;

/// <summary>How a portable path adds products with one rounding: chosen once, where the path is entered.</summary>
internal static class FusedInstruction
{
    /// <summary>Adds products to sums with one rounding.</summary>
    internal interface IAdd
    {
        /// <summary>Whether it is one instruction; else it is so long that a tile of many sums would not stay in registers.</summary>
        static abstract bool IsInstruction { get; }

        static abstract Vector128<float> Add(Vector128<float> sums, Vector128<float> left, Vector128<float> right);
    }

    /// <summary>The instruction of Arm.</summary>
    internal readonly struct Arm : IAdd
    {
        public static bool IsInstruction => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Add(Vector128<float> sums, Vector128<float> left, Vector128<float> right) =>
            AdvSimd.FusedMultiplyAdd(sums, left, right);
    }

    /// <summary>For WebAssembly and SSE, which have no such instruction.</summary>
    internal readonly struct Exact : IAdd
    {
        public static bool IsInstruction => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Add(Vector128<float> sums, Vector128<float> left, Vector128<float> right) =>
            FusedMultiplyAdd.Exact(left, right, sums);
    }
}
