using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Clamping of float32 where a NaN stays a NaN. Comparisons, not minimum and maximum instructions: those differ between processors.</summary>
public static class FloatRange
{
    /// <summary>Clamps a value.</summary>
    /// <param name="value">The value; NaN gives NaN.</param>
    /// <param name="minimum">Smallest result, −∞ for none.</param>
    /// <param name="maximum">Largest result, +∞ for none.</param>
    /// <returns>The clamped value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Clamp(float value, float minimum, float maximum) => value < minimum ? minimum : value > maximum ? maximum : value;

    /// <summary>Clamps four values.</summary>
    /// <param name="values">The values; NaN gives NaN.</param>
    /// <param name="minimum">Smallest results.</param>
    /// <param name="maximum">Largest results, nowhere below the smallest.</param>
    /// <returns>The clamped values.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Clamp(Vector128<float> values, Vector128<float> minimum, Vector128<float> maximum)
    {
        Vector128<float> raised = Vector128.ConditionalSelect(Vector128.LessThan(values, minimum), minimum, values);
        return Vector128.ConditionalSelect(Vector128.GreaterThan(raised, maximum), maximum, raised);
    }
}
