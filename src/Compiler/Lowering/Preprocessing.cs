using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>What happens to a pixel before the model sees it: (pixel − mean) × scale, in float32.</summary>
public static class Preprocessing
{
    /// <summary>One value a channel, from the user's none, one or one a channel.</summary>
    public static float[] PerChannel(ImmutableArray<float> values, int channels, float standard) =>
        values.Length == channels ? [.. values] : [.. Enumerable.Repeat(values.IsEmpty ? standard : values[0], channels)];

    /// <summary>One pixel.</summary>
    public static float Apply(int pixel, float mean, float scale) => (pixel - mean) * scale;
}
