using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// Runs a graph a fixed number of times. Inputs, of the node as of the body: first the states, which each iteration takes from the one before; then
/// sequences [count, …], of which each iteration reads one element; then values that are the same in all iterations. Outputs: the states after the
/// last iteration; then sequences [count, …], of which each iteration has given one element.
/// </summary>
/// <param name="Body">One iteration. Its outputs are the new states and the elements of the sequences.</param>
/// <param name="Count">Number of iterations.</param>
/// <param name="States">Number of states.</param>
/// <param name="Scanned">For each sequence that is read, whether it is read from its end.</param>
/// <param name="Stacked">For each sequence that is given, whether it is written from its end.</param>
public sealed record Loop(Graph Body, int Count, int States, EquatableArray<bool> Scanned, EquatableArray<bool> Stacked) : Op
{
    /// <summary>Most iterations: more are not meant, whatever a file says.</summary>
    public const int MaximumCount = 1 << 20;

    // Compiling an elementwise expression to evaluate it costs about as much as so many elements.
    private const long WorkOfEvaluation = 1 << 17;

    /// <summary>Index of the first input that is the same in all iterations.</summary>
    public int FirstCaptured => States + Scanned.Count;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(Count is >= 0 and <= MaximumCount, $"a loop of {Count} iterations");
        Require(inputs.Length == Body.Inputs.Length && Body.Outputs.Length == States + Stacked.Count, "the inputs or outputs of a loop do not match its body");
        for (int index = 0; index < inputs.Length; index++)
        {
            TensorType inside = Body.Values[Body.Inputs[index]].Type;
            TensorType outside = index >= States && index < FirstCaptured ? Sequence(inside) : inside;
            Require(inputs[index] == outside, $"input {index} of a loop is {inputs[index]}, not {outside}");
        }

        TensorType[] outputs = [.. Body.Outputs.Select(output => Body.Values[output.Value].Type)];
        for (int state = 0; state < States; state++)
        {
            Require(outputs[state] == inputs[state], $"state {state} of a loop is {inputs[state]} at first, then {outputs[state]}");
        }

        return [.. outputs[..States], .. outputs[States..].Select(Sequence)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Tensor[] states = [.. inputs[..States]];
        Array[] sequences = [.. Infer([.. inputs.Select(input => input.TensorType)])[States..].Select(type => Tensor.Zeros(type).Data)];
        for (int iteration = 0; iteration < Count; iteration++)
        {
            int current = iteration;
            ImmutableArray<Tensor> results = GraphEvaluator.Evaluate(
                Body, [.. states, .. Scanned.Select((backwards, index) => Element(inputs[States + index], Place(current, backwards))), .. inputs[FirstCaptured..]]);
            states = [.. results[..States]];
            for (int index = 0; index < sequences.Length; index++)
            {
                Tensor element = results[States + index];
                Array.Copy(element.Data, 0, sequences[index], Place(iteration, Stacked[index]) * element.Count, element.Count);
            }
        }

        return [.. states, .. sequences.Select((data, index) => Tensor.Of(Sequence(Body.Values[Body.Outputs[States + index].Value].Type).Shape, data))];
    }

    /// <inheritdoc/>
    public override long MultiplyAccumulates(ImmutableArray<TensorType> inputs, ImmutableArray<TensorType> outputs) => Count * Body.MultiplyAccumulates();

    /// <inheritdoc/>
    public override long Work(ImmutableArray<TensorType> inputs, ImmutableArray<TensorType> outputs) =>
        base.Work(inputs, outputs) + (Count * Body.Nodes.Sum(node => WorkOfEvaluation + Body.WorkOf(node)));

    /// <summary>The loop with captured values that are constant written into its body, and without inputs that the body does not read.</summary>
    /// <param name="operands">The node's inputs.</param>
    /// <param name="constantOf">The constant that a value is, or <see langword="null"/>.</param>
    public (Loop Loop, ImmutableArray<string> Operands) Simplified(ImmutableArray<string> operands, Func<string, Tensor?> constantOf)
    {
        bool[] isConstant = [.. operands.Select((operand, index) => index >= FirstCaptured && constantOf(operand) is not null)];
        bool[] isDropped = [.. operands.Select((_, index) => isConstant[index] || (index >= States && Body.UseCount(Body.Inputs[index]) == 0))];
        if (!isDropped.Contains(true))
        {
            return (this, operands);
        }

        IEnumerable<KeyValuePair<string, Tensor>> constants = Body.Inputs
            .Select((input, index) => (Input: input, Index: index))
            .Where(pair => isConstant[pair.Index])
            .Select(pair => KeyValuePair.Create(pair.Input, constantOf(operands[pair.Index])!));
        var simplified = new Loop(
            Body.With([.. Body.Inputs.Where((_, index) => !isDropped[index])], constants),
            Count,
            States,
            Scanned.Where((_, index) => !isDropped[States + index]).ToEquatableArray(),
            Stacked);
        return (simplified, [.. operands.Where((_, index) => !isDropped[index])]);
    }

    private static Tensor Element(Tensor sequence, int place)
    {
        Shape shape = Shape.From(sequence.Shape.Extents[1..]);
        Array data = Tensor.Zeros(new TensorType(sequence.Type, shape)).Data;
        Array.Copy(sequence.Data, place * data.Length, data, 0, data.Length);
        return Tensor.Of(shape, data);
    }

    private int Place(int iteration, bool backwards) => backwards ? Count - 1 - iteration : iteration;

    private TensorType Sequence(TensorType element) => element with { Shape = Shape.From([Count, .. element.Shape]) };
}
