using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>
/// WHILE, whose number of iterations must be known: iterations are looked at for themselves, what is computed from the model's inputs left open,
/// until the condition is false. Then it is the core's loop where the body does not need to know the iteration, else as many copies.
/// </summary>
internal static class LoopOperators
{
    // Copies of a body in the code.
    private const int MostCopies = 256;

    // Iterations looked at to see when the condition ends them.
    private const int MostLookedAt = 4096;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries => [new("WHILE", Import)];

    private static ImmutableArray<string> Import(LiteOperator node, LiteContext context)
    {
        string[] initial = node.All;
        int count = Iterations(node, context, initial);
        if (count == 0)
        {
            return [.. initial];
        }

        (string[]? made, ImmutableArray<Diagnostic> problems) = count > 2 ? context.Session.Attempt(() => AsLoop(node, context, initial, count)) : (null, []);
        if (made is null || problems.Any(problem => problem.Kind.Severity == Severity.Error))
        {
            made = count <= MostCopies ? Copies(node, context, initial, count) : throw Failed(context, problems);
        }

        return [.. made];
    }

    private static ReportedException Failed(LiteContext context, ImmutableArray<Diagnostic> problems)
    {
        context.Session.Report(problems);
        return new ReportedException();
    }

    private static int Iterations(LiteOperator node, LiteContext context, string[] initial)
    {
        TensorType[] types = [.. initial.Select(context.TypeOf)];
        Tensor?[] known = [.. initial.Select(context.ConstantOf)];
        for (int count = 0; count <= MostLookedAt; count++)
        {
            (bool? continues, (TensorType, Tensor?)[] next) = context.Session.Aside<(bool?, (TensorType, Tensor?)[])>(scratch =>
            {
                string[] states = [.. types.Select((type, index) => known[index] is { } constant ? scratch.AddConstant(constant) : scratch.AddInput(scratch.Unique("state"), type))];
                ImmutableArray<string> condition = context.Session.ImportGraph(node.Integer(0), states);
                bool? runs = condition is [var only] && context.TypeOf(only) is { Type: ElementType.Boolean, Shape.ElementCount: 1 }
                    ? context.ConstantOf(only)?.Values<bool>()[0]
                    : throw ImportException.Invalid($"the condition of {node.Operator} is no truth value");
                return (runs, runs == true ? [.. Body(node, context, states).Select(value => (context.TypeOf(value), context.ConstantOf(value)))] : []);
            });
            if (continues != true)
            {
                return continues == false ? count : throw Unbounded(node, "the condition that ends it is computed from the model's inputs");
            }

            (types, known) = ([.. next.Select(pair => pair.Item1)], [.. next.Select(pair => pair.Item2)]);
        }

        throw Unbounded(node, $"it runs more than {MostLookedAt} times");
    }

    private static ImportException Unbounded(LiteOperator node, string why) =>
        new(DiagnosticKinds.LoopUnbounded, node.Operator, why, "export the model with a fixed number of iterations");

    private static ImmutableArray<string> Body(LiteOperator node, LiteContext context, string[] states)
    {
        ImmutableArray<string> made = context.Session.ImportGraph(node.Integer(1), states);
        return made.Length == states.Length ? made : throw ImportException.Invalid($"the body of {node.Operator} makes {made.Length} values of {states.Length}");
    }

    // States that the body gives back as they are do not change.
    private static string[] AsLoop(LiteOperator node, LiteContext context, string[] initial, int count)
    {
        TensorType[] types = [.. initial.Select(context.TypeOf)];
        bool[] isKept = context.Session.Aside(scratch =>
        {
            string[] states = [.. types.Select(type => scratch.AddInput(scratch.Unique("state"), type))];
            return Body(node, context, states).Zip(states, (made, state) => made == state).ToArray();
        });
        string[] changing = [.. initial.Where((_, index) => !isKept[index])], constant = [.. initial.Where((_, index) => isKept[index])];
        ImmutableArray<string> made = context.Session.Loop(node.Name, count, changing, [], false, constant, (states, _, captured) =>
        {
            (int changed, int kept) = (0, 0);
            ImmutableArray<string> results = Body(node, context, [.. isKept.Select(keeps => keeps ? captured[kept++] : states[changed++])]);
            return ([.. results.Where((_, index) => !isKept[index])], []);
        });
        (int changed, int kept) = (0, 0);
        return [.. isKept.Select(keeps => keeps ? constant[kept++] : made[changed++])];
    }

    private static string[] Copies(LiteOperator node, LiteContext context, string[] states, int count)
    {
        for (int iteration = 0; iteration < count; iteration++)
        {
            states = [.. Body(node, context, states)];
        }

        return states;
    }
}
