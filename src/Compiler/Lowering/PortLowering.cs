using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Writes the ways in and out of a model: the steps between a caller's span and the arena.</summary>
internal sealed class PortLowering(StepWriter writer, CompileOptions options)
{
    private static readonly byte[] TopBitFlipped = [.. Enumerable.Range(0, 256).Select(level => (byte)(level ^ 0x80))];

    /// <summary>An input; a change of layout that is its only reader is part of the conversion.</summary>
    /// <returns>The port, and the value that the conversions write.</returns>
    public (PlanPort Port, string Value) Input(string name)
    {
        Graph graph = writer.Graph;
        Node? absorbed = AbsorbedLayout(graph, name);
        string value = absorbed?.Output ?? name;
        View view = writer.ViewOf(value);
        TensorType declared = graph.Values[name].Type;
        int[] strides = DeclaredStrides(view, declared.Shape, absorbed);
        var conversions = new List<PlanConversion>
        {
            new(ConversionKind.Declared, declared.Shape.ToEquatableArray(), Steps(Declared(name, declared, view, strides))),
        };
        if (view.Quantization is not null)
        {
            PlanStep flip = Flip(name, new PortValue(name, ElementType.UInt8), declared.Shape.Strides(), view.Argument, strides, declared.Shape);
            conversions.Add(new PlanConversion(ConversionKind.Quantized, declared.Shape.ToEquatableArray(), Steps(flip)));
        }

        QuantizationParameters? levels = DeclaredGrid.OfInput(graph, name);
        if (ImageLayout.Of(graph, name) is { } image && (declared.Type == ElementType.Float32 || levels is not null))
        {
            EquatableArray<int> pixels = new([image.Height, image.Width, image.Channels]);
            conversions.Add(new PlanConversion(ConversionKind.Pixels, pixels, Steps(Pixels(name, image, view, levels, strides))));
        }

        return (Port(name, declared, view.Quantization ?? levels, conversions), value);
    }

    /// <summary>An output.</summary>
    public PlanPort Output(GraphOutput output)
    {
        TensorType declared = writer.Graph.Values[output.Value].Type;
        QuantizationParameters? quantization = writer.IsConstant(output.Value) ? null : writer.ViewOf(output.Value).Quantization;
        IReadOnlyList<int> strides = writer.StridesOf(output.Value);
        PlanValue source = writer.Operand(output.Value);
        int[] rowMajor = declared.Shape.Strides();
        PlanStep step = quantization is null
            ? Copy(output.Name, WithType(source, StepWriter.CopyType(declared.Type)), strides, new PortValue(output.Name, StepWriter.CopyType(declared.Type)), rowMajor, declared)
            : Convert(output.Name, source, strides, quantization, new PortValue(output.Name, ElementType.Float32), rowMajor, null, declared.Shape);
        var conversions = new List<PlanConversion> { new(ConversionKind.Declared, declared.Shape.ToEquatableArray(), Steps([step, .. Trim(output, declared)])) };
        if (quantization is not null)
        {
            PlanStep flip = Flip(output.Name, source, strides, new PortValue(output.Name, ElementType.UInt8), rowMajor, declared.Shape);
            conversions.Add(new PlanConversion(ConversionKind.Quantized, declared.Shape.ToEquatableArray(), Steps([flip, .. Trim(output, declared with { Type = ElementType.UInt8 })])));
        }

        PlanBound? bound = output.Bound is { } given ? new PlanBound(given.Axis, writer.Operand(given.Count)) : null;
        return Port(output.Name, declared, quantization ?? DeclaredGrid.OfOutput(writer.Graph, output.Value), conversions) with { Bound = bound };
    }

    // Of an output whose extent depends on the data, what is not valid is taken out of the caller's span.
    private IEnumerable<PlanStep> Trim(GraphOutput output, TensorType type)
    {
        if (output.Bound is { } bound)
        {
            yield return Step(
                output.Name,
                "TrimAxis" + (type.Type.SizeOf() * 8).ToString(CultureInfo.InvariantCulture),
                $"as many slices along axis {bound.Axis} as there are",
                [
                    ("data", new PortValue(output.Name, StepWriter.CopyType(type.Type))),
                    ("count", writer.Operand(bound.Count)),
                    ("outer", ReductionLowering.Extent(type.Shape.Extents[..bound.Axis]).Plan()),
                    ("axisLength", type.Shape[bound.Axis].Plan()),
                    ("inner", ReductionLowering.Extent(type.Shape.Extents[(bound.Axis + 1)..]).Plan()),
                ]);
        }
    }

