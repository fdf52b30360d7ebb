using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>A graph as text, a line a node.</summary>
public static class GraphText
{
    /// <summary>The lines.</summary>
    public static IEnumerable<string> Lines(Graph graph)
    {
        foreach (string input in graph.Inputs)
        {
            yield return $"input  {input}: {graph.Values[input].Type}";
        }

        foreach (Node node in graph.Nodes)
        {
            string inputs = string.Join(", ", node.Inputs.Select(input => graph.Constants.ContainsKey(input) ? $"{input}[{graph.ShapeOf(input)}]" : input));
            string outputs = string.Join(", ", node.Outputs.Select(output => $"{output}: {graph.Values[output].Type}"));
            yield return $"{Describe(node.Op)}({inputs}) → {outputs}";
            foreach (string line in node.Op is Loop loop ? Lines(loop.Body) : [])
            {
                yield return "  " + line;
            }
        }

        foreach (GraphOutput output in graph.Outputs)
        {
            string valid = output.Bound is { } bound ? $", the first {bound.Count} along axis {bound.Axis}" : "";
            yield return $"output {output.Name} = {output.Value}: {graph.Values[output.Value].Type}{valid}";
        }
    }

    private static string Describe(Op op) => op switch
    {
        Elementwise elementwise => $"Elementwise {{ {ExpressionDisplay.Of(elementwise.Expression)} }}",
        ResampleAxis resample => $"ResampleAxis {{ Axis = {resample.Axis}, Taps = {resample.Taps}, OutputLength = {resample.OutputLength} }}",
        Loop loop => $"Loop {{ Count = {loop.Count}, States = {loop.States}, Scanned = {Directions(loop.Scanned)}, Stacked = {Directions(loop.Stacked)} }}",
        _ => op.ToString() is var text && text.EndsWith("{ }", System.StringComparison.Ordinal) ? op.GetType().Name : text,
    };

    private static string Directions(EquatableArray<bool> backwards) => "[" + string.Join(", ", backwards.Select(isBackwards => isBackwards ? "backwards" : "forwards")) + "]";
}
