using System;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ModelCompiler.Compiler.Execution;

/// <summary>What compiled steps call to view memory and to convert numbers.</summary>
internal static class ExecutionMemory
{
    public static Span<T> Tensor<T>(Span<byte> arena, int offset, int bytes)
        where T : struct => MemoryMarshal.Cast<byte, T>(arena.Slice(offset, bytes));

    public static ReadOnlySpan<T> ReadOnlyTensor<T>(Span<byte> arena, int offset, int bytes)
        where T : struct => MemoryMarshal.Cast<byte, T>(arena.Slice(offset, bytes));

    public static ReadOnlySpan<T> Constant<T>(ReadOnlySpan<byte> weights, int offset, int bytes)
        where T : struct => MemoryMarshal.Cast<byte, T>(weights.Slice(offset, bytes));

    public static Span<T> Port<T>(Span<byte> port)
        where T : struct => MemoryMarshal.Cast<byte, T>(port);

    public static ReadOnlySpan<T> ReadOnlyPort<T>(Span<byte> port)
        where T : struct => MemoryMarshal.Cast<byte, T>(port);

    public static ReadOnlySpan<T> List<T>(object[] lists, int index) => (T[])lists[index];

    /// <summary>As a C# cast does it; not for real numbers to integers.</summary>
    public static TTo Convert<TFrom, TTo>(TFrom value)
        where TFrom : INumberBase<TFrom>
        where TTo : INumberBase<TTo> => TTo.CreateTruncating(value);

    public static TTo FromBoolean<TTo>(bool value)
        where TTo : INumberBase<TTo> => value ? TTo.One : TTo.Zero;

    public static bool ToBoolean<TFrom>(TFrom value)
        where TFrom : INumberBase<TFrom> => value != TFrom.Zero;
}