    /// <summary>The step that copies an output to the input that reads it in the next prediction.</summary>
    public PlanStep KeepState(StateLink link)
    {
        Graph graph = writer.Graph;
        string output = graph.Outputs.First(output => output.Name == link.Output).Value;
        (View view, int[] strides) = StoredState(link.Input);
        TensorType declared = graph.Values[link.Input].Type;
        PlanValue source = writer.Operand(output);
        ElementType copied = StepWriter.CopyType(declared.Type);
        return !writer.IsConstant(output) && writer.ViewOf(output).Quantization is { } quantization
            ? Convert(link.Input, source, writer.StridesOf(output), quantization, view.Argument, strides, null, declared.Shape)
            : Copy(link.Input, WithType(source, copied), writer.StridesOf(output), view.ArgumentAs(copied), strides, declared);
    }

    /// <summary>The step that makes an input that is state 0 again.</summary>
    public PlanStep ForgetState(string input)
    {
        (View view, int[] strides) = StoredState(input);
        TensorType declared = writer.Graph.Values[input].Type;
        (int[] extents, int[][] merged) = Strided.Merge(declared.Shape.Extents, strides);
        return Step(
            input,
            "Fill" + (declared.Type.SizeOf() * 8).ToString(CultureInfo.InvariantCulture),
            $"0 in {declared.Shape}",
            [
                ("output", view.ArgumentAs(StepWriter.CopyType(declared.Type))),
                ("shape", extents.Plan()),
                ("outputStrides", merged[0].Plan()),
                ("outputOffset", 0.Plan()),
                ("value", 0.Plan()),
            ]);
    }

    /// <summary>The value in whose place an input lies.</summary>
    public static string Stored(Graph graph, string input) => AbsorbedLayout(graph, input)?.Output ?? input;

    private (View View, int[] Strides) StoredState(string input)
    {
        Node? absorbed = AbsorbedLayout(writer.Graph, input);
        View view = writer.ViewOf(absorbed?.Output ?? input);
        return (view, DeclaredStrides(view, writer.Graph.ShapeOf(input), absorbed));
    }

    /// <summary>
    /// The only reader of an input when it is a transpose, or a reshape that only adds or moves axes of extent 1: writing the input with other
    /// strides does the same.
    /// </summary>
    public static Node? AbsorbedLayout(Graph graph, string input) =>
        graph.UseCount(input) == 1 && graph.Consumers(input).FirstOrDefault() is { } reader
        && (reader.Op is Transpose || (reader.Op is Reshape reshape && LongAxes(graph.ShapeOf(input)).SequenceEqual(LongAxes(reshape.Shape))))
            ? reader
            : null;

    private static PlanPort Port(string name, TensorType declared, QuantizationParameters? quantization, List<PlanConversion> conversions) =>
        new(name, declared.Type, declared.Shape.ToEquatableArray(), quantization?.Scale ?? 0, quantization?.ZeroPoint ?? 0, conversions.ToEquatableArray());

    private static IEnumerable<int> LongAxes(Shape shape) => shape.Where(extent => extent != 1);

    // The strides of the stored tensor in the order of the declared axes.
    private static int[] DeclaredStrides(View view, Shape declared, Node? absorbed)
    {
        switch (absorbed?.Op)
        {
            case Transpose transpose:
                List<int> permutation = [.. transpose.Permutation];
                return [.. Enumerable.Range(0, permutation.Count).Select(axis => view.Strides[permutation.IndexOf(axis)])];
            case Reshape:
                Queue<int> strides = new(view.Strides.Where((_, axis) => view.Shape[axis] != 1));
                return [.. declared.Select(extent => extent == 1 ? 1 : strides.Dequeue())];
            default:
                return [.. view.Strides];
        }
    }

    private PlanStep Declared(string name, TensorType declared, View view, int[] strides)
    {
        ElementType copied = StepWriter.CopyType(declared.Type);
        return view.Quantization is { } quantization
            ? Convert(name, new PortValue(name, ElementType.Float32), declared.Shape.Strides(), null, view.Argument, strides, quantization, declared.Shape)
            : Copy(name, new PortValue(name, copied), declared.Shape.Strides(), view.ArgumentAs(copied), strides, declared);
    }

