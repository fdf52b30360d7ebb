using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class RecurrentTests(ITestOutputHelper output)
{
    private static readonly (string Name, Func<double, double, double, double> Function, int Parameters)[] Functions =
    [
        ("Relu", (x, _, _) => Math.Max(0, x), 0),
        ("Tanh", (x, _, _) => Math.Tanh(x), 0),
        ("Sigmoid", (x, _, _) => 1 / (1 + Math.Exp(-x)), 0),
        ("Affine", (x, alpha, beta) => (alpha * x) + beta, 2),
        ("LeakyRelu", (x, alpha, _) => x >= 0 ? x : alpha * x, 1),
        ("ThresholdedRelu", (x, alpha, _) => x >= alpha ? x : 0, 1),
        ("ScaledTanh", (x, alpha, beta) => alpha * Math.Tanh(beta * x), 2),
        ("HardSigmoid", (x, alpha, beta) => Math.Clamp((alpha * x) + beta, 0, 1), 2),
        ("Elu", (x, alpha, _) => x >= 0 ? x : alpha * (Math.Exp(x) - 1), 1),
        ("Softsign", (x, _, _) => x / (1 + Math.Abs(x)), 0),
        ("Softplus", (x, _, _) => Math.Log(1 + Math.Exp(x)), 0),
    ];

    [Theory]
    [InlineData("RNN")]
    [InlineData("GRU")]
    [InlineData("LSTM")]
    public void Every_combination_of_options_computes_what_the_standard_says(string operatorName)
    {
        for (int seed = 0; seed < 30; seed++)
        {
            output.WriteLine($"{operatorName}, seed {seed}");
            new RandomLayer(operatorName, seed).Check();
        }
    }

    [Fact]
    public void Many_steps_are_one_loop_and_one_product_for_all_inputs()
    {
        Graph graph = PassList.Run(Accept(Lstm(steps: 128, inputs: 8, hidden: 16)), Precision.Float32);
        LoweredModel model = ModelLowering.Lower(graph, Running.Options);
        var loop = Assert.Single(model.Plan.Steps, step => step.Kernel == Plans.PlanStep.LoopKernel);
        Assert.Equal(128, loop.Count);
        Assert.Equal(["FullyConnectedFloat32", "Elementwise", "Elementwise", "CopyStrided32"], loop.Body.Select(step => step.Kernel).Order(StringComparer.Ordinal).Reverse().OrderBy(Order));
        Assert.Equal(128L * ((4 * 16 * 8) + (4 * 16 * 16)), model.Plan.MultiplyAccumulates);

        static int Order(string kernel) => kernel switch { "FullyConnectedFloat32" => 0, "Elementwise" => 1, _ => 2 };
    }

    [Fact]
    public void A_single_step_needs_no_loop() =>
        Assert.DoesNotContain(Accept(Lstm(steps: 1, inputs: 8, hidden: 16)).Nodes, node => node.Op is Loop);

    [Fact]
    public void The_recurrent_weights_are_packed_for_the_kernel()
    {
        Graph graph = PassList.Run(Accept(Lstm(steps: 4, inputs: 3, hidden: 5)), Precision.Float32);
        var loop = (Loop)Assert.Single(graph.Nodes, node => node.Op is Loop).Op;
        Assert.Contains(loop.Body.Nodes, node => node.Op is FullyConnected);
        Assert.DoesNotContain(loop.Body.Nodes, node => node.Op is MatMul);
    }

    [Fact]
    public void Double_precision_goes_through_plain_products()
    {
        NodeProto node = Node("RNN", "x w r", "y");
        TensorProto[] inputs = [Doubles("x", [2, 1, 1], 0.5, -1), Doubles("w", [1, 1, 1], 2), Doubles("r", [1, 1, 1], 0.5)];
        double first = Math.Tanh(1), second = Math.Tanh(-2 + (0.5 * first));
        Assert.Equal([first, second], Evaluate(14, node, inputs)[0].Values<double>().Select(value => Math.Round(value, 15)), (x, y) => Math.Abs(x - y) < 1e-12);
    }

    [Theory]
    [InlineData("direction", "sideways")]
    [InlineData("activations", "Tanh Tanh")]
    [InlineData("activations", "Cube")]
    [InlineData("activations", "Affine")]
    [InlineData("clip", "-1")]
    [InlineData("hidden_size", "7")]
    [InlineData("activation_alpha", "1 2")]
    public void Wrong_attributes_are_refused(string name, string value)
    {
        ModelProto model = Rnn(name switch
        {
            "direction" => Attribute(name, value),
            "activations" => Strings(name, value.Split(' ')),
            "clip" => Attribute(name, -1f),
            "hidden_size" => Attribute(name, 7L),
            _ => Floats(name, 1, 2),
        });
        if (name == "activation_alpha")
        {
            model.Graph.Node[0].Attribute.Add(Strings("activations", "Elu"));
        }

        Assert.Contains(Assert.Single(Refuse(model)).Kind, new[] { DiagnosticKinds.GraphInvalid, DiagnosticKinds.AttributeUnsupported });
    }

    [Fact]
    public void Weights_of_other_shapes_are_refused()
    {
        ModelProto model = Rnn();
        model.Graph.Initializer[1].Dims[1] = 1;
        model.Graph.Initializer[1].FloatData.RemoveAt(0);
        model.Graph.Initializer[1].FloatData.RemoveAt(0);
        Assert.NotEmpty(Refuse(model));
    }

    [Fact]
    public void An_empty_sequence_is_refused()
    {
        ModelProto model = Model([1], [Node("Slice", "s zero zero", "e"), Node("RNN", "e w r", "y")], Floats("s", [1, 1, 3], 1, 2, 3), Longs("zero", 0), Floats("w", [1, 1, 3], 1, 1, 1), Floats("r", [1, 1, 1], 1));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    internal static ModelProto Lstm(int steps, int inputs, int hidden)
    {
        var random = new Random(1);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) / 2)];
        return Model(
            [steps, 1, inputs],
            [Node("LSTM", "x w r b", "y", Attribute("hidden_size", (long)hidden))],
            OnnxModels.Floats("w", [1, 4 * hidden, inputs], Numbers(4 * hidden * inputs)),
            OnnxModels.Floats("r", [1, 4 * hidden, hidden], Numbers(4 * hidden * hidden)),
            OnnxModels.Floats("b", [1, 8 * hidden], Numbers(8 * hidden)));
    }

    private static ModelProto Rnn(params AttributeProto[] attributes) => Model(
        [3, 1, 2], [Node("RNN", "x w r", "y", attributes)], OnnxModels.Floats("w", [1, 2, 2], 1, 2, 3, 4), OnnxModels.Floats("r", [1, 2, 2], 1, 2, 3, 4));

    private static AttributeProto Strings(string name, params string[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Strings };
        attribute.Strings.AddRange(values.Select(Google.Protobuf.ByteString.CopyFromUtf8));
        return attribute;
    }

    private static AttributeProto Floats(string name, params float[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Floats };
        attribute.Floats.AddRange(values);
        return attribute;
    }

    private static TensorProto Floats(string name, long[] shape, params float[] values) => OnnxModels.Floats(name, shape, values);

    private static TensorProto Doubles(string name, long[] shape, params double[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTypes.Double };
        tensor.Dims.AddRange(shape);
        tensor.DoubleData.AddRange(values);
        return tensor;
    }

    /// <summary>A layer with options drawn at random, as a model and as the reference.</summary>
    private sealed class RandomLayer
    {
        private readonly Random random;
        private readonly RecurrentReference reference;
        private readonly List<AttributeProto> attributes = [];
        private readonly bool isBatchFirst;
        private readonly bool isConstant;
        private readonly int opset;

        public RandomLayer(string operatorName, int seed)
        {
            random = new Random((seed * 3) + operatorName.Length);
            opset = new[] { 7, 14, 22 }[random.Next(3)];
            isBatchFirst = opset >= 14 && Chance();
            isConstant = random.Next(3) > 0;
            int steps = random.Next(1, 6), batch = random.Next(1, 4), inputs = random.Next(1, 5), hidden = random.Next(1, 6);
            string direction = new[] { "forward", "reverse", "bidirectional" }[random.Next(3)];
            int directions = direction == "bidirectional" ? 2 : 1;
            int gates = operatorName switch { "RNN" => 1, "GRU" => 3, _ => 4 };
            reference = new RecurrentReference
            {
                Operator = operatorName,
                Direction = direction,
                Steps = steps,
                Batch = batch,
                Inputs = inputs,
                Hidden = hidden,
                Activations = Activations(operatorName, directions),
                Clip = Chance() ? double.PositiveInfinity : 0.5f,
                LinearBeforeReset = operatorName == "GRU" && Chance(),
                InputForget = operatorName == "LSTM" && Chance(),
                X = Numbers(steps * batch * inputs),
                W = Numbers(directions * gates * hidden * inputs),
                R = Numbers(directions * gates * hidden * hidden),
                B = Chance() ? Numbers(directions * 2 * gates * hidden) : null,
                Lengths = Chance() ? [.. Enumerable.Range(0, batch).Select(_ => random.Next(1, steps + 1))] : null,
                InitialHidden = Chance() ? Numbers(directions * batch * hidden) : null,
                InitialCell = operatorName == "LSTM" && Chance() ? Numbers(directions * batch * hidden) : null,
                P = operatorName == "LSTM" && Chance() ? Numbers(directions * 3 * hidden) : null,
            };
            attributes.Add(Attribute("hidden_size", (long)hidden));
            attributes.Add(Attribute("direction", direction));
            attributes.AddRange(isBatchFirst ? [Attribute("layout", 1L)] : []);
            attributes.AddRange(double.IsFinite(reference.Clip) ? [Attribute("clip", (float)reference.Clip)] : []);
            attributes.AddRange(reference.LinearBeforeReset ? [Attribute("linear_before_reset", 1L)] : []);
            attributes.AddRange(reference.InputForget ? [Attribute("input_forget", 1L)] : []);
        }

        public void Check()
        {
            (ModelProto model, Dictionary<string, Tensor> inputs) = Model();
            (float[] y, float[] hidden, float[] cell) = reference.Run();
            int steps = reference.Steps, batch = reference.Batch, units = reference.Hidden, directions = reference.Directions;
            var expected = new Dictionary<string, float[]>
            {
                ["y"] = isBatchFirst ? Transposed(y, [steps, directions, batch, units], [2, 0, 1, 3]) : y,
                ["hidden"] = isBatchFirst ? Transposed(hidden, [directions, batch, units], [1, 0, 2]) : hidden,
                ["cell"] = isBatchFirst ? Transposed(cell, [directions, batch, units], [1, 0, 2]) : cell,
            };
            Graph graph = Accept(model);
            ImmutableArray<Tensor> evaluated = GraphEvaluator.Evaluate(graph, [.. graph.Inputs.Select(input => inputs[input])]);
            LoweredModel lowered = ModelLowering.Lower(PassList.Run(graph, Precision.Float32), Running.Options);
            var executor = new PlanExecutor(lowered.Plan, lowered.Weights);
            for (int round = 0; round < 2; round++)
            {
                foreach (string input in graph.Inputs)
                {
                    Feed(executor, input, inputs[input]);
                }

                executor.Infer();
                foreach ((GraphOutput given, Tensor plain) in graph.Outputs.Zip(evaluated))
                {
                    Running.Close(expected[given.Name], plain.Values<float>(), 1e-4, $"{given.Name}, evaluated");
                    Running.Close(expected[given.Name], executor.Fetch<float>(given.Name), 1e-4, $"{given.Name}, executed");
                }
            }
        }

        private static void Feed(PlanExecutor executor, string input, Tensor value)
        {
            if (value.Data is int[] integers)
            {
                executor.Feed<int>(input, integers);
            }
            else
            {
                executor.Feed<float>(input, value.Values<float>());
            }
        }

        private static float[] Transposed(float[] data, Shape shape, int[] permutation) =>
            new Transpose(new Plans.EquatableArray<int>(permutation)).Evaluate([Tensor.Of(shape, data)])[0].Values<float>();

        private (ModelProto Model, Dictionary<string, Tensor> Inputs) Model()
        {
            int directions = reference.Directions, units = reference.Hidden, gates = reference.Gates;
            Shape state = [directions, reference.Batch, units];
            (string Name, Tensor? Value)[] operands =
            [
                ("x", Arranged(Tensor.Of([reference.Steps, reference.Batch, reference.Inputs], reference.X))),
                ("w", Tensor.Of([directions, gates * units, reference.Inputs], reference.W)),
                ("r", Tensor.Of([directions, gates * units, units], reference.R)),
                ("b", reference.B is { } bias ? Tensor.Of([directions, 2 * gates * units], bias) : null),
                ("lengths", reference.Lengths is { } lengths ? Tensor.Of([reference.Batch], lengths) : null),
                ("initial", reference.InitialHidden is { } hidden ? Arranged(Tensor.Of(state, hidden)) : null),
                ("initialCell", reference.InitialCell is { } cell ? Arranged(Tensor.Of(state, cell)) : null),
                ("p", reference.P is { } peepholes ? Tensor.Of([directions, 3 * units], peepholes) : null),
            ];
            string[] outputs = [Chance() ? "y" : "_", "hidden", .. reference.Operator == "LSTM" && Chance() ? ["cell"] : Array.Empty<string>()];
            NodeProto node = Node(reference.Operator, string.Join(' ', operands.Select(operand => operand.Value is null ? "_" : operand.Name)), string.Join(' ', outputs), [.. attributes]);
            (string Name, Tensor Value)[] given = [.. operands.Where(operand => operand.Value is not null).Select(operand => (operand.Name, operand.Value!))];
            bool IsInput(string name) => name == "x" || !isConstant;
            GraphProto graph = Graph(
                [node],
                string.Join(' ', outputs.Where(name => name != "_")),
                given.Where(operand => !IsInput(operand.Name)).Select(operand => Constant(operand.Name, operand.Value)),
                [.. given.Where(operand => IsInput(operand.Name)).Select(operand =>
                    Input(operand.Name, operand.Value.Data is int[] ? OnnxTypes.Int32 : OnnxTypes.Float, [.. operand.Value.Shape.Select(extent => (object)extent)]))]);
            return (OnnxModels.Model(graph, opset), given.ToDictionary(operand => operand.Name, operand => operand.Value));
        }

        private static TensorProto Constant(string name, Tensor value)
        {
            var tensor = new TensorProto { Name = name, DataType = value.Data is int[] ? OnnxTypes.Int32 : OnnxTypes.Float };
            tensor.Dims.AddRange(value.Shape.Select(extent => (long)extent));
            tensor.Int32Data.AddRange(value.Data as int[] ?? []);
            tensor.FloatData.AddRange(value.Data as float[] ?? []);
            return tensor;
        }

        private Tensor Arranged(Tensor value) => isBatchFirst ? new Transpose(new Plans.EquatableArray<int>([1, 0, 2])).Evaluate([value])[0] : value;

        private Func<double, double>[] Activations(string operatorName, int directions)
        {
            string[] names = operatorName switch { "RNN" => ["Tanh"], "GRU" => ["Sigmoid", "Tanh"], _ => ["Sigmoid", "Tanh", "Tanh"] };
            names = [.. Enumerable.Repeat(names, directions).SelectMany(all => all)];
            if (Chance())
            {
                return [.. names.Select(name => Function(name, 0, 0))];
            }

            names = [.. names.Select(_ => Functions[random.Next(Functions.Length)].Name)];
            float[] alphas = [.. names.Select(_ => 0.1f + (random.NextSingle() / 2))], betas = [.. names.Select(_ => 0.1f + (random.NextSingle() / 2))];
            attributes.Add(Strings("activations", names));
            attributes.Add(Floats("activation_alpha", [.. alphas.Where((_, index) => Parameters(names[index]) > 0)]));
            attributes.Add(Floats("activation_beta", [.. betas.Where((_, index) => Parameters(names[index]) > 1)]));
            return [.. names.Select((name, index) => Function(name, alphas[index], betas[index]))];
        }

        private static Func<double, double> Function(string name, double alpha, double beta) => x => Functions.First(function => function.Name == name).Function(x, alpha, beta);

        private static int Parameters(string name) => Functions.First(function => function.Name == name).Parameters;

        private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];

        private bool Chance() => random.Next(2) == 0;
    }
}
