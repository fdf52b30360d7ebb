using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import;

/// <summary>Distributions made of scores, and the best of them.</summary>
internal static class Distributions
{
    /// <summary>Softmax along any axis.</summary>
    public static string Softmax(NodeContext context, string value, int axis)
    {
        int last = context.ShapeOf(value).Rank - 1;
        if (context.ElementTypeOf(value) == ElementType.Float32)
        {
            return context.MoveAxis(context.Emit(new Softmax(), context.MoveAxis(value, axis, last)), last, axis);
        }

        string greatest = context.Reduce(ReduceKind.Maximum, value, [axis], keep: true);
        string exponentials = context.Map(value, greatest, (x, y) => (x - y).Exp());
        return context.Map(exponentials, context.Reduce(ReduceKind.Sum, exponentials, [axis], keep: true), (x, y) => x / y);
    }

    /// <summary>The logarithm of softmax, without taking it of 0.</summary>
    public static string LogSoftmax(NodeContext context, string value, int axis) =>
        context.Map(value, LogSumExp(context, value, [axis]), (x, y) => x - y);

    /// <summary>Log(Σ Exp(x)) along axes that stay; where the greatest is infinite, without subtracting it.</summary>
    public static string LogSumExp(NodeContext context, string value, int[] axes)
    {
        string greatest = context.Map(context.Reduce(ReduceKind.Maximum, value, axes, keep: true), x => x.Abs().EqualTo(double.PositiveInfinity).Select(x.Like(0), x));
        string sum = context.Reduce(ReduceKind.Sum, context.Map(value, greatest, (x, y) => (x - y).Exp()), axes, keep: true);
        return context.Map(sum, greatest, (x, y) => x.Log() + y);
    }

    /// <summary>The index of the greatest or least element along an axis, which goes away.</summary>
    public static string ArgReduce(NodeContext context, string value, int axis, bool maximum, bool last)
    {
        ElementType type = context.ElementTypeOf(value) switch
        {
            ElementType.Float32 => ElementType.Float32,
            ElementType.UInt8 => ElementType.UInt8,
            ElementType.Int64 or ElementType.UInt32 => ElementType.Int64,
            ElementType.Float64 or ElementType.UInt64 => throw ImportException.ElementType(value, context.ElementTypeOf(value).ToString()),
            _ => ElementType.Int32,
        };
        return context.Emit(new ArgReduce(axis, maximum, last), context.Convert(value, type));
    }
}
