using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>The activations of recurrent layers: each named, with up to two parameters, behind a clip.</summary>
internal static class RecurrentActivations
{
    // A parameter's default is NaN when the standard names none.
    private static readonly Activation[] Known =
    [
        new("Relu", [], (x, _, _) => x.Maximum(0)),
        new("Tanh", [], (x, _, _) => x.Tanh()),
        new("Sigmoid", [], (x, _, _) => x.Sigmoid()),
        new("Affine", [float.NaN, float.NaN], (x, alpha, beta) => (x * alpha) + beta),
        new("LeakyRelu", [0.01f], (x, alpha, _) => (x < 0).Select(x * alpha, x)),
        new("ThresholdedRelu", [1], (x, alpha, _) => (x < alpha).Select(x.Like(0), x)),
        new("ScaledTanh", [float.NaN, float.NaN], (x, alpha, beta) => (x * beta).Tanh() * alpha),
        new("HardSigmoid", [0.2f, 0.5f], (x, alpha, beta) => ((x * alpha) + beta).Clamp(0, 1)),
        new("Elu", [1], (x, alpha, _) => (x < 0).Select((x.Exp() - 1) * alpha, x)),
        new("Softsign", [], (x, _, _) => x / (x.Abs() + 1)),
        new("Softplus", [], (x, _, _) => x.Maximum(0) + ((-x.Abs()).Exp() + 1).Log()),
    ];

    /// <summary>The activations of each direction.</summary>
    public static Func<Term, Term>[][] Of(OnnxNode node, int directions)
    {
        string[] names = node.Operator switch
        {
            "RNN" => ["Tanh"],
            "GRU" => ["Sigmoid", "Tanh"],
            _ => ["Sigmoid", "Tanh", "Tanh"],
        };
        int count = names.Length;
        names = node.Texts("activations") is { Length: > 0 } given ? given : [.. Enumerable.Repeat(names, directions).SelectMany(all => all)];
        if (names.Length != count * directions)
        {
            throw ImportException.Invalid($"attribute 'activations' of {node.Operator} has {names.Length} elements, not {count * directions}");
        }

        Activation[] activations = [.. names.Select(name => Known.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw ImportException.Attribute(node.Operator, $"the activation '{name}'", $"use one of {string.Join(", ", Known.Select(known => known.Name))}"))];
        float[] alphas = Parameters(node, "activation_alpha", activations, 0), betas = Parameters(node, "activation_beta", activations, 1);
        float clip = node.Number("clip", float.PositiveInfinity);
        if (!(clip > 0))
        {
            throw ImportException.Invalid($"attribute 'clip' of {node.Operator} is {clip}");
        }

        Func<Term, Term>[] functions = [.. activations.Select((activation, index) =>
            (Func<Term, Term>)(x => activation.Function(float.IsFinite(clip) ? x.Clamp(-clip, clip) : x, alphas[index], betas[index])))];
        return [.. functions.Chunk(count)];
    }

    // The list has a number for each activation that takes one, in their order; files that leave numbers out at the end mean the defaults.
    private static float[] Parameters(OnnxNode node, string attribute, Activation[] activations, int parameter)
    {
        var given = new Queue<float>(node.Numbers(attribute) ?? []);
        int taken = activations.Count(activation => activation.Defaults.Length > parameter);
        if (taken > 0 && given.Count > taken)
        {
            throw ImportException.Attribute(node.Operator, $"'{attribute}' with {given.Count} numbers for {taken} activations that take one", "give one number for each of those");
        }

        var values = new float[activations.Length];
        for (int index = 0; index < values.Length; index++)
        {
            if (activations[index].Defaults.Length > parameter)
            {
                values[index] = given.Count > 0 ? given.Dequeue() : activations[index].Defaults[parameter];
            }

            if (float.IsNaN(values[index]))
            {
                throw ImportException.Attribute(node.Operator, $"the activation '{activations[index].Name}' without its parameters", $"set '{attribute}'");
            }
        }

        return values;
    }

    /// <summary>An activation.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Defaults">Of its parameters.</param>
    /// <param name="Function">The function of a number, alpha and beta.</param>
    private sealed record Activation(string Name, float[] Defaults, Func<Term, double, double, Term> Function);
}
