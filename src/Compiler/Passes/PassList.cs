using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Passes;

/// <summary>A rewriting of the graph that keeps what it computes.</summary>
/// <param name="Name">As <c>modelc inspect --after</c> names it.</param>
/// <param name="Run">The rewriting.</param>
public sealed record Pass(string Name, Func<Graph, Graph> Run);

/// <summary>The passes in their order.</summary>
public static class PassList
{
    /// <summary>The passes that prepare a graph for a precision.</summary>
    public static ImmutableArray<Pass> For(Precision precision) =>
    [
        // Constants are folded and unused nodes dropped by every rewriting; this one does it before anything else looks.
        new("remove-no-ops", RemoveNoOperations.Run),

        // Literals first: the passes below recognise x · 0.5 and max(x, 0) by their literals.
        new("embed-scalars", EmbedScalars.Run),

        // While quantisations and dequantisations are as the importer wrote them: nothing has come between or merged with them.
        new("recognize-quantized-layers", RecognizeQuantizedLayers.Run),

        // Transposes move towards the outputs until they meet their inverse, so that convolutions, batch norms and
        // activations become neighbours, which everything below looks for.
        new("sink-transposes", SinkTransposes.Run),
        new("merge-movements", RemoveNoOperations.Run),

        // Matrix products with constant weights take part in what follows like convolutions.
        new("recognize-fully-connected", RecognizeFullyConnected.Run),

        // A mean over the rows and columns of an image is a pooling, which has an int8 form.
        new("recognize-global-pooling", RecognizeGlobalPooling.Run),

        // Between a layer and its bias or activation stands no reshape when they are looked for.
        new("sink-reshapes", SinkReshapes.Run),

        // Explicit padding becomes the convolution's own, before batch norms make constants that hide it.
        new("fold-padding", FoldPadding.Run),

        // Batch norm, however exported, is an affine function of a layer's output.
        new("fold-affine", FoldAffine.Run),

        // What is left of the elementwise nodes merges; clamps go into the layers before them, which needs them merged first.
        new("fuse-elementwise", graph => FuseElementwise.Run(graph, precision)),
        new("fuse-activations", FuseActivations.Run),
        new("clean-up", RemoveNoOperations.Run),
    ];

    /// <summary>Runs the passes, checking the graph after each.</summary>
    /// <param name="graph">The imported graph.</param>
    /// <param name="precision">The arithmetic to prepare for.</param>
    /// <param name="after">Shown the graph after each pass.</param>
    public static Graph Run(Graph graph, Precision precision, Action<Pass, Graph>? after = null)
    {
        GraphChecker.Check(graph, "import");
        foreach ((Pass pass, Pass inLoops) in For(precision).Zip(For(Precision.Float32)))
        {
            graph = OnBodies(pass.Run(graph), inLoops);
            GraphChecker.Check(graph, pass.Name);
            after?.Invoke(pass, graph);
        }

        return graph;
    }

    // The bodies of loops compute in float32, whatever is around them.
    private static Graph OnBodies(Graph graph, Pass pass) => !graph.Nodes.Any(node => node.Op is Loop)
        ? graph
        : GraphRewriter.Rewrite(graph, (rewriter, node) => node.Op is Loop loop
            && rewriter.Replace(node, node.Name, loop with { Body = OnBodies(pass.Run(loop.Body), pass) }, rewriter.InputsOf(node)));
}
