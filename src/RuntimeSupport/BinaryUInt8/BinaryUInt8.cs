using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The loops that elementwise kernels of two uint8 tensors share: broadcasting, and a row at a time in the widest vectors there are.</summary>
public static partial class BinaryUInt8
{
    /// <summary>What is done to a pair of elements. Results are quantised values, 0…255.</summary>
    internal interface IOperation
    {
        byte Apply(int left, int right);

        Vector128<int> Apply(Vector128<int> left, Vector128<int> right);

        Vector256<int> ApplyAvx2(Vector256<int> left, Vector256<int> right);

        Vector512<int> ApplyAvx512(Vector512<int> left, Vector512<int> right);
    }

    /// <summary>Throws unless the spans hold what the shape and strides imply.</summary>
    internal static void Check(in Arguments arguments)
    {
        ExtentGuard.Rank(arguments.Shape, arguments.LeftStrides, "leftStrides");
        ExtentGuard.Rank(arguments.Shape, arguments.RightStrides, "rightStrides");
        ExtentGuard.Rank(arguments.Shape, arguments.OutputStrides, "outputStrides");
        ExtentGuard.Strided(arguments.Left.Length, arguments.Shape, arguments.LeftStrides, 0, "left");
        ExtentGuard.Strided(arguments.Right.Length, arguments.Shape, arguments.RightStrides, 0, "right");
        ExtentGuard.Strided(arguments.Output.Length, arguments.Shape, arguments.OutputStrides, 0, "output");
    }

