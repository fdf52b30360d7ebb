using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>What the model keeps from one prediction to the next under a name, and graphs of the file inside others.</summary>
internal static class VariableOperators
{
    private const string HandlePrefix = "variable ";

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("VAR_HANDLE", (node, _) => HandleOf(node.Node)),
        new("READ_VARIABLE", Read),
        new("ASSIGN_VARIABLE", Assign),
        new("CALL_ONCE", (node, context) => context.Session.Initialize(node.Integer(0))),
        new("IF", Choose),
    ];

    /// <summary>Whether a value is the name of a variable rather than numbers.</summary>
    public static bool IsHandle(string value) => value.StartsWith(HandlePrefix, StringComparison.Ordinal);

    /// <summary>What VAR_HANDLE calls its variable.</summary>
    public static string HandleOf(LiteNode node) => $"{HandlePrefix}{node.Options?.Text(0)}/{node.Options?.Text(1)}";

    private static string Read(LiteOperator node, LiteContext context)
    {
        string handle = Handle(node);
        LiteTensor tensor = node.OutputTensor();
        ElementType type = tensor.IsQuantized ? ElementType.Float32 : tensor.Storage;
        if (!context.Session.IsAssigned(handle))
        {
            Tensor constant = context.Session.Variables.InitialOf(handle) ?? Tensor.Zeros(new TensorType(type, tensor.Shape));
            return context.Constant(constant);
        }

        context.Session.RequireVariables(node.Operator, writes: false);
        return context.Session.Variables.Read(context.Session.Builder, handle, handle[HandlePrefix.Length..].Trim('/'), new TensorType(type, tensor.Shape));
    }

    private static ImmutableArray<string> Assign(LiteOperator node, LiteContext context)
    {
        if (!context.Session.IsInitializing)
        {
            context.Session.RequireVariables(node.Operator, writes: true);
            context.Session.Variables.Write(Handle(node), node[1]);
        }
        else
        {
            context.Session.Variables.Initialize(Handle(node), context.ConstantInput(1));
        }

        return [];
    }

    private static string Handle(LiteOperator node) =>
        IsHandle(node[0]) ? node[0] : throw ImportException.Invalid($"the first input of {node.Operator} is no variable");

    // Both branches, and a choice between what they make, unless the condition is known.
    private static ImmutableArray<string> Choose(LiteOperator node, LiteContext context)
    {
        string[] arguments = node.All[1..];
        if (context.ConstantOf(node[0]) is { Type: ElementType.Boolean, Count: 1 } condition)
        {
            return context.Session.ImportGraph(node.Integer(condition.Values<bool>()[0] ? 0 : 1), arguments);
        }

        (ImmutableArray<string> first, ImmutableArray<string> second) = context.Session.Conditional(() =>
            (context.Session.ImportGraph(node.Integer(0), arguments), context.Session.ImportGraph(node.Integer(1), arguments)));
        string choice = context.Reshape(node[0], Shape.Scalar);
        return [.. first.Zip(second).Select(pair => context.ShapeOf(pair.First) == context.ShapeOf(pair.Second)
            ? context.Map(choice, pair.First, pair.Second, (isFirst, x, y) => isFirst.Select(x, y))
            : throw new ShapeException($"the branches of {node.Operator} make {context.ShapeOf(pair.First)} and {context.ShapeOf(pair.Second)}"))];
    }
}
