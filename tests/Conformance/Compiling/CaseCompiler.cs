using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using ModelCompiler.Compiler;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Conformance.Reporting;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Compiling;

/// <summary>From a test to a plan, by the compiler that users call.</summary>
/// <param name="precision">How models are compiled.</param>
/// <param name="rounding">How int8 layers round, unless the compiler decides.</param>
/// <param name="fixInputs">Whether inputs that decide shapes are fixed with <c>InputValue</c>.</param>
/// <param name="folder">For temporary files.</param>
internal sealed class CaseCompiler(Precision precision, Rounding? rounding, bool fixInputs, string folder)
{
    /// <summary>Namespace of the generated classes.</summary>
    public const string Namespace = "ConformanceModels";

    /// <summary>Compiles a test's model and reads its data.</summary>
    /// <param name="test">The test.</param>
    /// <param name="className">Of the class to generate.</param>
    /// <returns>The compiled case, or the verdict on what cannot be compiled.</returns>
    public (CompiledCase? Compiled, Verdict? Verdict) Compile(ConformanceCase test, string className)
    {
        try
        {
            ImmutableDictionary<string, ImmutableArray<double>> values = [];
            CompileResult result = Run(test, className, Precision.Float32, [], values);
            while (fixInputs && result.Plan is null && InputsToFix(test, result, values) is { IsEmpty: false } more)
            {
                values = values.AddRange(more);
                result = Run(test, className, Precision.Float32, [], values);
            }

            return result.Plan is null ? (null, SkipReasons.Judge(test.Name, result.Diagnostics)) : Finish(test, className, result, values);
        }
        catch (TestDataException exception)
        {
            return (null, Verdict.Failed(test.Name, $"the test's data: {exception.Message}"));
        }
    }

    // The inputs that the compiler names as deciding shapes; where a shape is computed from inputs, all that the model has.
    private static ImmutableDictionary<string, ImmutableArray<double>> InputsToFix(
        ConformanceCase test, CompileResult result, ImmutableDictionary<string, ImmutableArray<double>> known)
    {
        if (!SkipReasons.IsForShapes(result.Diagnostics))
        {
            return [];
        }

        ImmutableDictionary<string, ImmutableArray<double>> named = Values(test, SkipReasons.InputsForShapes(result.Diagnostics), known);
        return named.IsEmpty ? Values(test, test.InputNames, known) : named;
    }

    private static ImmutableDictionary<string, ImmutableArray<double>> Values(
        ConformanceCase test, IEnumerable<string> inputs, ImmutableDictionary<string, ImmutableArray<double>> known) =>
        inputs.Distinct().Where(input => !known.ContainsKey(input))
            .Select(input => (Input: input, Values: test.ValueOf(input)))
            .Where(pair => pair.Values is { IsEmpty: false })
            .ToImmutableDictionary(pair => pair.Input, pair => pair.Values!.Value);

    private (CompiledCase?, Verdict?) Finish(ConformanceCase test, string className, CompileResult result, ImmutableDictionary<string, ImmutableArray<double>> values)
    {
        ImmutableArray<TestVector> vectors = test.Vectors(result.Plan!);
        Tolerance tolerance = rounding == Rounding.TfLite ? test.Tolerance.Exact : test.Tolerance;
        if (precision == Precision.Int8)
        {
            // The float plan was needed for its names; the models of the suites are small.
            tolerance = Tolerance.OfInt8;
            result = Run(test, className, precision, Calibration(className, result.Plan!, vectors), values);
            if (result.Plan is null)
            {
                return (null, SkipReasons.Judge(test.Name, result.Diagnostics));
            }
        }

        return (new CompiledCase(test.Name, result.Plan!, result.Weights, vectors, tolerance, !values.IsEmpty), null);
    }

    private CompileResult Run(ConformanceCase test, string className, Precision wanted, ImmutableArray<string> calibration, ImmutableDictionary<string, ImmutableArray<double>> values) =>
        CompilerDriver.Compile(new CompileOptions
        {
            ModelPath = test.ModelPath,
            ClassName = className,
            Namespace = Namespace,
            Precision = wanted,
            Rounding = rounding,
            Calibration = calibration,
            InputShapes = Path.GetExtension(test.ModelPath) is ".onnx" or ".pb" ? test.OpenShapes : ImmutableDictionary<string, ImmutableArray<int>>.Empty,
            InputValues = values,
        });

    private ImmutableArray<string> Calibration(string className, ModelPlan plan, ImmutableArray<TestVector> vectors)
    {
        var files = new List<string>();
        foreach (TestVector vector in vectors)
        {
            // Of models with other inputs the compiler will say itself that it cannot calibrate them.
            if (plan.Inputs.Count == 1 && vector.Inputs.FirstOrDefault(tensor => tensor.Name == plan.Inputs[0].Name) is { Values: float[] values } input)
            {
                string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{className}.{files.Count}.npy"));
                File.WriteAllBytes(path, Numpy(values, input.Shape));
                files.Add(path);
            }
        }

        return [.. files];
    }

    // numpy.lib.format, version 1: the header's end is aligned to 64 bytes and is a line break.
    private static byte[] Numpy(float[] values, ImmutableArray<int> shape)
    {
        string extents = string.Concat(shape.Select(extent => extent.ToString(CultureInfo.InvariantCulture) + ","));
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({extents}), }}";
        header = header.PadRight(((10 + header.Length + 1 + 63) & ~63) - 11) + "\n";
        byte[] file = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), .. new byte[values.Length * sizeof(float)]];
        for (int index = 0; index < values.Length; index++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(file.Length - ((values.Length - index) * sizeof(float))), values[index]);
        }

        return file;
    }
}
