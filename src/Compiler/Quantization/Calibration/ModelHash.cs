using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What stands for a model as calibration sees it: the optimised graph, its constants, and what happens to pixels. File names and folders have no part in it.</summary>
internal static class ModelHash
{
    /// <summary>SHA-256 in hexadecimal.</summary>
    public static string Of(Graph graph, CompileOptions options)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<string> lines =
        [
            .. GraphText.Lines(graph),
            .. graph.WithBodies().SelectMany(part => part.Nodes).Select(node => node.Op).OfType<Elementwise>().Select(elementwise => ExpressionText.Write(elementwise.Expression)),
            "mean " + Text(options.Mean),
            "scale " + Text(options.Scale),
            "reversed " + options.ReverseChannels,
            .. options.State.Select(link => $"state {link.Output} {link.Input}"),
        ];
        foreach (string line in lines)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        }

        foreach ((string name, Tensor constant) in graph.WithBodies().SelectMany(part => part.Constants.OrderBy(pair => pair.Key, StringComparer.Ordinal)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}: {constant.TensorType}\n"));
            Array elements = constant.IsUniform ? constant.Element.Data : constant.Data;
            hash.AppendData(MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(elements), Buffer.ByteLength(elements)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Text(IEnumerable<float> values) => string.Join(' ', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
