using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Tests;

/// <summary>Random small networks as a channels-first exporter writes them, for tests that compare two ways to run one.</summary>
internal sealed class Networks
{
    private readonly Random random;
    private readonly GraphBuilder builder = new();
    private readonly List<string> images = [];

    private Networks(int seed) => random = new Random(seed);

    /// <summary>A network with one picture as input and, unless its kind forbids it, a row of scores as output.</summary>
    public static Graph Random(int seed)
    {
        var networks = new Networks(seed);
        return networks.Build();
    }

    /// <summary>Numbers between −1 and 1.</summary>
    public static Tensor Noise(Random random, Shape shape) =>
        Tensor.Of(shape, [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => (random.NextSingle() * 2) - 1)]);

    public static Elementwise Relu { get; } = new(Call(ElementwiseFunction.Maximum, Input(0), Literal(0)));

    public static Elementwise Add { get; } = new(Call(ElementwiseFunction.Add, Input(0), Input(1)));

    public static Elementwise Multiply { get; } = new(Call(ElementwiseFunction.Multiply, Input(0), Input(1)));

    public static Elementwise Sigmoid { get; } = new(Call(ElementwiseFunction.Sigmoid, Input(0)));

    public static CallExpression Call(ElementwiseFunction function, params Expression[] operands) => new(function, operands.ToEquatableArray(), ElementType.Float32);

    public static InputExpression Input(int index) => new(index, ElementType.Float32);

    public static LiteralExpression Literal(double value) => new(value, ElementType.Float32);

    private Graph Build()
    {
        Shape shape = [1, random.Next(1, 5), random.Next(5, 12), random.Next(5, 12)];
        images.Add(builder.AddInput("image", new TensorType(ElementType.Float32, shape)));
        int layers = random.Next(3, 9);
        for (int layer = 0; layer < layers; layer++)
        {
            images.Add(Layer("layer" + layer, images[random.Next(Math.Max(0, images.Count - 3), images.Count)]));
        }

        string last = images[^1];
        string pooled = builder.Add("average", new Reduce(ReduceKind.Mean, new EquatableArray<int>([2, 3])), last);
        bool flattens = random.Next(2) == 0;
        Shape lastShape = builder.ShapeOf(last);
        string rows = flattens ? builder.Add("flatten", new Reshape([1, (int)lastShape.ElementCount]), last) : pooled;
        string weights = Constant("classifier.weight", [builder.ShapeOf(rows)[1], 5]);
        string scores = builder.Add("classifier", new MatMul(), rows, weights);
        scores = builder.Add("bias", Add, scores, Constant("classifier.bias", [5]));
        return builder.ToGraph([new GraphOutput("scores", random.Next(2) == 0 ? builder.Add("softmax", new Softmax(), scores) : scores)]);
    }

    private string Layer(string name, string input) => random.Next(12) switch
    {
        0 or 1 or 2 => Activation(name, BatchNorm(name, Convolution(name, input, 1))),
        3 => Activation(name, Convolution(name, input, builder.ShapeOf(input)[1])),
        4 => Pool(name, input),
        5 => Residual(name, input),
        6 => Join(name, input),
        7 => builder.Add(name, Multiply, input, builder.Add(name + ".gate", Sigmoid, input)),
        8 => Squeeze(name, input),
        9 => Crop(name, input),
        10 => Attend(name, input),
        _ => builder.Add(name, new Elementwise(Call(ElementwiseFunction.Tanh, Input(0))), input),
    };

    private string Convolution(string name, string input, int groups)
    {
        Shape shape = builder.ShapeOf(input);
        int outputs = groups == 1 ? random.Next(1, 21) : groups;
        int kernel = Math.Min(random.Next(1, 4), Math.Min(shape[2], shape[3]));
        int pad = random.Next(0, kernel);
        var window = new Window(kernel, kernel, random.Next(1, 3), random.Next(1, 3), 1, 1, pad, random.Next(0, kernel), pad, random.Next(0, kernel));
        string weights = Constant(name + ".weight", [outputs, kernel, kernel, shape[1] / groups]);
        string image = builder.Add(name + ".in", Transpose.ToChannelsLast, input);
        return builder.Add(name + ".out", Transpose.ToChannelsFirst, builder.Add(name, new Conv2D(window, groups), image, weights));
    }

    private string BatchNorm(string name, string input)
    {
        int channels = builder.ShapeOf(input)[1];
        string scaled = builder.Add(name + ".scale", Multiply, input, Constant(name + ".gamma", [channels, 1, 1]));
        return builder.Add(name + ".shift", Add, scaled, Constant(name + ".beta", [1, channels, 1, 1]));
    }

    private string Activation(string name, string input) => random.Next(3) switch
    {
        0 => builder.Add(name + ".relu", Relu, input),
        1 => builder.Add(name + ".clip", new Elementwise(Call(ElementwiseFunction.Minimum, Call(ElementwiseFunction.Maximum, Input(0), Literal(-0.5)), Literal(0.75))), input),
        _ => input,
    };

    private string Pool(string name, string input)
    {
        Shape shape = builder.ShapeOf(input);
        int kernel = Math.Min(random.Next(1, 4), Math.Min(shape[2], shape[3]));
        var window = new Window(kernel, kernel, random.Next(1, 3), random.Next(1, 3), 1, 1, random.Next(0, kernel), random.Next(0, kernel), random.Next(0, kernel), 0);
        var pool = new Pool2D((PoolKind)random.Next(2), window, random.Next(2) == 0, random.Next(2) == 0);
        string image = builder.Add(name + ".in", Transpose.ToChannelsLast, input);
        return builder.Add(name + ".out", Transpose.ToChannelsFirst, builder.Add(name, pool, image));
    }

    private string Residual(string name, string input)
    {
        string other = images.LastOrDefault(image => image != input && builder.ShapeOf(image) == builder.ShapeOf(input)) ?? input;
        return Activation(name, builder.Add(name, Add, input, other));
    }

    private string Join(string name, string input)
    {
        Shape shape = builder.ShapeOf(input);
        string other = images.LastOrDefault(image => image != input && builder.ShapeOf(image).With(1, 0) == shape.With(1, 0)) ?? input;
        return builder.Add(name, new Concat(1), input, other);
    }

    private string Squeeze(string name, string input)
    {
        Shape shape = builder.ShapeOf(input);
        string mean = builder.Add(name + ".mean", new Reduce(ReduceKind.Mean, new EquatableArray<int>([2, 3])), input);
        string gate = builder.Add(name + ".gate", Sigmoid, builder.Add(name + ".reshape", new Reshape([1, shape[1], 1, 1]), mean));
        return builder.Add(name, Multiply, input, gate);
    }

    private string Crop(string name, string input)
    {
        Shape shape = builder.ShapeOf(input);
        int rows = random.Next(3, shape[2] + 1 > 3 ? shape[2] + 1 : 4);
        rows = Math.Min(rows, shape[2]);
        return builder.Add(
            name,
            new Slice(new EquatableArray<int>([0, 0, shape[2] - rows, 0]), new EquatableArray<int>([1, shape[1], rows, shape[3]]), new EquatableArray<int>([1, 1, 1, 1])),
            input);
    }

    // Each channel's columns attend to each other.
    private string Attend(string name, string input)
    {
        string transposed = builder.Add(name + ".key", new Transpose(new EquatableArray<int>([0, 1, 3, 2])), input);
        string scores = builder.Add(name + ".scores", new MatMul(), transposed, input);
        string scaled = builder.Add(name + ".scale", new Elementwise(Call(ElementwiseFunction.Multiply, Input(0), Literal(0.25))), scores);
        return builder.Add(name, new MatMul(), input, builder.Add(name + ".softmax", new Softmax(), scaled));
    }

    private string Constant(string name, Shape shape)
    {
        // Scaled so that activations neither die nor grow with depth.
        float scale = 1.6f / MathF.Sqrt(Math.Max(1, shape.ElementCount / Math.Max(1, shape[0])));
        Tensor noise = Noise(random, shape);
        return builder.AddConstant(Tensor.Of(shape, Array.ConvertAll(noise.Values<float>(), value => value * Math.Max(scale, 0.2f))), name);
    }
}
