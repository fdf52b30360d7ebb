using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// Loop, whose number of iterations must be known. The condition decides how: constant after an iteration imported for itself, it ends the loop
/// there; computed, it becomes a truth value that keeps the states as they are once it is false, as long as the loop gives no sequences.
/// </summary>
internal static class LoopOperators
{
    // Copies of a body in the code, when its shapes change or its shapes need the number of the iteration.
    private const int MostCopies = 256;

    // Iterations imported one by one to see when the condition ends them.
    private const int MostLookedAt = 4096;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Loop", 1, Import),
        new("Scan", 8, 8, ScanOperator.Version8),
        new("Scan", 9, ScanOperator.Version9),
    ];

    /// <summary>Refuses bodies that take or give anything but tensors.</summary>
    public static void RequireTensors(GraphProto body)
    {
        foreach (ValueInfoProto value in body.Input.Concat(body.Output).Where(value => value.Type is { TensorType: null, ValueCase: not TypeProto.ValueOneofCase.None }))
        {
            throw ImportException.ElementType(value.Name, value.Type.ValueCase.ToString().Replace("Type", "", StringComparison.Ordinal).ToLowerInvariant());
        }
    }

    private static ImmutableArray<string?> Import(OnnxNode node, OnnxContext context)
    {
        GraphProto body = node.Graph("body");
        RequireTensors(body);
        string[] initial = [.. Enumerable.Range(2, Math.Max(0, node.Inputs.Length - 2)).Select(index => node[index])];
        if (body.Input.Count != initial.Length + 2 || body.Output.Count < initial.Length + 1)
        {
            throw ImportException.Invalid($"the body of Loop has {body.Input.Count} inputs and {body.Output.Count} outputs for {initial.Length} values carried around");
        }

        string condition = node.Optional(1) is { } given ? Truth(context, given) : context.Constant(Tensor.Scalar(true));
        var loop = new LoopNode(node, context, body, initial, condition, TripCount(node, context));
        return [.. loop.Import()];
    }

    private static long TripCount(OnnxNode node, OnnxContext context)
    {
        if (node.Optional(0) is not { } count)
        {
            return long.MaxValue;
        }

        long[] values = context.IntegerInput(0);
        return values.Length == 1 ? Math.Max(0, values[0]) : throw new ShapeException($"a trip count of the shape {context.ShapeOf(count)}");
    }

    private static string Truth(OnnxContext context, string value) =>
        context.TypeOf(value) is { Type: ElementType.Boolean, Shape.ElementCount: 1 }
            ? context.Reshape(value, Shape.Scalar)
            : throw new ShapeException($"a condition of {context.TypeOf(value)}");

    /// <summary>One Loop.</summary>
    private sealed class LoopNode(OnnxNode node, OnnxContext context, GraphProto body, string[] initial, string condition, long tripCount)
    {
        private int Sequences => body.Output.Count - initial.Length - 1;

        public ImmutableArray<string> Import()
        {
            bool? runs = context.ConstantOf(condition)?.Values<bool>()[0];
            if (runs == false || tripCount == 0)
            {
                return AsLoop(0).Outputs;
            }

            // One iteration shows what becomes of the condition.
            (LoopResult? first, ImmutableArray<Diagnostic> problems) = context.Attempt(() => AsLoop(1));
            if (first is { Continues: { } continues } && problems.IsEmpty && runs == true)
            {
                return !continues || tripCount == 1 ? Copies(1).Outputs : AsLoop(Bounded(tripCount)).Outputs;
            }

            if (runs == true && Unrolled() is { } unrolled)
            {
                return unrolled;
            }

            return first is not null && problems.IsEmpty ? Masked() : throw context.Failed(problems);
        }

        private static int Bounded(long count) => count <= Loop.MaximumCount
            ? (int)count
            : throw new ImportException(DiagnosticKinds.LoopUnbounded, "Loop", "nothing ends it", $"give it a trip count of at most {Loop.MaximumCount}");

        // As the core's loop, if the condition stays as it is.
        private LoopResult AsLoop(int count)
        {
            OnnxLoop loop = context.BeginLoop(count);
            string[] states = [.. initial.Select(loop.State)];
            string number = loop.Scan(context.Constant([.. Enumerable.Range(0, count).Select(iteration => (long)iteration)]));
            string condition = loop.Inside(() => context.Constant(Tensor.Scalar(true)));
            ImmutableArray<string> results = context.ImportBody(loop, null, body, [number, condition, .. states]);
            bool? continues = loop.Inside(() => context.ConstantOf(Truth(context, results[0]))?.Values<bool>()[0]);
            ImmutableArray<string> outputs = loop.End(results[1..(initial.Length + 1)], results[(initial.Length + 1)..].Select(element => (element, false)));
            return new LoopResult(outputs, continues);
        }

        // Iterations for themselves, until their number is known: then as a loop where that is possible, else as they are.
        private ImmutableArray<string>? Unrolled()
        {
            (LoopResult? copies, ImmutableArray<Diagnostic> problems) = context.Attempt(() => Copies(Math.Min(tripCount, MostLookedAt)));
            if (copies is null || !problems.IsEmpty || copies.Count == 0)
            {
                return null;
            }

            if (copies.Outputs.All(output => context.ConstantOf(output) is not null) || copies.Count <= 2)
            {
                return copies.Outputs;
            }

            (LoopResult? loop, ImmutableArray<Diagnostic> trouble) = context.Attempt(() => AsLoop(copies.Count));
            return loop is not null && trouble.IsEmpty ? loop.Outputs
                : copies.Count <= MostCopies ? copies.Outputs
                : throw context.Failed(trouble);
        }

        // A result of no iterations says that the condition is computed.
        private LoopResult Copies(long most)
        {
            string[] states = initial;
            var sequences = new List<string>[Sequences];
            for (int index = 0; index < sequences.Length; index++)
            {
                sequences[index] = [];
            }

            int count = 0;
            for (bool continues = true; continues && count < most; count++)
            {
                ImmutableArray<string> results = context.ImportGraph(body, [context.Constant(Tensor.Scalar((long)count)), context.Constant(Tensor.Scalar(true)), .. states]);
                states = [.. results[1..(initial.Length + 1)]];
                for (int index = 0; index < sequences.Length; index++)
                {
                    string element = results[initial.Length + 1 + index];
                    sequences[index].Add(context.Reshape(element, Shape.From([1, .. context.ShapeOf(element)])));
                }

                Tensor? condition = context.ConstantOf(Truth(context, results[0]));
                if (condition is null && count + 1 < tripCount)
                {
                    return new LoopResult([], null);
                }

                continues = condition?.Values<bool>()[0] ?? false;
                if (continues && count + 1 == most && most < tripCount)
                {
                    return new LoopResult([], null);
                }
            }

            return new LoopResult([.. states, .. sequences.Select(elements => context.Concat(0, [.. elements]))], false, count);
        }

        // Once the condition is false, the states stay: whatever the iterations after that compute is thrown away.
        private ImmutableArray<string> Masked()
        {
            const string advice = "export the model with a fixed number of iterations";
            if (Sequences > 0 || tripCount > Loop.MaximumCount)
            {
                string why = Sequences > 0 ? "it gives sequences whose length depends on a condition computed from the model's inputs" : "only a condition computed from the model's inputs ends it";
                throw new ImportException(DiagnosticKinds.LoopUnbounded, node.Operator, why, advice);
            }

            OnnxLoop loop = context.BeginLoop((int)tripCount);
            string running = loop.State(condition);
            string[] states = [.. initial.Select(loop.State)];
            string number = loop.Scan(context.Constant([.. Enumerable.Range(0, (int)tripCount).Select(iteration => (long)iteration)]));
            string yes = loop.Inside(() => context.Constant(Tensor.Scalar(true)));
            ImmutableArray<string> results = context.ImportBody(loop, null, body, [number, yes, .. states]);
            string[] updated = loop.Inside<string[]>(() =>
            [
                context.Map(running, Truth(context, results[0]), (before, now) => before.And(now)),
                .. states.Select((state, index) => Kept(running, results[index + 1], state)),
            ]);
            ImmutableArray<string> outputs = loop.End(updated);
            return context.ProducerOf(outputs[0]) is Loop { Body: var made } && made.WithBodies().Any(HasComputedIndices)
                ? throw new ImportException(DiagnosticKinds.LoopUnbounded, node.Operator, "a condition computed from the model's inputs ends it, after which its indices may be out of range", advice)
                : outputs[1..];
        }

        private static bool HasComputedIndices(Graph graph) => graph.Nodes.Any(inner => inner.Op is Gather or Scatter && !graph.Constants.ContainsKey(inner.Inputs[1]));

        private string Kept(string running, string updated, string state) => context.TypeOf(updated) == context.TypeOf(state)
            ? context.Map(running, updated, state, (condition, x, y) => condition.Select(x, y))
            : throw new ShapeException($"a value that Loop carries around is {context.TypeOf(state)} at first, then {context.TypeOf(updated)}");
    }

    /// <summary>What a way to import a loop gave.</summary>
    /// <param name="Outputs">The loop's outputs.</param>
    /// <param name="Continues">The condition after an iteration, if it is constant.</param>
    /// <param name="Count">Iterations, when each was imported for itself.</param>
    private sealed record LoopResult(ImmutableArray<string> Outputs, bool? Continues, int Count = 0);
}
