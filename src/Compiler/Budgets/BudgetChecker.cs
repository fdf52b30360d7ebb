using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Budgets;

/// <summary>Holds a compiled model against the limits that the project has set.</summary>
internal static class BudgetChecker
{
    private const int MostNamed = 5;

    /// <summary>Checks all limits.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="graph">The optimised graph.</param>
    /// <param name="model">What came of it.</param>
    /// <exception cref="DiagnosticException">A limit is exceeded; each that is, with what contributes most.</exception>
    public static void Check(CompileOptions options, Graph graph, LoweredModel model)
    {
        var problems = new List<Diagnostic>();
        if (model.Plan.ArenaBytes > options.MaximumArenaBytes)
        {
            var peak = ArenaPeak.Of(model.Plan);
            problems.Add(DiagnosticKinds.ArenaTooLarge.At(
                options.ModelPath, "", model.Plan.ArenaBytes, options.MaximumArenaBytes, peak.Step, Largest(peak.Buffers.Select(buffer => (buffer.Name, (long)buffer.Bytes)))));
        }

        long weightBytes = model.Weights.Length + model.Plan.UniformBytes;
        if (weightBytes > options.MaximumWeightBytes)
        {
            IEnumerable<(string, long)> constants = model.Plan.Constants.Select(constant => (constant.Name, (long)constant.Length * constant.Type.SizeOf()));
            problems.Add(DiagnosticKinds.WeightsTooLarge.At(options.ModelPath, "", weightBytes, options.MaximumWeightBytes, Largest(constants)));
        }

        if (model.Plan.MultiplyAccumulates > options.MaximumMacs)
        {
            IEnumerable<(string, long)> layers = graph.Nodes
                .GroupBy(node => node.Name, StringComparer.Ordinal)
                .Select(layer => (layer.Key, layer.Sum(node => node.Op.MultiplyAccumulates(graph.TypesOf(node.Inputs), graph.TypesOf(node.Outputs)))));
            problems.Add(DiagnosticKinds.TooManyMacs.At(options.ModelPath, "", model.Plan.MultiplyAccumulates, options.MaximumMacs, Largest(layers)));
        }

        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }
    }

    private static string Largest(IEnumerable<(string Name, long Amount)> contributors)
    {
        (string Name, long Amount)[] all = [.. contributors.Where(one => one.Amount > 0).OrderByDescending(one => one.Amount).ThenBy(one => one.Name, StringComparer.Ordinal)];
        string named = string.Join(", ", all.Take(MostNamed).Select(one => string.Create(CultureInfo.InvariantCulture, $"'{one.Name}' {one.Amount}")));
        return all.Length > MostNamed ? $"{named} and {all.Length - MostNamed} more" : named;
    }
}
