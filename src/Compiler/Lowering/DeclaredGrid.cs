using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>What real numbers the 8-bit integers stand for that a model declares as its inputs and outputs.</summary>
internal static class DeclaredGrid
{
    /// <summary>The grid by which all readers of an input read it, or <see langword="null"/>.</summary>
    public static QuantizationParameters? OfInput(Graph graph, string input)
    {
        if (graph.Values[input].Type.Type is not (ElementType.Int8 or ElementType.UInt8) || graph.IsOutput(input))
        {
            return null;
        }

        QuantizationParameters?[] grids =
            [.. graph.Consumers(input).Select(reader => IsMovement(reader.Op) ? OfInput(graph, reader.Output) : GridExpressions.AsReal(reader.Op)).Distinct()];
        return grids is [{ } grid] ? grid : null;
    }

    /// <summary>The grid that an output has been put on, or <see langword="null"/>.</summary>
    public static QuantizationParameters? OfOutput(Graph graph, string output) =>
        graph.Producer(output) is not { } maker ? null : IsMovement(maker.Op) ? OfOutput(graph, maker.Inputs[0]) : GridExpressions.AsLevel(maker.Op);

    private static bool IsMovement(Op op) => op is Reshape or Transpose;
}
