using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Import.Onnx.Operators;
using ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>Every operator that is imported. A new one is a row in its family's file.</summary>
internal static class OperatorTable
{
    /// <summary>The rows, by operator.</summary>
    public static ImmutableArray<OperatorEntry> Entries { get; } =
    [
        .. ((IEnumerable<OperatorEntry>)
        [
            .. ActivationOperators.Entries,
            .. ArithmeticOperators.Entries,
            .. AttentionOperators.Entries,
            .. ClassicOperators.Entries,
            .. ConstantOperators.Entries,
            .. ControlOperators.Entries,
            .. ConversionOperators.Entries,
            .. ConvolutionOperators.Entries,
            .. DeterminantOperators.Entries,
            .. EinsumOperators.Entries,
            .. IndexOperators.Entries,
            .. IntegerOperators.Entries,
            .. LogicOperators.Entries,
            .. LoopOperators.Entries,
            .. LossOperators.Entries,
            .. MatrixOperators.Entries,
            .. MicrosoftAttentionOperators.Entries,
            .. MicrosoftOperators.Entries,
            .. MovementOperators.Entries,
            .. NormalizationOperators.Entries,
            .. PaddingOperators.Entries,
            .. PoolingOperators.Entries,
            .. QuantizationOperators.Entries,
            .. QuantizedLayerOperators.Entries,
            .. RecurrentOperators.Entries,
            .. ReductionOperators.Entries,
            .. RegionOperators.Entries,
            .. ResizeOperators.Entries,
            .. RunningOperators.Entries,
            .. SamplingOperators.Entries,
            .. ScatterOperators.Entries,
            .. SelectionOperators.Entries,
            .. SequenceOperators.Entries,
            .. ShapeOperators.Entries,
            .. SoftmaxOperators.Entries,
            .. SpectrumOperators.Entries,
            .. StateOperators.Entries,
            .. UnpoolingOperators.Entries,
            .. VocabularyOperators.Entries,
        ]).OrderBy(entry => entry.Domain, StringComparer.Ordinal).ThenBy(entry => entry.Name, StringComparer.Ordinal).ThenBy(entry => entry.First),
    ];

    private static readonly FrozenDictionary<(string, string), ImmutableArray<OperatorEntry>> ByName =
        Entries.GroupBy(entry => (entry.Domain, entry.Name)).ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());

    /// <summary>The row for an operator in a version of its operator set, or <see langword="null"/>.</summary>
    public static OperatorEntry? Find(string domain, string name, int opset) =>
        ByName.TryGetValue((domain, name), out ImmutableArray<OperatorEntry> entries)
            ? entries.FirstOrDefault(entry => opset >= entry.First && opset <= entry.Last)
            : null;
}
