using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>All cases, and what makes them short.</summary>
internal static class LiteCases
{
    /// <summary>The cases of all families.</summary>
    public static IEnumerable<LiteCase> All =>
    [
        .. ElementwiseCases.All,
        .. ConversionCases.All,
        .. MovementCases.All,
        .. ShapeCases.All,
        .. IndexCases.All,
        .. LayerCases.All,
        .. ReductionCases.All,
        .. DetectionCases.All,
        .. RecurrentCases.All,
        .. LstmCases.All,
        .. StableCases.All,
        .. ControlCases.All,
    ];

    /// <summary>An input of real numbers spread over a range.</summary>
    public static LitePort Given(string name, int[] shape, double least = -3, double greatest = 3) => Given(name, shape, Spread(shape, least, greatest));

    /// <summary>An input of real numbers.</summary>
    public static LitePort Given(string name, int[] shape, double[] numbers) => new(name, LitePart.Given, ElementType.Float32, shape, numbers);

    /// <summary>An input of integers or truth values.</summary>
    public static LitePort Whole(string name, ElementType type, int[] shape, params double[] numbers) => new(name, LitePart.Given, type, shape, numbers);

    /// <summary>A constant of real numbers that is stored as the activations are.</summary>
    public static LitePort Constant(string name, int[] shape, params double[] numbers) => new(name, LitePart.Constant, ElementType.Float32, shape, numbers);

    /// <summary>A constant vector of int32.</summary>
    public static LitePort Vector(string name, params double[] numbers) => Settled(name, ElementType.Int32, [numbers.Length], numbers);

    /// <summary>A constant int32.</summary>
    public static LitePort Single(string name, double number) => Settled(name, ElementType.Int32, [], number);

    /// <summary>A constant that is stored as it is written.</summary>
    public static LitePort Settled(string name, ElementType type, int[] shape, params double[] numbers) => new(name, LitePart.Settled, type, shape, numbers);

    /// <summary>The weights of a layer.</summary>
    public static LitePort Weights(string name, int[] shape, int channels = -1) =>
        new(name, LitePart.Weights, ElementType.Float32, shape, Spread(shape, -1, 0.9)) { Channels = channels };

    /// <summary>The bias of a layer.</summary>
    public static LitePort Bias(string name, int count, string input = "x", string weights = "w") =>
        new(name, LitePart.Bias, ElementType.Float32, [count], Spread([count], -0.8, 1)) { Layer = (input, weights) };

    /// <summary>What is made.</summary>
    public static LitePort Made(string name, int[] shape, ElementType type = ElementType.Float32, string? like = null) => new(name, LitePart.Made, type, shape, []) { Like = like };

    /// <summary>A tensor that lasts.</summary>
    public static LitePort State(string name, params int[] shape) => new(name, LitePart.State, ElementType.Float32, shape, new double[Count(shape)]);

    /// <summary>Numbers spread evenly, in no order, over a range.</summary>
    public static double[] Spread(int[] shape, double least, double greatest) =>
        [.. Enumerable.Range(0, Count(shape)).Select(index => least + ((greatest - least) * ((0.37 + (index * 0.6180339887498949)) % 1)))];

    /// <summary>Number of elements.</summary>
    public static int Count(IEnumerable<int> shape) => shape.Aggregate(1, (product, extent) => product * extent);

    /// <summary>Index of an element in row-major order.</summary>
    public static int At(int[] shape, params int[] places) => shape.Zip(places).Aggregate(0, (index, pair) => (index * pair.First) + pair.Second);

    /// <summary>All places of a shape, in row-major order.</summary>
    public static IEnumerable<int[]> Places(int[] shape) =>
        Enumerable.Range(0, Count(shape)).Select(index => shape.Select((_, axis) => index / Count(shape[(axis + 1)..]) % shape[axis]).ToArray());

    /// <summary>Elements of one tensor at other places: for each place of the result, the place that it comes from.</summary>
    public static double[][] Moved(double[] numbers, int[] from, int[] to, Func<int[], int[]> source) => [[.. Places(to).Select(place => numbers[At(from, source(place))])]];

    /// <summary>The limit of a fused activation.</summary>
    public static double Limited(double x, int activation) => activation switch
    {
        1 => Math.Max(0, x),
        2 => Math.Clamp(x, -1, 1),
        3 => Math.Clamp(x, 0, 6),
        4 => Math.Tanh(x),
        _ => x,
    };

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
