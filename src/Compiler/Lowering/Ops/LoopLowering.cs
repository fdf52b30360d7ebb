using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>
/// Loops: one step that holds the steps of the body. States lie where the loop's results lie; sequences are read and written in place, an element an
/// iteration; an iteration ends by copying the new states over the old ones, unless they were computed there.
/// </summary>
internal static class LoopLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        var loop = (Loop)node.Op;
        for (int state = 0; state < loop.States; state++)
        {
            Copy(writer, node.Name, $"state {state} at first", node.Inputs[state], writer.ViewOf(node.Outputs[state]));
        }

        if (loop.Count == 0)
        {
            return;
        }

        Dictionary<string, View> inputs = Inputs(writer, node, loop);
        View[] results = [.. node.Outputs.Select((output, index) => index < loop.States
            ? writer.ViewOf(output)
            : writer.ViewOf(output).Element(writer.Depth, loop.Count, loop.Stacked[index - loop.States]))];
        StepWriter body = writer.BeginLoop(node.Output, loop.Body, inputs, DirectResults(loop.Body, loop.States, inputs, results));
        foreach (Node inner in loop.Body.Nodes)
        {
            OpLowering.Lower(body, inner);
        }

        CopyResults(body, node.Name, loop, results);
        writer.EndLoop(node.Name, $"{loop.Count} iterations", loop.Count, body);
    }

    // What the inputs of the body are in memory.
    private static Dictionary<string, View> Inputs(StepWriter writer, Node node, Loop loop)
    {
        var inputs = new Dictionary<string, View>(StringComparer.Ordinal);
        for (int index = 0; index < node.Inputs.Length; index++)
        {
            View view = index < loop.States ? writer.ViewOf(node.Outputs[index]) : InArena(writer, node.Name, node.Inputs[index]);
            bool isScanned = index >= loop.States && index < loop.FirstCaptured;
            inputs.Add(loop.Body.Inputs[index], isScanned ? view.Element(writer.Depth, loop.Count, loop.Scanned[index - loop.States]) : view);
        }

        return inputs;
    }

    private static View InArena(StepWriter writer, string name, string value)
    {
        if (!writer.IsConstant(value))
        {
            return writer.ViewOf(value);
        }

        TensorType type = writer.Graph.Values[value].Type;
        View copy = writer.Temporary(value, type.Type, type.Shape);
        Copy(writer, name, $"{value}, of which each iteration reads a part", value, copy);
        return copy;
    }

    // Results that the body may compute where they belong: elements of sequences always, a new state when nothing reads the old one any more.
    private static Dictionary<string, View> DirectResults(Graph body, int states, Dictionary<string, View> inputs, View[] results)
    {
        Dictionary<string, int> lastUses = LayoutPlanner.LastUses(body);
        var direct = new Dictionary<string, View>(StringComparer.Ordinal);
        for (int index = 0; index < results.Length; index++)
        {
            string value = body.Outputs[index].Value;
            if (body.Producer(value) is { } producer && !direct.ContainsKey(value)
                && (results[index].IsContiguous || LayoutPlanner.WritesStrided(producer.Op))
                && (index >= states || IsFree(body, body.Inputs[index], producer, lastUses)))
            {
                direct.Add(value, results[index]);
            }
        }

        return direct;
    }

    // The node that computes the new state may read the old one itself when it does so element by element.
    private static bool IsFree(Graph body, string state, Node producer, Dictionary<string, int> lastUses)
    {
        int place = body.Nodes.IndexOf(producer);
        int lastUse = lastUses.GetValueOrDefault(state, -1);
        return !body.IsOutput(state)
            && (lastUse < place || (lastUse == place && producer.Op is Elementwise && body.Consumers(state).All(reader => reader.Op is not Slice)));
    }

    private static void CopyResults(StepWriter body, string name, Loop loop, View[] results)
    {
        string[] values = [.. loop.Body.Outputs.Select(output => output.Value)];
        for (int index = loop.States; index < results.Length; index++)
        {
            CopyUnlessThere(index);
        }

        // A new state that is another's old one must be saved before that is overwritten.
        var saved = new Dictionary<string, View>(StringComparer.Ordinal);
        foreach (string value in values[..loop.States].Where((value, state) => loop.Body.Inputs[..loop.States].Contains(value) && loop.Body.Inputs[state] != value).Distinct())
        {
            View copy = body.Temporary(value, body.ViewOf(value).Type, loop.Body.ShapeOf(value));
            Copy(body, name, $"state {value} before it changes", value, copy);
            saved.Add(value, copy);
        }

        for (int index = 0; index < loop.States; index++)
        {
            if (saved.TryGetValue(values[index], out View? copy) && loop.Body.Inputs[index] != values[index])
            {
                body.Copy(name, $"state {index}", MovementLowering.CopyArgument(copy), 0, copy.Strides, results[index]);
            }
            else
            {
                CopyUnlessThere(index);
            }
        }

        void CopyUnlessThere(int index)
        {
            if (body.IsConstant(values[index]) || !body.ViewOf(values[index]).BeginsAt(results[index]))
            {
                Copy(body, name, index < loop.States ? $"state {index}" : $"element of sequence {index - loop.States}", values[index], results[index]);
            }
        }
    }

    private static void Copy(StepWriter writer, string name, string note, string value, View view)
    {
        if (writer.Graph.Constants.TryGetValue(value, out Tensor? constant) && IsZero(constant))
        {
            MovementLowering.Fill(writer, name, view, 0);
        }
        else
        {
            writer.Copy(name, note, MovementLowering.CopyArgument(writer, value), 0, writer.StridesOf(value), view);
        }
    }

    private static bool IsZero(Tensor constant) => constant.Type switch
    {
        // −0 is not the zero that filling stores.
        ElementType.Float32 => constant.Values<float>().All(value => BitConverter.SingleToInt32Bits(value) == 0),
        ElementType.Int64 => constant.Values<long>().All(value => value == 0),
        _ => false,
    };
}