    /// <summary>Checks the arguments and runs the fastest path there is.</summary>
    internal static void Run<TOperation>(in Arguments arguments, TOperation operation)
        where TOperation : struct, IOperation
    {
        Check(arguments);
        if (ExtentGuard.Elements(arguments.Shape, "shape") == 0)
        {
            return;
        }

        if (Avx512BW.IsSupported)
        {
            RunAvx512(arguments, operation);
        }
        else if (Avx2.IsSupported)
        {
            RunAvx2(arguments, operation);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(arguments, operation);
        }
        else
        {
            RunScalar(arguments, operation);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar<TOperation>(in Arguments arguments, TOperation operation)
        where TOperation : struct, IOperation
    {
        ElementwiseWalk walk = new(stackalloc int[ElementwiseWalk.ScratchLength], arguments.Shape, arguments.LeftStrides, arguments.RightStrides, arguments.OutputStrides);
        do
        {
            Rest(arguments, walk, operation, 0);
        }
        while (walk.MoveNext());
    }

    internal static void RunVector128<TOperation>(in Arguments arguments, TOperation operation)
        where TOperation : struct, IOperation => RunRows<Vector128Row, TOperation>(arguments, operation);

    internal static void RunAvx2<TOperation>(in Arguments arguments, TOperation operation)
        where TOperation : struct, IOperation => RunRows<Avx2Row, TOperation>(arguments, operation);

    internal static void RunAvx512<TOperation>(in Arguments arguments, TOperation operation)
        where TOperation : struct, IOperation => RunRows<Avx512Row, TOperation>(arguments, operation);

    /// <summary>What an instruction set does of a row whose elements are neighbours.</summary>
    private interface IRow
    {
        /// <summary>Computes 16 elements at a time, and returns how many in all; a stride of 0 repeats the first element, one of 1 goes on.</summary>
        static abstract nint Run<TOperation>(ref byte left, int leftStride, ref byte right, int rightStride, ref byte output, nint length, TOperation operation)
            where TOperation : struct, IOperation;
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunRows<TRow, TOperation>(in Arguments arguments, TOperation operation)
        where TRow : struct, IRow
        where TOperation : struct, IOperation
    {
        ElementwiseWalk walk = new(stackalloc int[ElementwiseWalk.ScratchLength], arguments.Shape, arguments.LeftStrides, arguments.RightStrides, arguments.OutputStrides);
        bool vectors = HasVectorRows(walk);
        do
        {
            nint at = 0;
            if (vectors)
            {
                at = TRow.Run(
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Left), walk.Left),
                    walk.LeftStride,
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Right), walk.Right),
                    walk.RightStride,
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), walk.Output),
                    walk.Length,
                    operation);
            }

            if (at < walk.Length)
            {
                Rest(arguments, walk, operation, at);
            }
        }
        while (walk.MoveNext());
    }

    private readonly struct Vector128Row : IRow
    {
        [MethodImpl(KernelOptions.Hot)]
        public static nint Run<TOperation>(ref byte left, int leftStride, ref byte right, int rightStride, ref byte output, nint length, TOperation operation)
            where TOperation : struct, IOperation
        {
            nint at = 0;
            for (; at <= length - 16; at += 16)
            {
                Vector128<byte> lefts = Load(ref left, leftStride, at);
                Vector128<byte> rights = Load(ref right, rightStride, at);
                (Vector128<ushort> leftLower, Vector128<ushort> leftUpper) = Vector128.Widen(lefts);
                (Vector128<ushort> rightLower, Vector128<ushort> rightUpper) = Vector128.Widen(rights);
                ByteLanes.PortableBytes(
                        operation.Apply(Vector128.WidenLower(leftLower).AsInt32(), Vector128.WidenLower(rightLower).AsInt32()),
                        operation.Apply(Vector128.WidenUpper(leftLower).AsInt32(), Vector128.WidenUpper(rightLower).AsInt32()),
                        operation.Apply(Vector128.WidenLower(leftUpper).AsInt32(), Vector128.WidenLower(rightUpper).AsInt32()),
                        operation.Apply(Vector128.WidenUpper(leftUpper).AsInt32(), Vector128.WidenUpper(rightUpper).AsInt32()))
                    .StoreUnsafe(ref output, (nuint)at);
            }

            return at;
        }
    }

    private readonly struct Avx2Row : IRow
    {
        [MethodImpl(KernelOptions.Hot)]
        public static nint Run<TOperation>(ref byte left, int leftStride, ref byte right, int rightStride, ref byte output, nint length, TOperation operation)
            where TOperation : struct, IOperation
        {
            nint at = 0;
            for (; at <= length - 16; at += 16)
            {
                Vector128<byte> lefts = Load(ref left, leftStride, at);
                Vector128<byte> rights = Load(ref right, rightStride, at);
                Vector256<int> lower = operation.ApplyAvx2(Avx2.ConvertToVector256Int32(lefts), Avx2.ConvertToVector256Int32(rights));
                Vector256<int> upper = operation.ApplyAvx2(
                    Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(lefts, 8)),
                    Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(rights, 8)));
                ByteLanes.Avx2Bytes(lower, upper).StoreUnsafe(ref output, (nuint)at);
            }

            return at;
        }
    }

    private readonly struct Avx512Row : IRow
    {
        [MethodImpl(KernelOptions.Hot)]
        public static nint Run<TOperation>(ref byte left, int leftStride, ref byte right, int rightStride, ref byte output, nint length, TOperation operation)
            where TOperation : struct, IOperation
        {
            nint at = 0;
            for (; at <= length - 16; at += 16)
            {
                Vector512<int> lefts = Avx512F.ConvertToVector512Int32(Load(ref left, leftStride, at));
                Vector512<int> rights = Avx512F.ConvertToVector512Int32(Load(ref right, rightStride, at));
                Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, at)) = Avx512F.ConvertToVector128Byte(operation.ApplyAvx512(lefts, rights));
            }

            return at;
        }
    }

    private static bool HasVectorRows(in ElementwiseWalk walk) =>
        walk.LeftStride is 0 or 1 && walk.RightStride is 0 or 1 && walk.OutputStride == 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load(ref byte row, int stride, nint at) =>
        stride == 0 ? Vector128.Create(row) : Vector128.LoadUnsafe(ref row, (nuint)at);

    /// <summary>A row from an element on, one element at a time.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void Rest<TOperation>(in Arguments arguments, in ElementwiseWalk walk, TOperation operation, nint at)
        where TOperation : struct, IOperation
    {
        for (; at < walk.Length; at++)
        {
            int left = arguments.Left[(int)(walk.Left + (at * walk.LeftStride))];
            int right = arguments.Right[(int)(walk.Right + (at * walk.RightStride))];
            arguments.Output[(int)(walk.Output + (at * walk.OutputStride))] = operation.Apply(left, right);
        }
    }

    /// <summary>The operands, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<byte> left,
        ReadOnlySpan<byte> right,
        Span<byte> output,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<int> leftStrides,
        ReadOnlySpan<int> rightStrides,
        ReadOnlySpan<int> outputStrides)
    {
        public readonly ReadOnlySpan<byte> Left = left;
        public readonly ReadOnlySpan<byte> Right = right;
        public readonly Span<byte> Output = output;
        public readonly ReadOnlySpan<int> Shape = shape;
        public readonly ReadOnlySpan<int> LeftStrides = leftStrides;
        public readonly ReadOnlySpan<int> RightStrides = rightStrides;
        public readonly ReadOnlySpan<int> OutputStrides = outputStrides;
    }
}
