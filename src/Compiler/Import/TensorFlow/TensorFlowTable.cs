using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Import.TensorFlow.Operators;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>Every operator that is imported. A new one is a row in its family's file.</summary>
internal static class TensorFlowTable
{
    /// <summary>The rows, by operator.</summary>
    public static ImmutableArray<TensorFlowEntry> Entries { get; } =
    [
        .. ((IEnumerable<TensorFlowEntry>)
        [
            .. ActivationOperators.Entries,
            .. ArithmeticOperators.Entries,
            .. ConstantOperators.Entries,
            .. ControlOperators.Entries,
            .. ConvolutionOperators.Entries,
            .. IndexOperators.Entries,
            .. LogicOperators.Entries,
            .. MatrixOperators.Entries,
            .. MovementOperators.Entries,
            .. NormalizationOperators.Entries,
            .. PaddingOperators.Entries,
            .. PoolingOperators.Entries,
            .. QuantizationOperators.Entries,
            .. RandomOperators.Entries,
            .. ReductionOperators.Entries,
            .. ResizeOperators.Entries,
            .. ShapeOperators.Entries,
            .. SliceOperators.Entries,
            .. VariableOperators.Entries,
        ]).OrderBy(entry => entry.Name, StringComparer.Ordinal),
    ];

    private static readonly FrozenDictionary<string, TensorFlowEntry> ByName = Entries.ToFrozenDictionary(entry => entry.Name, StringComparer.Ordinal);

    /// <summary>The row for an operator, or <see langword="null"/>.</summary>
    public static TensorFlowEntry? Find(string name) => ByName.GetValueOrDefault(name);
}
