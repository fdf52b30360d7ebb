using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Text;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Import.TensorFlow;
using ModelCompiler.Compiler.Import.TensorFlowLite;

namespace ModelCompiler.Compiler.Import;

/// <summary>An operator that the importer reads.</summary>
/// <param name="Domain">Its operator set; empty for the standard's own.</param>
/// <param name="Name">The operator.</param>
/// <param name="FirstOpset">First version of the operator set, 1 or greater.</param>
/// <param name="LastOpset">Last version of the operator set.</param>
public sealed record SupportedOperator(string Domain, string Name, int FirstOpset, int LastOpset);

/// <summary>What the importers read, as their tables have it.</summary>
public static class OperatorCatalog
{
    /// <summary>The ONNX operators by domain, name and version.</summary>
    public static ImmutableArray<SupportedOperator> Onnx { get; } =
        [.. OperatorTable.Entries.Select(entry => new SupportedOperator(entry.Domain, entry.Name, entry.First, entry.Last))];

    /// <summary>The TensorFlow operators.</summary>
    public static ImmutableArray<string> TensorFlow { get; } = [.. TensorFlowTable.Entries.Select(entry => entry.Name)];

    /// <summary>The TensorFlow Lite operators by name; every version of each is read.</summary>
    public static ImmutableArray<string> TensorFlowLite { get; } = [.. LiteOperatorTable.Entries.Select(entry => entry.Name)];

    /// <summary>The page <c>docs/supported-operators.md</c>.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Supported operators

            ONNX, operator sets 1 to {OperatorEntry.Newest}: {Onnx.Select(entry => (entry.Domain, entry.Name)).Distinct().Count()} operators, and functions defined in the file, which are inlined.
            This page is what `modelc operators` prints; a test compares the two.

            * Element types: all integers of 8 to 64 bits, float, double and bool. float16 and bfloat16 are converted to float32, in weights and in
              the model's inputs and outputs alike. int4, uint4, int2, uint2, float8 (e4m3fn, e4m3fnuz, e5m2, e5m2fnuz, e8m0) and float4e2m1 are stored,
              moved and converted: a caller gives and gets them as sbyte, byte or float, holding the very numbers; Cast and QuantizeLinear round and wrap exactly.
              Strings, sequences, optionals and complex numbers are not supported.
            * Shapes are fixed when the model is compiled. What a shape depends on – `shape` of Reshape, `axes`, `pads`, sizes – must be constant
              or computed from shapes and constants.
            * Convolutions, poolings, softmax and linear and cubic resizing compute in float32 only.

            | operator | operator sets |
            |---|---|

            """);
        foreach (SupportedOperator entry in Onnx)
        {
            string name = entry.Domain.Length == 0 ? entry.Name : entry.Domain + "." + entry.Name;
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {entry.FirstOpset}–{entry.LastOpset} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"""

            ## TensorFlow

            Frozen graphs and SavedModels: {TensorFlow.Length} operators, and functions defined in the file, which are inlined. Variables are constants with the values that
            they were saved with. Images are NHWC or NCHW.

            {string.Join(", ", TensorFlow)}

            """);
        text.Append(CultureInfo.InvariantCulture, $"""

            ## TensorFlow Lite

            {TensorFlowLite.Length} operators, in all their versions, with fused activations and both paddings.

            * A model that is quantised keeps the file's own scales: int8 and uint8 run in integers where there is an int8 form; int16 is rounded to the file's
              grid and computed in float32. Inputs and outputs stay as the file declares them. float16 becomes float32; int4 weights are stored as int8.
            * Layers with float activations and integer weights (hybrid) round what they read to 8 bits as TensorFlow Lite does: convolutions, fully connected
              and recurrent layers.
            * Variable tensors and VAR_HANDLE are state that a prediction leaves for the next. They begin with zeros.
            * UNIDIRECTIONAL_SEQUENCE_LSTM is computed in integers too (int8, its cell int16), with gates of 16 bits; other recurrent layers are float or hybrid.
            * WHILE runs a number of times that is known when the model is compiled. Metadata (TFLITE_METADATA) gives labels, mean and deviation.
            * Normalised LSTM gates in integers, hash tables, strings, complex numbers but those of RFFT2D, random numbers and sparse weights are refused.

            | operator |
            |---|

            """);
        foreach (string name in TensorFlowLite)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} |\n");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }
}
