using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>A loop while its body is made: what it takes from the graph around it, and what it gives back.</summary>
/// <param name="session">What the import shares; its graph being made is the one around the loop.</param>
/// <param name="name">The model's name for the loop.</param>
/// <param name="count">Number of iterations.</param>
internal sealed class OnnxLoop(OnnxSession session, string name, int count)
{
    private readonly GraphBuilder outer = session.Builder;
    private readonly GraphBuilder body = new(session.Builder);
    private readonly List<(string Outside, string Inside)> states = [];
    private readonly List<(string Outside, string Inside, bool Backwards)> scanned = [];
    private readonly List<(string Outside, string Inside)> captured = [];
    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);

    /// <summary>Adds a state.</summary>
    /// <param name="initial">Its value before the first iteration.</param>
    /// <returns>Its value in the body.</returns>
    public string State(string initial)
    {
        string inside = Input(initial, outer.ValueOf(initial).Type);
        states.Add((initial, inside));
        return inside;
    }

    /// <summary>Adds a sequence [count, …] of which each iteration reads one element.</summary>
    /// <returns>The element in the body.</returns>
    public string Scan(string sequence, bool backwards = false)
    {
        TensorType type = outer.ValueOf(sequence).Type;
        string inside = Input(sequence, type with { Shape = Shape.From(type.Shape.Extents[1..]) });
        scanned.Add((sequence, inside, backwards));
        return inside;
    }

    /// <summary>Makes a value from around the loop known in the body.</summary>
    public string Capture(string outside)
    {
        if (!known.TryGetValue(outside, out string? inside))
        {
            if (outer.ConstantOf(outside) is { } constant)
            {
                inside = session.Enter(outside, body.AddConstant(constant, outside));
            }
            else
            {
                inside = Input(outside, outer.ValueOf(outside).Type);
                captured.Add((outside, inside));
            }

            known.Add(outside, inside);
        }

        return inside;
    }

    /// <summary>Makes a value in the graph around the loop, and makes it known in the body.</summary>
    public string FromOutside(Func<string> action) => Capture(session.Within(outer, action));

    /// <summary>Makes part of the body.</summary>
    public T Inside<T>(Func<T> action) => session.Within(body, action);

    /// <summary>Adds the loop to the graph around it.</summary>
    /// <param name="newStates">The states after an iteration.</param>
    /// <param name="stacked">Elements of the sequences that the loop gives.</param>
    /// <returns>The states after the last iteration, then the sequences.</returns>
    public ImmutableArray<string> End(IEnumerable<string> newStates, params IEnumerable<(string Element, bool Backwards)> stacked)
    {
        (string Element, bool Backwards)[] elements = [.. stacked];
        GraphOutput[] outputs = [.. newStates.Concat(elements.Select(element => element.Element)).Select((value, index) => new GraphOutput($"{index}", value))];
        Graph graph = body.ToGraph(outputs);
        graph = graph.With([.. states.Select(state => state.Inside), .. scanned.Select(sequence => sequence.Inside), .. captured.Select(value => value.Inside)], []);
        var loop = new Loop(
            graph,
            count,
            states.Count,
            scanned.Select(sequence => sequence.Backwards).ToEquatableArray(),
            elements.Select(element => element.Backwards).ToEquatableArray());
        ImmutableArray<string> operands = [.. states.Select(state => state.Outside), .. scanned.Select(sequence => sequence.Outside), .. captured.Select(value => value.Outside)];
        return outer.AddNode(name, loop, operands, [.. outputs.Select(_ => name)]);
    }

    private string Input(string outside, TensorType type) => session.Enter(outside, body.AddInput(body.Unique(outside), type));
}
