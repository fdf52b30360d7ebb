using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>A case in one form: the file, what is given in each prediction, and what is expected.</summary>
internal sealed class LiteFile
{
    /// <summary>Predictions of each case: the second meets what the first left behind.</summary>
    public const int Predictions = 3;

    private const int Half = 1, Complex64 = 8, Resource = 13;

    private readonly LiteCase example;
    private readonly LiteForms form;
    private readonly Dictionary<string, LiteTensorSpecification> tensors = new(StringComparer.Ordinal);

    /// <summary>Chooses how each tensor is stored.</summary>
    public LiteFile(LiteCase example, LiteForms form)
    {
        this.example = example;
        this.form = form;

        // Ranges of what is made come from the numbers as they are.
        double[][][] made = [.. Compute(LiteForms.Float)];
        string[] outputs = example.Results;
        foreach (LitePort port in example.Ports.OrderBy(port => port.Like is null ? 0 : 1).ThenBy(port => port.Part == LitePart.Bias ? 1 : 0))
        {
            int output = Array.IndexOf(outputs, port.Name);
            tensors[port.Name] = Store(port, output < 0 ? port.Numbers : [.. made.SelectMany(prediction => prediction[output])]);
        }
    }

    /// <summary>The bytes of the file.</summary>
    public byte[] Bytes => LiteModels.File([
        new LiteGraphSpecification(
            string.Join(' ', Given.Select(port => port.Name)),
            string.Join(' ', example.Results),
            [.. example.Ports.Select(port => tensors[port.Name])],
            [.. example.Before, new LiteNodeSpecification(example.Operator, example.Inputs, example.Outputs, example.Options) { CustomOptions = example.CustomOptions, Intermediates = example.Intermediates }, .. example.After]),
        .. example.Graphs]);

    /// <summary>What is given in each prediction.</summary>
    public Tensor[][] Inputs => [.. Enumerable.Range(0, Predictions).Select(prediction => Given.Select(port => Levels(port, Turned(port, prediction))).ToArray())];

    /// <summary>What is expected of each output in each prediction, with how it is stored.</summary>
    public (LiteTensorSpecification Tensor, double[] Numbers)[][] Expected =>
        [.. Compute(form).Select(outputs => example.Results.Zip(outputs, (name, numbers) => (tensors[name], numbers)).ToArray())];

    private IEnumerable<LitePort> Given => example.Ports.Where(port => port.Part == LitePart.Given);

    // Each prediction gets the numbers of the one before turned round by one place; places and counts stay.
    private static double[] Turned(LitePort port, int prediction) =>
        port.Type != ElementType.Float32 || port.Numbers.Length == 0 ? port.Numbers
        : [.. port.Numbers.Skip(prediction % port.Numbers.Length), .. port.Numbers.Take(prediction % port.Numbers.Length)];

    private double Nearest(string name, double x)
    {
        LiteTensorSpecification? tensor = tensors.GetValueOrDefault(name);
        return tensor is not { Scales.Length: 1 } || GridExpressions.Range(tensor.Type) is not { } range ? x
            : (Math.Clamp(Math.Round(x / tensor.Scales[0]) + tensor.Zeros[0], range.Least, range.Greatest) - tensor.Zeros[0]) * tensor.Scales[0];
    }

    private IEnumerable<double[][]> Compute(LiteForms computed)
    {
        var memory = new Dictionary<string, double[]>(StringComparer.Ordinal);
        for (int prediction = 0; prediction < Predictions; prediction++)
        {
            var values = new LiteValues(computed, memory, (name, x) => computed == LiteForms.Float ? x : Nearest(name, x));
            foreach (LitePort port in example.Ports.Where(port => port.Numbers.Length > 0 || port.Part != LitePart.Made))
            {
                double[] numbers = port.Part == LitePart.Given ? Turned(port, prediction) : port.Numbers;
                values[port.Name] = computed == LiteForms.Float ? [.. numbers.Select(x => port.Type == ElementType.Float32 ? (float)x : x)] : Real(port, numbers);
            }

            yield return example.Expected(values);
        }
    }

    private LiteTensorSpecification Store(LitePort port, double[] numbers)
    {
        (ElementType type, int? code) = TypeOf(port);
        var tensor = new LiteTensorSpecification(port.Name, type, port.Shape) { IsVariable = port.Part == LitePart.State, Code = code };
        if (type != port.Type)
        {
            tensor = port.Like is { } like ? tensor with { Scales = tensors[like].Scales, Zeros = tensors[like].Zeros }
                : port.Part == LitePart.Bias ? tensor with { Scales = [.. tensors[port.Layer.Weights].Scales.Select(scale => tensors[port.Layer.Input].Scales[0] * scale)], Zeros = [0] }
                : port.Part == LitePart.Weights ? Weights(tensor, port)
                : Activations(tensor, port.Range ?? (numbers.DefaultIfEmpty(0).Min(), numbers.DefaultIfEmpty(0).Max()));
        }

        if (port.Part is LitePart.Constant or LitePart.Settled or LitePart.Weights or LitePart.Bias)
        {
            tensors[port.Name] = tensor;
            tensor = tensor with { Data = code is null ? Levels(port, port.Numbers).Data : port.Numbers.Select(x => BitConverter.HalfToInt16Bits((Half)x)).ToArray() };
        }

        return tensor;
    }

