using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import;

/// <summary>
/// Follows a batch through a graph that was imported for two examples, to see whether each goes through by itself: only then may a program for one
/// be run once an example. A value that depends on the batch lies in memory as [before, 2, after], whatever its shape; what is kept is the extent before.
/// </summary>
internal sealed class BatchFlow
{
    /// <summary>The batch that the graph must have been imported for.</summary>
    public const int Batch = 2;

    private readonly Graph graph;
    private readonly Dictionary<string, long> extentsBefore;

    // Values of a loop's body of which it is not known yet whether they depend on the batch; they fit everywhere.
    private readonly HashSet<string> undecided;

    private BatchFlow(Graph graph, IEnumerable<KeyValuePair<string, long>> inputs, IEnumerable<string> undecided)
    {
        this.graph = graph;
        extentsBefore = new(inputs, StringComparer.Ordinal);
        this.undecided = new(undecided, StringComparer.Ordinal);
    }

    /// <summary>Whether no example of the batch, the first axis of all inputs and outputs, has a part in the results of another.</summary>
    public static bool KeepsExamplesApart(Graph graph)
    {
        var flow = new BatchFlow(graph, graph.Inputs.Select(input => KeyValuePair.Create(input, 1L)), []);
        return flow.Follow() && graph.Outputs.All(output => flow.Find(output.Value) == new Place(0, 1, 1));
    }

    private bool Follow() => graph.Nodes.All(Follow);

    private bool Follow(Node node)
    {
        if (!node.Inputs.Any(extentsBefore.ContainsKey))
        {
            undecided.UnionWith(node.Inputs.Any(undecided.Contains) ? node.Outputs : []);
            return true;
        }

        if (node.Op is Reshape)
        {
            extentsBefore[node.Output] = extentsBefore[node.Inputs[0]];
            return true;
        }

        Place?[] places = [.. node.Inputs.Select(Find)];
        if (places.Where((place, index) => place is null && extentsBefore.ContainsKey(node.Inputs[index])).Any())
        {
            return false;
        }

        if (node.Op is Loop loop)
        {
            return Follow(node, loop, places);
        }

        if (After(node, places) is not { } result)
        {
            return false;
        }

        foreach (string output in node.Outputs)
        {
            extentsBefore[output] = ExtentBefore(graph.ShapeOf(output), result);
        }

        return true;
    }

    // Where the batch is in the outputs, unless the op mixes its examples.
    private Place? After(Node node, Place?[] places)
    {
        if (node.Op is Elementwise or Expand or Concat)
        {
            return Aligned(node, places) is { } common && (node.Op as Concat)?.Axis != common.Axis ? common : null;
        }

        if (node.Op is MatMul)
        {
            return AfterProduct(node, places);
        }

        if (node.Op is Gather gather)
        {
            return AfterGather(gather.Axis, places[0], places[1], graph.ShapeOf(node.Inputs[1]).Rank);
        }

        // The others have one input that may depend on the batch; the rest are weights.
        return places[0] is { } place && places[1..].All(other => other is null) ? After(node.Op, place, graph.ShapeOf(node.Inputs[0])) : null;
    }

    private static Place? After(Op op, Place place, Shape shape) => op switch
    {
        Requantize => place,
        Conv2D or Pool2D or FullyConnected or TreeEnsemble or PairwiseCoupling when place.Axis == 0 => place,
        Transpose transpose => place with { Axis = transpose.Permutation.ToList().IndexOf(place.Axis) },
        Slice slice when slice.Starts[place.Axis] == 0 && slice.Sizes[place.Axis] == shape[place.Axis] && slice.Steps[place.Axis] == 1 => place,
        Pad pad when (pad.Before[place.Axis], pad.After[place.Axis], pad.Between[place.Axis]) == (0, 0, 0) => place,
        Reduce reduce when !reduce.Axes.Contains(place.Axis) => place with { Axis = place.Axis - reduce.Axes.Count(axis => axis < place.Axis) },
        ArgReduce reduce when reduce.Axis != place.Axis => place with { Axis = place.Axis - (reduce.Axis < place.Axis ? 1 : 0) },
        Softmax when place.Axis != shape.Rank - 1 => place,
        ResampleAxis resample when resample.Axis != place.Axis => place,
        TopK top when top.Axis != place.Axis => place,
        _ => null,
    };

    // The same place in all operands, counted in the result's axes.
    private Place? Aligned(Node node, Place?[] places)
    {
        int rank = graph.ShapeOf(node.Output).Rank;
        Place?[] aligned = [.. places.Select((place, index) => place is { } own ? own with { Axis = own.Axis + rank - graph.ShapeOf(node.Inputs[index]).Rank } : place)];
        return aligned.OfType<Place>().Distinct().ToArray() is [var only] && node.Inputs.Where((_, index) => places[index] is null).All(input => IsSame(input, only, rank))
            ? only
            : null;
    }

