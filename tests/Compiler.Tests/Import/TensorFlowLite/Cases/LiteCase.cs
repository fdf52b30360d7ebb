using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>How a file stores the real numbers of a case.</summary>
[Flags]
public enum LiteForms
{
    None = 0,

    /// <summary>All float32.</summary>
    Float = 1,

    /// <summary>Activations and weights int8; biases int32.</summary>
    Int8 = 2,

    /// <summary>Activations and weights uint8; biases int32.</summary>
    UInt8 = 4,

    /// <summary>Activations int16, weights int8; biases int64.</summary>
    Int16 = 8,

    /// <summary>Activations float32, weights int8.</summary>
    Hybrid = 16,

    /// <summary>Activations float32, weights and biases float16.</summary>
    Half = 32,

    /// <summary>What operators without weights may be stored as.</summary>
    Stored = Float | Int8 | UInt8 | Int16,

    /// <summary>What layers may be stored as.</summary>
    Layer = Stored | Hybrid | Half,
}

/// <summary>What a tensor of a case is for; decides how it is stored in each form.</summary>
public enum LitePart
{
    /// <summary>An input of the model.</summary>
    Given,

    /// <summary>An output of the model.</summary>
    Made,

    /// <summary>A constant that is stored as the activations are.</summary>
    Constant,

    /// <summary>A constant that is stored as it is written, whatever the form.</summary>
    Settled,

    /// <summary>Weights of a layer.</summary>
    Weights,

    /// <summary>The bias of a layer: in steps of the products of its input and its weights.</summary>
    Bias,

    /// <summary>A tensor that lasts from one prediction to the next.</summary>
    State,
}

/// <summary>A tensor of a case.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Part">What it is for.</param>
/// <param name="Type">Its type in the float form; float32 tensors are stored otherwise in others.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Numbers">Its elements; of what is made, none.</param>
public sealed record LitePort(string Name, LitePart Part, ElementType Type, int[] Shape, double[] Numbers)
{
    /// <summary>A tensor whose scale this one has in quantised forms.</summary>
    public string? Like { get; init; }

    /// <summary>The range that quantised forms cover, when it is not that of the numbers.</summary>
    public (double Least, double Greatest)? Range { get; init; }

    /// <summary>Whether it is float32 in every form.</summary>
    public bool IsFloat { get; init; }

    /// <summary>Whether it is the name of a variable.</summary>
    public bool IsResource { get; init; }

    /// <summary>Whether it has 16 bits where others have 8.</summary>
    public bool IsWide { get; init; }

    /// <summary>Whether its elements are complex numbers.</summary>
    public bool IsComplex { get; init; }

    /// <summary>Of weights: the axis with a scale each, or −1.</summary>
    public int Channels { get; init; } = -1;

    /// <summary>Of a bias: the layer's input and weights.</summary>
    public (string Input, string Weights) Layer { get; init; }
}

/// <summary>The numbers of one prediction, as a case's own computation sees them, and what it remembers.</summary>
internal sealed class LiteValues(LiteForms form, Dictionary<string, double[]> memory, Func<string, double, double> nearest)
{
    private readonly Dictionary<string, double[]> numbers = new(StringComparer.Ordinal);

    /// <summary>How the file stores them.</summary>
    public LiteForms Form => form;

    /// <summary>The numbers of a tensor: those that the stored ones stand for.</summary>
    public double[] this[string name]
    {
        get => numbers[name];
        set => numbers[name] = value;
    }

    /// <summary>The number nearest to another that a tensor can hold.</summary>
    public double Nearest(string tensor, double x) => nearest(tensor, x);

    /// <summary>What was remembered, zeros at first.</summary>
    public double[] Remembered(string name, int count) => memory.GetValueOrDefault(name) ?? new double[count];

    /// <summary>Remembers.</summary>
    public void Remember(string name, double[] values) => memory[name] = values;

    /// <summary>What a layer with integer weights makes of float numbers before it multiplies: 8 bits, with a scale for each batch.</summary>
    public double[] Narrowed(double[] values, int batches, bool isAsymmetric = false)
    {
        if (form != LiteForms.Hybrid)
        {
            return values;
        }

        return [.. values.Chunk(values.Length / batches).SelectMany(batch =>
        {
            (double least, double greatest) = (Math.Min(0, batch.Min()), Math.Max(0, batch.Max()));
            double most = Math.Max(-least, greatest);
            if (most == 0)
            {
                return batch;
            }

            double scale = isAsymmetric ? (greatest - least) / 255 : most / 127;
            double zero = isAsymmetric ? Math.Round(-128 - (least / scale), MidpointRounding.AwayFromZero) : 0;
            return batch.Select(x => (Math.Clamp(Math.Round((x / scale) + zero, MidpointRounding.AwayFromZero), isAsymmetric ? -128 : -127, 127) - zero) * scale);
        })];
    }
}

/// <summary>An operator in a file of its own, and what it must make of numbers.</summary>
/// <param name="Title">What is special about the case.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Inputs">Tensors read, by name, separated by spaces; <c>_</c> for one left out.</param>
/// <param name="Outputs">Tensors made.</param>
/// <param name="Ports">The tensors.</param>
/// <param name="Expected">An independent computation of the outputs.</param>
/// <param name="Options">The operator's options.</param>
internal sealed record LiteCase(
    string Title, string Operator, string Inputs, string Outputs, LitePort[] Ports, Func<LiteValues, double[][]> Expected, params LiteOption[] Options)
{
    /// <summary>The forms in which it is tried.</summary>
    public LiteForms Forms { get; init; } = LiteForms.Float;

    /// <summary>How far results in float32 may be off, relative to 1 and the result.</summary>
    public double Tolerance { get; init; } = 2e-6;

    /// <summary>How far quantised results may be off beyond the nearest level, in steps.</summary>
    public double Slack { get; init; } = 0.01;

    /// <summary>Options of a custom operator.</summary>
    public byte[]? CustomOptions { get; init; }

    /// <summary>Other graphs of the file.</summary>
    public LiteGraphSpecification[] Graphs { get; init; } = [];

    /// <summary>Nodes before and behind the operator.</summary>
    public LiteNodeSpecification[] Before { get; init; } = [];

    /// <inheritdoc cref="Before"/>
    public LiteNodeSpecification[] After { get; init; } = [];

    /// <summary>The outputs of the model, where they are not those of the operator.</summary>
    public string? Shown { get; init; }

    /// <summary>The outputs of the model.</summary>
    public string[] Results => (Shown ?? Outputs).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Tensors that the operator keeps to itself.</summary>
    public string Intermediates { get; init; } = "";

    /// <summary>The operators that the case shows.</summary>
    public IEnumerable<string> Operators => Before.Concat(After).Select(node => node.Operator).Append(Operator);

    /// <summary>The case's name.</summary>
    public string Name => Title.Length == 0 ? Operator : $"{Operator}: {Title}";
}
