using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Quantization;

namespace ModelCompiler.Compiler.Inspection;

/// <summary>A value that the model's file puts on a grid.</summary>
/// <param name="Name">Of the layer or node that makes it.</param>
/// <param name="Grid">Scale and zero point.</param>
public sealed record GridUse(string Name, QuantizationParameters Grid);

/// <summary>What of a model its file quantises.</summary>
/// <param name="Layers">Convolutions and fully connected layers with constant weights.</param>
/// <param name="IntegerLayers">Those of them that compute in integers without any calibration.</param>
/// <param name="WeightStorages">How the file stores the weights of the layers, with how many layers: <c>int8 with a scale a channel</c>; what is not stored in integers is left out.</param>
/// <param name="Grids">The values on grids, in the order of the graph.</param>
/// <param name="FloatLayers">Names of the layers that compute in float although the file quantises something.</param>
public sealed record QuantizationSummary(
    int Layers, int IntegerLayers, ImmutableArray<(string Storage, int Layers)> WeightStorages, ImmutableArray<GridUse> Grids, ImmutableArray<string> FloatLayers)
{
    /// <summary>Whether the file quantises anything.</summary>
    public bool IsQuantized => !WeightStorages.IsEmpty || !Grids.IsEmpty;

    /// <summary>Looks through a graph that the passes have prepared.</summary>
    public static QuantizationSummary Of(Graph graph)
    {
        (Graph quantized, _) = Quantizer.Run(graph);
        Node[] layers = [.. quantized.Nodes.Where(node => node.Op is Conv2D or FullyConnected && quantized.Constants.ContainsKey(node.Inputs[1]))];
        bool isInteger(Node node) => quantized.Values[node.Output].Quantization is not null;
        ImmutableArray<(string, int)> storages =
        [
            .. layers.Select(node => quantized.Constants[node.Inputs[1]].Integers).OfType<StoredIntegers>()
                .Select(stored => $"{stored.Levels.Type.ToString().ToLowerInvariant()} with {(stored.Scales.Length > 1 ? "a scale a channel" : "one scale")}")
                .GroupBy(storage => storage, StringComparer.Ordinal).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => (group.Key, group.Count())),
        ];
        ImmutableArray<GridUse> grids = [.. graph.Nodes.Select(node => node.Op is Requantize { Target: { } grid } ? new GridUse(node.Name, grid) : null).OfType<GridUse>()];
        bool isQuantized = !storages.IsEmpty || !grids.IsEmpty;
        return new QuantizationSummary(
            layers.Length, layers.Count(isInteger), storages, grids, isQuantized ? [.. layers.Where(node => !isInteger(node)).Select(node => node.Name)] : []);
    }
}
