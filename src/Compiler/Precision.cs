namespace ModelCompiler.Compiler;

/// <summary>The arithmetic of the compiled model, and how it stores its weights.</summary>
public enum Precision
{
    /// <summary>All arithmetic in float32.</summary>
    Float32,

    /// <summary>int8 where there is an int8 form, float32 elsewhere. Needs calibration data.</summary>
    Int8,

    /// <summary>int8 in integer arithmetic alone: what has no such form is an error. Needs calibration data unless the file quantises itself.</summary>
    Int8Only,

    /// <summary>int8 weights; activations are quantised when they are there, products summed as integers, results float32.</summary>
    DynamicInt8,

    /// <summary>float32 arithmetic; weights are stored as int8 with a scale an output channel.</summary>
    WeightInt8,

    /// <summary>float32 arithmetic; weights are stored as float16.</summary>
    Float16Weights,

    /// <summary>float32 arithmetic and storage; each weight tensor has at most 256 different numbers, so that a package compresses.</summary>
    Rounded256,

    /// <summary>int8, but for the layers that must be float32 so that the model is as close to float as is asked. Needs calibration data.</summary>
    Auto,
}

/// <summary>What a precision means to the stages of the compiler.</summary>
public static class Precisions
{
    /// <summary>Whether the ranges of activations must be known when the model is compiled.</summary>
    public static bool NeedsCalibration(this Precision precision) => precision is Precision.Int8 or Precision.Int8Only or Precision.Auto;

    /// <summary>Whether every activation is stored as float32.</summary>
    public static bool HasFloatActivations(this Precision precision) => !precision.NeedsCalibration();

    /// <summary>The name in a sentence.</summary>
    public static string InProse(this Precision precision) => precision.NeedsCalibration() ? "int8" : precision.ToString();

    /// <summary>Whether the results differ from those in float32, and by how much is worth measuring.</summary>
    public static bool IsApproximate(this Precision precision) => precision is not Precision.Float32;
}
