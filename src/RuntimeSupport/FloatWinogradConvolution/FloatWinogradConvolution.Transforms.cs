using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class FloatWinogradConvolution
{
    /// <summary>Bᵀ times a column of four inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformInput<TLanes, TVector>(
        ref float row0, ref float row1, ref float row2, ref float row3, nint at, out TVector value0, out TVector value1, out TVector value2, out TVector value3)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector input1 = TLanes.Load(ref Unsafe.Add(ref row1, at)), input2 = TLanes.Load(ref Unsafe.Add(ref row2, at));
        value0 = TLanes.Subtract(TLanes.Load(ref Unsafe.Add(ref row0, at)), input2);
        value1 = TLanes.Add(input1, input2);
        value2 = TLanes.Subtract(input2, input1);
        value3 = TLanes.Subtract(input1, TLanes.Load(ref Unsafe.Add(ref row3, at)));
    }

    /// <summary>Bᵀ times a row of four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreInput<TLanes, TVector>(TVector input0, TVector input1, TVector input2, TVector input3, ref float target, nint step)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TLanes.Store(TLanes.Subtract(input0, input2), ref target);
        TLanes.Store(TLanes.Add(input1, input2), ref Unsafe.Add(ref target, step));
        TLanes.Store(TLanes.Subtract(input2, input1), ref Unsafe.Add(ref target, 2 * step));
        TLanes.Store(TLanes.Subtract(input1, input3), ref Unsafe.Add(ref target, 3 * step));
    }

    /// <summary>Transforms weights g, one after the other: <c>G g Gᵀ</c>.</summary>
    /// <param name="weights">Of the first place of the window.</param>
    /// <param name="tap">From a place to the next.</param>
    /// <param name="length">Number of weights, a multiple of 16.</param>
    /// <param name="transformed">Of position 0.</param>
    /// <param name="positionStride">From a position to the next.</param>
    [MethodImpl(KernelOptions.Hot)]
    private static void TransformWeights<TLanes, TVector>(ref float weights, nint tap, nint length, ref float transformed, nint positionStride)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref float row1 = ref Unsafe.Add(ref weights, Kernel * tap);
        ref float row2 = ref Unsafe.Add(ref row1, Kernel * tap);
        TVector half = TLanes.All(0.5f);
        for (nint at = 0; at < length; at += TLanes.Count)
        {
            TransformWeight<TLanes, TVector>(ref weights, ref row1, ref row2, at, half, out TVector value00, out TVector value10, out TVector value20, out TVector value30);
            TransformWeight<TLanes, TVector>(ref weights, ref row1, ref row2, at + tap, half, out TVector value01, out TVector value11, out TVector value21, out TVector value31);
            TransformWeight<TLanes, TVector>(ref weights, ref row1, ref row2, at + (2 * tap), half, out TVector value02, out TVector value12, out TVector value22, out TVector value32);
            ref float to = ref Unsafe.Add(ref transformed, at);
            StoreWeight<TLanes, TVector>(value00, value01, value02, half, ref to, positionStride);
            StoreWeight<TLanes, TVector>(value10, value11, value12, half, ref Unsafe.Add(ref to, InputExtent * positionStride), positionStride);
            StoreWeight<TLanes, TVector>(value20, value21, value22, half, ref Unsafe.Add(ref to, 2 * InputExtent * positionStride), positionStride);
            StoreWeight<TLanes, TVector>(value30, value31, value32, half, ref Unsafe.Add(ref to, 3 * InputExtent * positionStride), positionStride);
        }
    }

    /// <summary>G times a column of three weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformWeight<TLanes, TVector>(
        ref float row0, ref float row1, ref float row2, nint at, TVector half, out TVector value0, out TVector value1, out TVector value2, out TVector value3)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector middle = TLanes.Load(ref Unsafe.Add(ref row1, at));
        value0 = TLanes.Load(ref Unsafe.Add(ref row0, at));
        value3 = TLanes.Load(ref Unsafe.Add(ref row2, at));
        TVector outer = TLanes.Add(value0, value3);
        value1 = TLanes.Multiply(TLanes.Add(outer, middle), half);
        value2 = TLanes.Multiply(TLanes.Subtract(outer, middle), half);
    }

    /// <summary>G times a row of three.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreWeight<TLanes, TVector>(TVector weight0, TVector weight1, TVector weight2, TVector half, ref float target, nint step)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector outer = TLanes.Add(weight0, weight2);
        TLanes.Store(weight0, ref target);
        TLanes.Store(TLanes.Multiply(TLanes.Add(outer, weight1), half), ref Unsafe.Add(ref target, step));
        TLanes.Store(TLanes.Multiply(TLanes.Subtract(outer, weight1), half), ref Unsafe.Add(ref target, 2 * step));
        TLanes.Store(weight2, ref Unsafe.Add(ref target, 3 * step));
    }

    /// <summary>Aᵀ times a tile's products times A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformProducts<TLanes, TVector>(
        ref float products, nint step, out TVector sum00, out TVector sum01, out TVector sum10, out TVector sum11)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        SumColumn<TLanes, TVector>(ref products, step, out TVector upper0, out TVector lower0);
        SumColumn<TLanes, TVector>(ref Unsafe.Add(ref products, step), step, out TVector upper1, out TVector lower1);
        SumColumn<TLanes, TVector>(ref Unsafe.Add(ref products, 2 * step), step, out TVector upper2, out TVector lower2);
        SumColumn<TLanes, TVector>(ref Unsafe.Add(ref products, 3 * step), step, out TVector upper3, out TVector lower3);
        sum00 = TLanes.Add(TLanes.Add(upper0, upper1), upper2);
        sum01 = TLanes.Subtract(TLanes.Subtract(upper1, upper2), upper3);
        sum10 = TLanes.Add(TLanes.Add(lower0, lower1), lower2);
        sum11 = TLanes.Subtract(TLanes.Subtract(lower1, lower2), lower3);
    }

    /// <summary>Aᵀ times a column of four products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumColumn<TLanes, TVector>(ref float products, nint step, out TVector upper, out TVector lower)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector product1 = TLanes.Load(ref Unsafe.Add(ref products, InputExtent * step)), product2 = TLanes.Load(ref Unsafe.Add(ref products, 2 * InputExtent * step));
        upper = TLanes.Add(TLanes.Add(TLanes.Load(ref products), product1), product2);
        lower = TLanes.Subtract(TLanes.Subtract(product1, product2), TLanes.Load(ref Unsafe.Add(ref products, 3 * InputExtent * step)));
    }
}
