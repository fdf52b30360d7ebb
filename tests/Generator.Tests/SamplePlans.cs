using System;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Tests;

/// <summary>Small hand-made models.</summary>
internal static class SamplePlans
{
    /// <summary>Height and width of the digit's image.</summary>
    public const int Side = 4;

    private const int Classes = 3;
    private const float Scale = 0.5f;
    private const int ZeroPoint = 10;

    /// <summary>
    /// A quantised classifier: pixels, floats or int8 in; a fully connected layer; a loop that goes back to float; softmax.
    /// </summary>
    public static (ModelPlan Plan, byte[] Weights) Classifier(
        string className = "Digits", string @namespace = "Samples.Digits", bool isPublic = true, ScoreTransform transform = ScoreTransform.Softmax)
    {
        var builder = new PlanBuilder();
        TensorValue image = builder.Tensor("image.q", ElementType.UInt8, 1, Side, Side, 1);
        TensorValue sums = builder.Tensor("dense.q", ElementType.UInt8, 1, Classes);
        TensorValue logits = builder.Tensor("logits", ElementType.Float32, 1, Classes);
        ConstantValue tables = builder.Constant("image.pixels", ElementType.UInt8, [.. Enumerable.Range(0, 256).Select(level => (byte)(level / 2))]);
        ConstantValue flip = builder.Constant("top-bit-flipped", ElementType.UInt8, [.. Enumerable.Range(0, 256).Select(level => (byte)(level ^ 128))]);
        var random = new Random(5);
        ConstantValue weights = builder.Constant("dense.weights", ElementType.Int8, [.. PackedWeights(random)]);
        ConstantValue bias = builder.Constant("dense.bias", ElementType.Int32, [.. Enumerable.Range(0, 16).Select(_ => random.Next(-500, 500))]);
        ConstantValue multipliers = builder.Constant("dense.multipliers", ElementType.Float32, [.. Enumerable.Repeat(0.01f, 16)]);
        builder.Steps.Add(PlanBuilder.Step(
            "dense",
            "FullyConnectedUInt8",
            "16 → 3, int8",
            ("input", image),
            ("weights", weights),
            ("bias", bias),
            ("multipliers", multipliers),
            ("output", sums),
            ("rows", PlanBuilder.Integer(1)),
            ("inputs", PlanBuilder.Integer(Side * Side)),
            ("outputs", PlanBuilder.Integer(Classes)),
            ("outputZeroPoint", PlanBuilder.Integer(128)),
            ("outputMinimum", PlanBuilder.Integer(0)),
            ("outputMaximum", PlanBuilder.Integer(255)),
            ("wideQuads", new ListValue(new([PlanBuilder.Integer(int.MaxValue)])))));
        builder.Steps.Add(PlanBuilder.Elementwise(
            "dense/dequantize", "Multiply(Subtract(Float32(x0:UInt8), Float32'128), Float32'0.25)", logits, Classes, sums));
        var input = new PlanPort(
            "image",
            ElementType.Float32,
            new([1, 1, Side, Side]),
            Scale,
            ZeroPoint,
            new(
            [
                new PlanConversion(ConversionKind.Declared, new([1, 1, Side, Side]), new([Quantize(image)])),
                new PlanConversion(ConversionKind.Quantized, new([1, 1, Side, Side]), new([Flip("image", Side * Side, new PortValue("image", ElementType.UInt8), flip, image)])),
                new PlanConversion(ConversionKind.Pixels, new([Side, Side, 1]), new([Pixels(tables, image)])),
            ]));
        var output = new PlanPort(
            "logits",
            ElementType.Float32,
            new([1, Classes]),
            0.25f,
            128,
            new(
            [
                new PlanConversion(
                    ConversionKind.Declared,
                    new([1, Classes]),
                    new([PlanBuilder.Copy32("logits", new TensorValue("logits", ElementType.Int32, 0), new PortValue("logits", ElementType.Int32), Classes)])),
                new PlanConversion(
                    ConversionKind.Quantized,
                    new([1, Classes]),
                    new([Flip("logits", Classes, sums, flip, new PortValue("logits", ElementType.UInt8))])),
            ]));
        ModelPlan plan = builder.Build(className) with
        {
            Namespace = @namespace,
            IsPublic = isPublic,
            Precision = "Int8",
            MultiplyAccumulates = Side * Side * Classes,
            Remarks = new(["On 10 calibration files int8 gives the top class of float32 for 100 %."]),
            Labels = new(["nought & nil", "one", "\"two\""]),
            Classifier = new PlanClassifier("image", "logits", Classes, transform),
            Inputs = new([input]),
            Outputs = new([output]),
        };
        return (plan, builder.Weights);
    }