    private PlanStep Pixels(string name, ImageLayout image, View view, QuantizationParameters? levels, int[] strides)
    {
        float[] means = Preprocessing.PerChannel(options.Mean, image.Channels, 0);
        float[] scales = Preprocessing.PerChannel(options.Scale, image.Channels, 1);
        List<(string, PlanValue)> arguments = [("pixels", new PortValue(name, ElementType.UInt8))];
        bool isLevel = view.Quantization is not null || levels is not null;
        if (isLevel)
        {
            // Without preprocessing, the pixels of a model that declares 8 bits are these bits, as int8 less 128.
            bool isRaw = levels is not null && options.Mean.IsEmpty && options.Scale.IsEmpty;
            byte[] tables = [.. Enumerable.Range(0, image.Channels * 256).Select(index => isRaw ? (byte)(index % 256)
                : Requantize.Element(Preprocessing.Apply(index % 256, means[index / 256], scales[index / 256]), view.Quantization ?? levels!))];
            tables = view.Type == ElementType.Int8 ? [.. tables.Select(level => TopBitFlipped[level])] : tables;
            arguments.Add(("tables", writer.Constants.Add<byte>(name + ".pixels", tables)));
        }
        else
        {
            arguments.Add(("scales", writer.Constants.Add<float>(name + ".scales", scales)));
            arguments.Add(("offsets", writer.Constants.Add<float>(name + ".means", means)));
        }

        arguments.AddRange(
        [
            ("output", isLevel ? view.ArgumentAs(ElementType.UInt8) : view.Argument),
            ("height", image.Height.Plan()),
            ("width", image.Width.Plan()),
            ("channels", image.Channels.Plan()),
            ("outputRowStride", strides[image.RowAxis].Plan()),
            ("outputPixelStride", strides[image.RowAxis + 1].Plan()),
            ("outputChannelStride", strides[image.ChannelAxis].Plan()),
            ("reverseChannels", options.ReverseChannels.Plan()),
        ]);
        string kernel = isLevel ? "PixelsToUInt8" : "PixelsToFloat32";
        return Step(name, kernel, "(pixel − mean) × scale", arguments);
    }

    private PlanStep Flip(string name, PlanValue source, IReadOnlyList<int> sourceStrides, PlanValue target, IReadOnlyList<int> targetStrides, Shape shape)
    {
        (int[] extents, int[][] strides) = Strided.Merge(shape.Extents, sourceStrides, targetStrides);
        return Step(
            name,
            "LookupUInt8",
            "int8 is uint8 with the top bit flipped",
            [
                ("input", source),
                ("table", writer.Constants.Add<byte>("top-bit-flipped", TopBitFlipped)),
                ("output", target),
                ("shape", extents.Plan()),
                ("inputStrides", strides[0].Plan()),
                ("outputStrides", strides[1].Plan()),
            ]);
    }

    private PlanStep Convert(
        string name, PlanValue source, IReadOnlyList<int> sourceStrides, QuantizationParameters? from, PlanValue target, IReadOnlyList<int> targetStrides, QuantizationParameters? to, Shape shape)
    {
        PlanStep? step = null;
        RequantizeLowering.Add(
            writer.Constants, (layer, kernel, note, arguments) => step = Step(layer, kernel, note, arguments), name, source, sourceStrides, from, target, targetStrides, to, shape, writer.IsFixedPoint);
        return step!;
    }

    private static PlanStep Copy(
        string name, PlanValue source, IReadOnlyList<int> sourceStrides, PlanValue target, IReadOnlyList<int> targetStrides, TensorType type)
    {
        (int[] extents, int[][] strides) = Strided.Merge(type.Shape.Extents, sourceStrides, targetStrides);
        return Step(
            name,
            "CopyStrided" + (type.Type.SizeOf() * 8).ToString(CultureInfo.InvariantCulture),
            type.ToString(),
            [
                ("input", source),
                ("output", target),
                ("shape", extents.Plan()),
                ("inputStrides", strides[0].Plan()),
                ("outputStrides", strides[1].Plan()),
                ("inputOffset", 0.Plan()),
                ("outputOffset", 0.Plan()),
            ]);
    }

    private static PlanStep Step(string name, string kernel, string note, IEnumerable<(string Name, PlanValue Value)> arguments) =>
        new(name, kernel, note, arguments.Select(argument => new PlanArgument(argument.Name, argument.Value)).ToEquatableArray());

    private static EquatableArray<PlanStep> Steps(params PlanStep[] steps) => new(steps);

    private static PlanValue WithType(PlanValue value, ElementType type) => value switch
    {
        TensorValue tensor => tensor with { Type = type },
        ConstantValue constant => constant with { Type = type },
        _ => value,
    };
}
