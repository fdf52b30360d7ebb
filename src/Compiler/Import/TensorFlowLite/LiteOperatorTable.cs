using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>Every operator that is imported. A new one is a row in its family's file.</summary>
internal static class LiteOperatorTable
{
    /// <summary>The rows, by operator.</summary>
    public static ImmutableArray<LiteEntry> Entries { get; } =
    [
        .. ((IEnumerable<LiteEntry>)
        [
            .. ActivationOperators.Entries,
            .. ArithmeticOperators.Entries,
            .. ConversionOperators.Entries,
            .. DetectionOperators.Entries,
            .. IndexOperators.Entries,
            .. LayerOperators.Entries,
            .. LoopOperators.Entries,
            .. LstmOperators.Entries,
            .. MovementOperators.Entries,
            .. PoolingOperators.Entries,
            .. ReductionOperators.Entries,
            .. RecurrentOperators.Entries,
            .. ResizeOperators.Entries,
            .. SelectionOperators.Entries,
            .. ShapeOperators.Entries,
            .. SpectrumOperators.Entries,
            .. StableOperators.Entries,
            .. VariableOperators.Entries,
            .. VolumeOperators.Entries,
        ]).OrderBy(entry => entry.Name, StringComparer.Ordinal),
    ];

    private static readonly FrozenDictionary<string, LiteEntry> ByName = Entries.ToFrozenDictionary(entry => entry.Name, StringComparer.Ordinal);

    /// <summary>The row for an operator, or <see langword="null"/>.</summary>
    public static LiteEntry? Find(string name) => ByName.GetValueOrDefault(name);
}
