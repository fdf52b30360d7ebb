using System;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>The multipliers of a layer's channels, as its kernel reads them.</summary>
internal static class LayerMultipliers
{
    /// <summary>Adds them to the constants.</summary>
    /// <param name="writer">The plan.</param>
    /// <param name="name">The layer.</param>
    /// <param name="floats">For the kernels that multiply in float32.</param>
    /// <param name="integers">For those that multiply in integers, if it is one.</param>
    /// <param name="groups">Groups of channels, each of which is padded.</param>
    public static PlanValue Add(StepWriter writer, string name, float[] floats, FixedPointMultiplier[]? integers, int groups) => integers is null
        ? writer.Constants.Add<float>(name + ".multipliers", WeightPacking.PerOutput(floats, groups))
        : writer.Constants.Add<int>(name + ".multipliers", [
            .. WeightPacking.PerOutput(Array.ConvertAll(integers, integer => integer.Multiplier), groups),
            .. WeightPacking.PerOutput(Array.ConvertAll(integers, integer => integer.Shift), groups),
        ]);
}
