using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import;

/// <summary>Axes resized one after the other.</summary>
internal static class Resampling
{
    /// <summary>Adds what computes it.</summary>
    /// <exception cref="ImportException">Elements that are no float32 would have to be mixed.</exception>
    public static string Emit(NodeContext context, string value, ResizedAxis[] axes, ResampleRule rule)
    {
        for (int axis = 0; axis < axes.Length; axis++)
        {
            // An axis that keeps its size keeps its elements in every mode, but for a region cut out of it.
            if (axes[axis].IsUnchanged)
            {
                continue;
            }

            if (rule.IsNearest)
            {
                value = context.Gather(value, axis, rule.NearestIndices(axes[axis]));
                continue;
            }

            (int taps, int[] indices, float[] weights) = rule.Taps(axes[axis]);
            if (context.ElementTypeOf(value) != ElementType.Float32)
            {
                throw ImportException.ElementType(value, context.ElementTypeOf(value).ToString());
            }

            value = context.Emit(new ResampleAxis(axis, taps, new EquatableArray<int>(indices), new EquatableArray<float>(weights)), value);
        }

        return value;
    }
}
