using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Layers that remember: their states are variable tensors of the file, and last from one prediction to the next.</summary>
internal static class RecurrentOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("SVDF", Filter),
        new("RNN", Single),
        new("UNIDIRECTIONAL_SEQUENCE_RNN", (node, context) => LstmOperators.InTime(context, node[0], node.Flag(0), steps => Layer(node, context, 1, node.Flag(2)).Run(steps, null, false))),
        new("BIDIRECTIONAL_SEQUENCE_RNN", BothDirections),
    ];

    // A filter over features, then one over time: the newest feature moves into the memory, and the oldest out.
    private static string Filter(LiteOperator node, LiteContext context)
    {
        Shape features = context.ShapeOf(node[1]), times = context.ShapeOf(node[2]);
        int rank = node.Count(0, "rank");
        (int filters, int memory, int units) = (features[0], times[1], features[0] / rank);
        int batches = context.ShapeOf(node[0])[0];
        string state = context.Reshape(context.ReadState(4), [batches, filters, memory]);
        string input = HybridInputs.Rounded(node, context, node[0], node.Flag(2));
        string feature = context.Emit(new MatMul(), input, context.Transpose(node[1], 1, 0));
        string next = context.Concat(2, context.Slice(state, 2, 1, memory - 1), context.Reshape(feature, [batches, filters, 1]));
        context.WriteState(4, context.Reshape(next, [batches, filters * memory]));
        string weighted = context.Map(next, context.Reshape(node[2], [1, filters, memory]), (x, weight) => x * weight);
        string sums = context.Reduce(ReduceKind.Sum, context.Reshape(weighted, [batches, units, rank * memory]), [2], keep: false);
        string biased = Bias(node, context) is { } bias ? context.Map(sums, bias, (x, offset) => x + offset) : sums;
        return context.Activate(biased, node.Choice(1));
    }

    // Integers in the scale that the file writes beside them: here that is not the layer's input times its weights.
    private static string? Bias(LiteOperator node, LiteContext context) =>
        node.Optional(3) is { } bias && context.ConstantOf(bias) is { Type: ElementType.Int32 } levels && node.Tensor(3).Grid is { } grid
            ? context.Constant(LiteConstants.Dequantized(levels, grid, node.Tensor(3).Name))
            : node.Optional(3);

    private static string Single(LiteOperator node, LiteContext context)
    {
        string one = context.Reshape(node[0], Shape.From([1, .. context.ShapeOf(node[0])]));
        string made = Layer(node, context, 1, node.Flag(1), activation: 0).Run(one, null, false);
        return context.Reshape(made, Shape.From(context.ShapeOf(made).Extents[1..]));
    }

    // With weights of its own, a second input is added to the first; without, it is what is read backwards.
    private static ImmutableArray<string> BothDirections(LiteOperator node, LiteContext context)
    {
        bool isTimeMajor = node.Flag(0);
        string Turned(string value) => isTimeMajor ? value : context.Transpose(value, 1, 0, 2);
        string steps = Turned(node[0]);
        string? auxiliary = node.Optional(9) is { } second ? Turned(second) : null;
        bool isAdded = auxiliary is not null && node.Optional(10) is not null;
        string forwards = Turned(Layer(node, context, 1, node.Flag(3), auxiliary: isAdded ? 10 : null).Run(steps, isAdded ? auxiliary : null, false));
        string backwards = Turned(Layer(node, context, 5, node.Flag(3), auxiliary: isAdded ? 11 : null).Run(isAdded ? steps : auxiliary ?? steps, isAdded ? auxiliary : null, true));
        return node.Flag(2) ? [context.Concat(2, forwards, backwards)] : [forwards, backwards];
    }

    private static SimpleLayer Layer(LiteOperator node, LiteContext context, int first, bool isAsymmetric, int activation = 1, int? auxiliary = null) => node.Tensor(0).IsQuantized
        ? throw ImportException.Attribute(node.Operator, "the arithmetic in integers", "convert the model with float activations; weights may be int8")
        : new(node, context, first, isAsymmetric, node.Choice(activation), auxiliary);

    /// <summary>A layer whose state is its output.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="context">The context.</param>
    /// <param name="first">Its input that is the weights; those for the state, the bias and the state are next.</param>
    /// <param name="isAsymmetric">Whether rounded inputs may be asymmetric.</param>
    /// <param name="activation">The activation.</param>
    /// <param name="auxiliary">Its input that is the weights for the second input.</param>
    private sealed class SimpleLayer(LiteOperator node, LiteContext context, int first, bool isAsymmetric, int activation, int? auxiliary)
    {
        public string Run(string steps, string? second, bool backwards)
        {
            bool isHybrid = HybridInputs.AreRounded(node, context, first);
            string Rounded(string value) => isHybrid ? HybridInputs.Rounded(context, value, isAsymmetric) : value;
            string[] weights = [Turned(first), Turned(first + 1), node[first + 2], .. auxiliary is { } added ? new[] { Turned(added) } : []];
            ImmutableArray<string> made = context.Session.Loop(
                node.Name, context.ShapeOf(steps)[0], [context.ReadState(first + 3)], second is null ? [steps] : [steps, second], backwards, weights, (states, inputs, inside) =>
                {
                    List<string> products = [context.Emit(new MatMul(), Rounded(inputs[0]), inside[0]), context.Emit(new MatMul(), Rounded(states[0]), inside[1]), inside[2]];
                    if (second is not null)
                    {
                        products.Add(context.Emit(new MatMul(), Rounded(inputs[1]), inside[3]));
                    }

                    string next = context.Map([.. products], terms => context.Activated(terms.Aggregate((x, y) => x + y), activation));
                    return ([next], [next]);
                });
            context.WriteState(first + 3, made[0]);
            return made[1];
        }

        private string Turned(int input) => context.Transpose(node[input], 1, 0);
    }
}
