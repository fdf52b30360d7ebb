using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// Makes one <see cref="Requantize"/> of a quantisation and the dequantisations behind it: the value is a real number that the file wants
/// on a grid. Where elements are moved or pooled between the two, as integers, they are real numbers afterwards. What is read as 8-bit integers
/// without ever having been real – an input of the model – is on the grid it is read by.
/// </summary>
public sealed class RecognizeQuantizedLayers
{
    // Chains of movements are a few nodes long; a file can make one of any length.
    private const int LongestChain = 64;

    private readonly Dictionary<(string, QuantizationParameters), string?> reals = [];
    private readonly Dictionary<(string, QuantizationParameters), string> onGrid = [];
    private readonly GraphRewriter rewriter;

    private RecognizeQuantizedLayers(GraphRewriter rewriter) => this.rewriter = rewriter;

    private GraphBuilder Target => rewriter.Target;

    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph)
    {
        RecognizeQuantizedLayers? pass = null;
        return GraphRewriter.Rewrite(graph, (rewriter, node) => (pass ??= new RecognizeQuantizedLayers(rewriter)).Rewrite(node));
    }

    private bool Rewrite(Node node)
    {
        if (node.Op is not Elementwise || node.Inputs.Length != 1)
        {
            return false;
        }

        string input = rewriter.New(node.Inputs[0]);
        if (GridExpressions.AsReal(node.Op) is { } grid)
        {
            return rewriter.Replace(node, Real(node.Name, input, grid, Target.ValueOf(input).Type.Type, LongestChain)!);
        }

        // An input of the model that is given out as integers is converted just once.
        return GridExpressions.AsLevel(node.Op) is { } target && Target.ProducerOf(input) is not null
            && rewriter.Replace(node, node.Name, node.Op, [OnGrid(node.Name, input, target)]);
    }

    // The real numbers that a tensor of integers stands for. Poolings see the integers as float32: such a tensor is null when it does not
    // come from integers of the type.
    private string? Real(string name, string value, QuantizationParameters grid, ElementType type, int depth)
    {
        if (reals.TryGetValue((value, grid), out string? known))
        {
            return known;
        }

        bool isInteger = Target.ValueOf(value).Type.Type == type;
        string? real = depth == 0 ? null : RealBehind(name, value, grid, type, depth - 1);
        real ??= isInteger ? OnGrid(name, Target.Add(name, Dequantize(grid, type), value), grid) : null;
        reals[(value, grid)] = real;
        return real;
    }

    private string? RealBehind(string name, string value, QuantizationParameters grid, ElementType type, int depth)
    {
        if (Target.ConstantOf(value) is not null || Target.ProducerOf(value) is not { } producer)
        {
            return null;
        }

        bool isInteger = Target.ValueOf(value).Type.Type == type;
        switch (producer.Op)
        {
            case Elementwise when isInteger && Equals(GridExpressions.AsLevel(producer.Op), grid):
                return OnGrid(name, producer.Inputs[0], grid);
            case Elementwise { Expression: ConvertExpression { Operand: InputExpression input } conversion } when IsBetween(input.Type, conversion.Type, type):
                return Real(name, producer.Inputs[0], grid, type, depth);
            case Pad pad when isInteger:
                double filling = (pad.Value + (type == ElementType.Int8 ? 128 : 0) - grid.ZeroPoint) * grid.Scale;
                return Moved(producer, pad with { Value = filling }, 1, grid, type, depth);
            case Reshape or Transpose or Slice or Expand or Gather or Pool2D { Kind: PoolKind.Maximum }:
                return Moved(producer, producer.Op, 1, grid, type, depth);
            case Concat:
                return Moved(producer, producer.Op, producer.Inputs.Length, grid, type, depth);
            default:
                return null;
        }
    }

    private string? Moved(Node producer, Op op, int operands, QuantizationParameters grid, ElementType type, int depth)
    {
        string?[] reals = [.. producer.Inputs.Take(operands).Select(input => Real(producer.Name, input, grid, type, depth))];
        return reals.Contains(null) ? null : Target.Add(producer.Name, op, [.. reals.OfType<string>(), .. producer.Inputs.Skip(operands)]);
    }

    private string OnGrid(string name, string value, QuantizationParameters grid)
    {
        if (!onGrid.TryGetValue((value, grid), out string? rounded))
        {
            rounded = IsOnGrid(value, grid, LongestChain) ? value : Target.Add(name, new Requantize(grid), value);
            onGrid.Add((value, grid), rounded);
        }

        return rounded;
    }

    private bool IsOnGrid(string value, QuantizationParameters grid, int depth) => depth > 0 && Target.ProducerOf(value) switch
    {
        { Op: Requantize requantize } => Equals(requantize.Target, grid),
        { Op: Reshape or Transpose or Slice or Expand or Gather or Pool2D { Kind: PoolKind.Maximum } } movement => IsOnGrid(movement.Inputs[0], grid, depth - 1),
        _ => false,
    };

    private static bool IsBetween(ElementType from, ElementType to, ElementType integer) =>
        (from == integer && to == ElementType.Float32) || (from == ElementType.Float32 && to == integer);

    private static Elementwise Dequantize(QuantizationParameters grid, ElementType type)
    {
        Term zero = Term.Literal(grid.ZeroPoint - (type == ElementType.Int8 ? 128 : 0), type);
        return new Elementwise(GridExpressions.Real(Term.Input(0, type), zero, Term.Literal(grid.Scale, ElementType.Float32)));
    }
}