    private (ElementType Type, int? Code) TypeOf(LitePort port) => port.IsResource ? (port.Type, Resource) : port.IsComplex ? (ElementType.Float32, Complex64) : port.Type != ElementType.Float32 || port.IsFloat ? (port.Type, null) : (port.Part, form) switch
    {
        (LitePart.Settled, _) or (_, LiteForms.Float) or (LitePart.Bias, LiteForms.Hybrid) => (ElementType.Float32, null),
        (LitePart.Weights or LitePart.Bias, LiteForms.Half) => (ElementType.Float32, Half),
        (LitePart.Weights, LiteForms.Hybrid) => (ElementType.Int8, null),
        (_, LiteForms.Hybrid or LiteForms.Half) => (ElementType.Float32, null),
        (LitePart.Bias, LiteForms.Int16) => (ElementType.Int64, null),
        (LitePart.Bias, _) => (ElementType.Int32, null),
        (_, LiteForms.Int8) when port.IsWide => (ElementType.Int16, null),
        (_, LiteForms.UInt8) => (ElementType.UInt8, null),
        (LitePart.Weights, _) or (_, LiteForms.Int8) => (ElementType.Int8, null),
        _ => (ElementType.Int16, null),
    };

    // A tenth of the range is left out, so that saturation is seen.
    private LiteTensorSpecification Activations(LiteTensorSpecification tensor, (double Least, double Greatest) range)
    {
        (double least, double greatest) = (Math.Min(0, range.Least), Math.Max(0, range.Greatest));
        double width = Math.Max(greatest - least, 1e-3) * 0.9;
        if (tensor.Type == ElementType.Int16)
        {
            return tensor with { Scales = [(float)(Math.Max(-least, greatest) * 0.9 / 32767) is > 0 and var step ? step : 1], Zeros = [0] };
        }

        float scale = (float)(width / 255);
        double lowest = tensor.Type == ElementType.Int8 ? -128 : 0;
        return tensor with { Scales = [scale], Zeros = [(long)Math.Clamp(Math.Round(lowest - (least * 0.9 / scale)), lowest, lowest + 255)] };
    }

    private static LiteTensorSpecification Weights(LiteTensorSpecification tensor, LitePort port)
    {
        bool isUnsigned = tensor.Type == ElementType.UInt8;
        int channels = port.Channels < 0 || isUnsigned ? 1 : port.Shape[port.Channels];
        float[] scales = [.. Enumerable.Range(0, channels).Select(channel => (float)(Slice(port, channels, channel).Max(Math.Abs) / 127))];
        return tensor with { Scales = scales, Zeros = [.. scales.Select(_ => isUnsigned ? 128L : 0L)], Axis = Math.Max(0, port.Channels) };
    }

    private static IEnumerable<double> Slice(LitePort port, int channels, int channel) => port.Numbers.Where((_, index) => ChannelOf(port, channels, index) == channel);

    private static int ChannelOf(LitePort port, int channels, int index)
    {
        int inner = port.Channels < 0 ? 1 : port.Shape[(port.Channels + 1)..].Aggregate(1, (product, extent) => product * extent);
        return channels == 1 ? 0 : index / inner % channels;
    }

    private Tensor Levels(LitePort port, double[] numbers)
    {
        LiteTensorSpecification tensor = tensors[port.Name];
        double[] levels = tensor.Scales.Length == 0 ? numbers : [.. numbers.Select((x, index) => Level(port, tensor, x, index))];
        return Tensor.Of(Shape.From(port.Shape), levels).ConvertedTo(tensor.Type);
    }

    private static double Level(LitePort port, LiteTensorSpecification tensor, double x, int index)
    {
        int channel = port.Part == LitePart.Bias && tensor.Scales.Length > 1 ? index : ChannelOf(port, tensor.Scales.Length, index);
        double level = Math.Round(x / tensor.Scales[channel]) + tensor.Zeros[tensor.Zeros.Length > 1 ? channel : 0];
        return GridExpressions.Range(tensor.Type) is { } range ? Math.Clamp(level, range.Least, range.Greatest) : level;
    }

    private double[] Real(LitePort port, double[] numbers)
    {
        LiteTensorSpecification tensor = tensors[port.Name];
        return tensor.Scales.Length > 0
            ? [.. numbers.Select((x, index) =>
            {
                int channel = port.Part == LitePart.Bias && tensor.Scales.Length > 1 ? index : ChannelOf(port, tensor.Scales.Length, index);
                return (Level(port, tensor, x, index) - tensor.Zeros[tensor.Zeros.Length > 1 ? channel : 0]) * (double)tensor.Scales[channel];
            })]
            : [.. numbers.Select(x => port.Type != ElementType.Float32 ? x : tensor.Code == Half ? (double)(Half)x : (float)x)];
    }
}