    /// <summary>Two inputs, two outputs, no classifier; names that are no identifiers.</summary>
    public static (ModelPlan Plan, byte[] Weights) Pair()
    {
        var builder = new PlanBuilder();
        TensorValue first = builder.Tensor("a", ElementType.Float32, 2, 3);
        TensorValue flags = builder.Tensor("b", ElementType.Boolean, 2, 3);
        TensorValue sum = builder.Tensor("c", ElementType.Float32, 2, 3);
        TensorValue inverse = builder.Tensor("d", ElementType.Boolean, 2, 3);
        ConstantValue offsets = builder.Constant("offsets", ElementType.Float32, 10f, 20f, 30f);
        builder.Steps.Add(PlanBuilder.Step(
            "add & scale",
            PlanStep.ElementwiseKernel,
            "x0 · x0 + x1, broadcast over rows",
            ("shape", PlanBuilder.List(2, 3)),
            ("expression", new TextValue("Add(Multiply(x0:Float32, x0:Float32), x1:Float32)")),
            ("x0", first),
            ("strides0", PlanBuilder.List(3, 1)),
            ("x1", offsets),
            ("strides1", PlanBuilder.List(0, 1)),
            ("output", sum),
            ("outputStrides", PlanBuilder.List(3, 1))));
        builder.Steps.Add(PlanBuilder.Elementwise("not", "Not(x0:Boolean)", inverse, 6, flags));
        ModelPlan plan = builder.Build("Pair") with
        {
            Inputs = new([Port("class", first, ElementType.Float32, isInput: true), Port("0/flags", flags, ElementType.Boolean, isInput: true)]),
            Outputs = new([Port("class", sum, ElementType.Float32, isInput: false), Port("Inverse:0", inverse, ElementType.Boolean, isInput: false)]),
        };
        return (plan, builder.Weights);
    }

    private static PlanPort Port(string name, TensorValue tensor, ElementType type, bool isInput)
    {
        var port = new PortValue(name, type);
        string expression = $"x0:{type}";
        PlanStep step = isInput
            ? PlanBuilder.Elementwise(name, expression, tensor, 6, port)
            : PlanBuilder.Elementwise(name, expression, port, 6, tensor);
        return new PlanPort(name, type, new([2, 3]), 0, 0, new([new PlanConversion(ConversionKind.Declared, new([2, 3]), new([step]))]));
    }

    private static PlanStep Quantize(TensorValue image) => PlanBuilder.Step(
        "image",
        "QuantizeUInt8",
        "float → uint8",
        ("input", new PortValue("image", ElementType.Float32)),
        ("output", image),
        ("shape", PlanBuilder.List(Side * Side)),
        ("inputStrides", PlanBuilder.List(1)),
        ("outputStrides", PlanBuilder.List(1)),
        ("inverseScale", PlanBuilder.Float(1 / Scale)),
        ("zeroPoint", PlanBuilder.Integer(ZeroPoint)));

    private static PlanStep Flip(string name, int count, PlanValue input, ConstantValue table, PlanValue output) => PlanBuilder.Step(
        name,
        "LookupUInt8",
        "int8 is uint8 with the top bit flipped",
        ("input", input),
        ("table", table),
        ("output", output),
        ("shape", PlanBuilder.List(count)),
        ("inputStrides", PlanBuilder.List(1)),
        ("outputStrides", PlanBuilder.List(1)));

    private static PlanStep Pixels(ConstantValue tables, TensorValue image) => PlanBuilder.Step(
        "image",
        "PixelsToUInt8",
        "(pixel − mean) × scale",
        ("pixels", new PortValue("image", ElementType.UInt8)),
        ("tables", tables),
        ("output", image),
        ("height", PlanBuilder.Integer(Side)),
        ("width", PlanBuilder.Integer(Side)),
        ("channels", PlanBuilder.Integer(1)),
        ("outputRowStride", PlanBuilder.Integer(Side)),
        ("outputPixelStride", PlanBuilder.Integer(1)),
        ("outputChannelStride", PlanBuilder.Integer(1)),
        ("reverseChannels", new BooleanValue(false)));

    // [1][4][16][4]: only the first three of the sixteen channels are not zero.
    private static sbyte[] PackedWeights(Random random) =>
        [.. Enumerable.Range(0, 256).Select(index => index / 4 % 16 < Classes ? (sbyte)random.Next(-127, 128) : (sbyte)0)];
}