    private Place? AfterProduct(Node node, Place?[] places)
    {
        int rank = graph.ShapeOf(node.Output).Rank;
        (int left, int right) = (graph.ShapeOf(node.Inputs[0]).Rank, graph.ShapeOf(node.Inputs[1]).Rank);
        return places switch
        {
            [{ } rows, null] when rows.Axis == left - 2 => rows with { Axis = rank - 2 },
            [null, { } columns] when columns.Axis == right - 1 => columns with { Axis = rank - 1 },
            _ => Aligned(node, places) is { } batch && batch.Axis < rank - 2 ? batch : null,
        };
    }

    private static Place? AfterGather(int axis, Place? data, Place? indices, int rank) => (data, indices) switch
    {
        ({ } place, null) when place.Axis != axis => place with { Axis = place.Axis < axis ? place.Axis : place.Axis + rank - 1 },
        (null, { } place) => place with { Axis = axis + place.Axis },
        _ => null,
    };

    private bool Follow(Node node, Loop loop, Place?[] places)
    {
        var inputs = new Dictionary<string, long>(StringComparer.Ordinal);
        for (int index = 0; index < places.Length; index++)
        {
            if (places[index] is not { } place)
            {
                continue;
            }

            bool isScanned = index >= loop.States && index < loop.FirstCaptured;
            if (isScanned && place.Axis == 0)
            {
                return false;
            }

            inputs[loop.Body.Inputs[index]] = extentsBefore[node.Inputs[index]] / (isScanned ? loop.Count : 1);
        }

        if (FollowBody(node, loop, inputs) is not { } body)
        {
            return false;
        }

        for (int index = 0; index < node.Outputs.Length; index++)
        {
            if (body.extentsBefore.TryGetValue(loop.Body.Outputs[index].Value, out long before))
            {
                extentsBefore[node.Outputs[index]] = before * (index < loop.States ? 1 : loop.Count);
            }
        }

        return true;
    }

    // A state that is the same for all examples at first may depend on them later. Which ones do comes out when those not known yet are let through;
    // then all is checked once more.
    private BatchFlow? FollowBody(Node node, Loop loop, Dictionary<string, long> inputs)
    {
        bool isChecked = false;
        while (true)
        {
            IEnumerable<string> open = isChecked ? [] : loop.Body.Inputs[..loop.States].Where(state => !inputs.ContainsKey(state));
            var body = new BatchFlow(loop.Body, inputs, open);
            int known = inputs.Count;
            if (!body.Follow() || !Enumerable.Range(0, loop.States).All(state => Join(node.Inputs[state], loop.Body.Inputs[state], loop.Body.Outputs[state].Value, body, inputs)))
            {
                return null;
            }

            if (inputs.Count == known && isChecked)
            {
                return body;
            }

            isChecked = inputs.Count == known;
        }
    }

    // Whether a state depends on the batch in the same way before and after an iteration, or starts the same for all examples.
    private bool Join(string initial, string state, string next, BatchFlow body, Dictionary<string, long> inputs)
    {
        bool dependsAfter = body.extentsBefore.TryGetValue(next, out long after);
        if (inputs.TryGetValue(state, out long before))
        {
            return dependsAfter && before == after;
        }

        if (dependsAfter)
        {
            inputs[state] = after;
            return StartsSame(initial, body.Find(next));
        }

        return true;
    }

    private bool StartsSame(string initial, Place? place) => place is { } known && IsSame(initial, known, graph.ShapeOf(initial).Rank);

    // Whether a value that does not depend on the batch is the same for all of its examples, where the batch is at a place of a result of some rank.
    private bool IsSame(string value, Place place, int rank)
    {
        Shape shape = graph.ShapeOf(value);
        int axis = place.Axis - rank + shape.Rank;
        if (axis < 0 || shape[axis] == 1 || undecided.Contains(value))
        {
            return true;
        }

        if (!graph.Constants.TryGetValue(value, out Tensor? tensor) || shape[axis] != place.Extent)
        {
            return false;
        }

        if (tensor.IsUniform || tensor.Count == 0)
        {
            return true;
        }

        Array data = tensor.Data;
        long inner = tensor.Count / (ExtentBefore(shape, place with { Axis = axis }) * Batch);
        return Enumerable.Range(0, tensor.Count).All(index => index / inner % Batch == 0 || data.GetValue(index)!.Equals(data.GetValue(index - inner)));
    }

    private Place? Find(string value)
    {
        if (!extentsBefore.TryGetValue(value, out long wanted))
        {
            return null;
        }

        Shape shape = graph.ShapeOf(value);
        long before = 1;
        for (int axis = 0; axis < shape.Rank && shape.ElementCount > 0 && wanted % before == 0; axis++)
        {
            long part = wanted / before * Batch;
            if (shape[axis] >= part)
            {
                return shape[axis] % part == 0 ? new Place(axis, wanted / before, shape[axis] / part) : null;
            }

            before *= shape[axis];
        }

        return null;
    }

    private static long ExtentBefore(Shape shape, Place place) => shape.Take(place.Axis).Aggregate(place.Before, (product, extent) => product * extent);

    // The axis that holds the batch, and what shares the axis with it: its extent is before · batch · after.
    private readonly record struct Place(int Axis, long Before, long After)
    {
        public long Extent => Before * Batch * After;
    }
}
