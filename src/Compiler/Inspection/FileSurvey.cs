using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;

namespace ModelCompiler.Compiler.Inspection;

/// <summary>An operator of a file.</summary>
/// <param name="Name">In the words of the format.</param>
/// <param name="Count">How often the file uses it.</param>
/// <param name="IsSupported">Whether it is imported at all; attributes and shapes are another matter.</param>
public sealed record OperatorUse(string Name, int Count, bool IsSupported);

/// <summary>Constants of a file that are stored alike.</summary>
/// <param name="Storage">The element type, in the words of the format, and how it is quantised.</param>
/// <param name="Elements">Number of elements of them all.</param>
public sealed record ConstantUse(string Storage, long Elements);

/// <summary>What a file holds, as it stands there: known also of files that cannot be compiled.</summary>
/// <param name="Format">The format.</param>
/// <param name="Inputs">Inputs with type and shape, <c>?</c> for extents left open.</param>
/// <param name="Outputs">Outputs, as far as the file says them.</param>
/// <param name="Operators">The operators, the most used first.</param>
/// <param name="Constants">The constants, the most elements first.</param>
public sealed record FileSurvey(
    string Format, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs, ImmutableArray<OperatorUse> Operators, ImmutableArray<ConstantUse> Constants)
{
    /// <summary>Counts operators; <c>true</c> stands for one that is supported.</summary>
    internal static ImmutableArray<OperatorUse> Count(IEnumerable<(string Name, bool IsSupported)> operators) =>
    [
        .. operators.GroupBy(use => use.Name, StringComparer.Ordinal)
            .Select(group => new OperatorUse(group.Key, group.Count(), group.All(use => use.IsSupported)))
            .OrderByDescending(use => use.Count).ThenBy(use => use.Name, StringComparer.Ordinal),
    ];

    /// <summary>Adds up constants.</summary>
    internal static ImmutableArray<ConstantUse> Sum(IEnumerable<(string Storage, long Elements)> constants) =>
    [
        .. constants.GroupBy(constant => constant.Storage, StringComparer.Ordinal)
            .Select(group => new ConstantUse(group.Key, group.Aggregate(0L, (sum, constant) => Saturated((double)sum + constant.Elements))))
            .OrderByDescending(use => use.Elements).ThenBy(use => use.Storage, StringComparer.Ordinal),
    ];

    /// <summary>Elements of a shape; nothing in a file is trusted.</summary>
    internal static long Elements(IEnumerable<long> extents) => Saturated(extents.Aggregate(1.0, (product, extent) => product * Math.Max(0, extent)));

    /// <summary>A name with type and shape; extents below 0 are open.</summary>
    internal static string Describe(string name, string type, IEnumerable<long>? extents) => extents is null ? $"{name}: {type}, of any shape"
        : $"{name}: {type} {(extents.Any() ? string.Join('×', extents.Select(extent => extent < 0 ? "?" : extent.ToString(CultureInfo.InvariantCulture))) : "scalar")}";

    private static long Saturated(double count) => (long)Math.Min(count, 1L << 62);
}
