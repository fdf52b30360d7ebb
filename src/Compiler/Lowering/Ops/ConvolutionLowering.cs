using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>
/// Convolutions. The kernels know no window, only runs: a row of the kernel is one contiguous run of the image when its taps are neighbours and
/// all channels take part, else every tap is a run of its own.
/// </summary>
internal static class ConvolutionLowering
{
    /// <summary>The argument that says whether a layer sums four products in an int16.</summary>
    public const string Int16Sums = "int16Sums";

    public static void Lower(StepWriter writer, Node node)
    {
        var convolution = (Conv2D)node.Op;
        Shape weights = writer.Graph.ShapeOf(node.Inputs[1]);
        bool isConstant = node.Inputs.Skip(1).Take(2).All(writer.IsConstant);
        bool isDepthwise = convolution.IsDepthwise(weights) && isConstant;
        View input = Input(writer, node, convolution, isAlone: isConstant && !isDepthwise && writer.Precision == Precision.DynamicInt8);
        View output = writer.ViewOf(node.Output);
        (int[] runs, int runLength) = Runs(convolution, input, weights, isDepthwise);
        var operands = new Operands(writer, node, convolution, input, output, weights, runs, runLength);
        List<(string, PlanValue)> arguments = [("input", InputArgument(convolution, input))];
        string kernel;
        int tileExtent = 0;
        if (input.Quantization is not null)
        {
            QuantizedWeights quantized = Quantized(operands);
            tileExtent = !isDepthwise && writer.UsesWinograd && WinogradChoice.Suits(convolution, weights, output.Shape, quantized.Weights) ? ByteWinogradConvolution.TileExtent : 0;
            (kernel, IEnumerable<(string, PlanValue)> found) = Int8Weights(operands, quantized, isDepthwise, isWinograd: tileExtent > 0);
            arguments.AddRange(found);
        }
        else
        {
            tileExtent = IsFloatWinograd(operands, isConstant && !isDepthwise) ? FloatWinogradConvolution.TileExtent : 0;
            LayerWeights found = isDepthwise ? DepthwiseWeights(operands) : isConstant ? FloatWeights(operands, tileExtent > 0) : new LayerWeights("Float32", [.. RuntimeWeights(operands)]);
            kernel = (isDepthwise ? "DepthwiseConv2D" : node.Inputs.Length > 3 ? "Conv2DAdd" : "Conv2D") + (tileExtent > 0 ? "Winograd" : "") + found.Suffix;
            arguments.AddRange(found.Arguments);
            arguments.AddRange(Addend(writer, node));
        }

        arguments.Add(("output", output.Argument));
        arguments.Add(("geometry", Geometry(convolution.Window, input, output)));
        arguments.AddRange(tileExtent > 0 ? WinogradCounts(operands) : isDepthwise ? DepthwiseCounts(operands) : Counts(operands));
        arguments.AddRange(OutputRange.Arguments(output.Quantization, convolution.Minimum, convolution.Maximum));
        writer.Add(node.Name, kernel, Note(writer, node, convolution, weights, isDepthwise, tileExtent), arguments);
    }

    private static IEnumerable<(string, PlanValue)> Counts(Operands operands) =>
    [
        ("runOffsets", operands.Runs.Plan()),
        ("runLength", operands.RunLength.Plan()),
        ("groups", operands.Convolution.Groups.Plan()),
        ("inputChannelsPerGroup", operands.Weights[3].Plan()),
        ("outputChannelsPerGroup", (operands.Weights[0] / operands.Convolution.Groups).Plan()),
    ];

    private static IEnumerable<(string, PlanValue)> DepthwiseCounts(Operands operands) => [("tapOffsets", operands.Runs.Plan()), ("channels", operands.Weights[0].Plan())];

    private static IEnumerable<(string, PlanValue)> WinogradCounts(Operands operands)
    {
        (int inputs, int outputs) = (operands.Weights[3], operands.Weights[0]);
        bool isFloat = operands.Input.Quantization is null;
        int tiles = isFloat
            ? FloatWinogradChoice.TilesTogether(inputs, FloatWinogradChoice.Tiles(operands.Output.Shape))
            : WinogradChoice.TilesTogether(inputs, WinogradChoice.Tiles(operands.Output.Shape));
        long scratch = isFloat ? FloatWinogradConvolution.ScratchLength(tiles, inputs) : ByteWinogradConvolution.ScratchLength(tiles, inputs);
        return
        [
            ("scratch", operands.Writer.Temporary(operands.Node.Name, isFloat ? ElementType.Float32 : ElementType.Int32, [checked((int)scratch)]).Argument),
            ("tilesTogether", tiles.Plan()),
            ("inputChannels", inputs.Plan()),
            ("outputChannels", outputs.Plan()),
        ];
    }

    private static (int[] Offsets, int Length) Runs(Conv2D convolution, View input, Shape weights, bool isDepthwise)
    {
        Window window = convolution.Window;
        int channels = weights[3];
        bool rowsAreRuns = !isDepthwise && convolution.Groups == 1 && window.DilationWidth == 1 && input.Strides[2] == channels;
        IEnumerable<int> columns = rowsAreRuns ? [0] : Enumerable.Range(0, window.KernelWidth).Select(x => x * window.DilationWidth * input.Strides[2]);
        int[] offsets = [.. Enumerable.Range(0, window.KernelHeight).SelectMany(y => columns.Select(x => (y * window.DilationHeight * input.Strides[1]) + x))];
        return (offsets, rowsAreRuns ? window.KernelWidth * channels : channels);
    }

    // Whoever chooses a scale for all that lies between the first window and the last must find nothing else there.
    private static View Input(StepWriter writer, Node node, Conv2D convolution, bool isAlone)
    {
        Padding border = LayoutPlanner.OfWindow(convolution.Window);
        View view = writer.Padded(node.Name, node.Inputs[0], border);
        View alone = View.Allocate(view.Buffer.Name, view.Type, view.Shape, view.Padding, view.Quantization);
        return !isAlone || view.Quantization is not null || alone.Strides.Equals(view.Strides) ? view : writer.PaddedCopy(node.Name, node.Inputs[0], border);
    }

    private static TensorValue InputArgument(Conv2D convolution, View input) =>
        input.Argument with { Offset = input.Offset - (convolution.Window.PadTop * input.Strides[1]) - (convolution.Window.PadLeft * input.Strides[2]) };

    private static PlanValue Geometry(Window window, View input, View output) => PlanValues.Structure(
        "ConvolutionGeometry",
        ("Batches", output.Shape[0]),
        ("OutputHeight", output.Shape[1]),
        ("OutputWidth", output.Shape[2]),
        ("InputBatchStride", input.Strides[0]),
        ("InputRowStep", window.StrideHeight * input.Strides[1]),
        ("InputPixelStep", window.StrideWidth * input.Strides[2]),
        ("OutputBatchStride", output.Strides[0]),
        ("OutputRowStride", output.Strides[1]),
        ("OutputPixelStride", output.Strides[2]));

    private static QuantizedWeights Quantized(Operands operands)
    {
        (StepWriter writer, Node node) = (operands.Writer, operands.Node);
        Tensor? bias = node.Inputs.Length > 2 ? writer.Graph.Constants[node.Inputs[2]] : null;
        return QuantizedWeights.Of(writer.Graph.Constants[node.Inputs[1]], bias, operands.Input.Quantization!, operands.Output.Quantization!);
    }

    private static (string Kernel, IEnumerable<(string, PlanValue)> Arguments) Int8Weights(Operands operands, QuantizedWeights quantized, bool isDepthwise, bool isWinograd)
    {
        (StepWriter writer, Node node) = (operands.Writer, operands.Node);
        int groups = isDepthwise ? 1 : operands.Convolution.Groups;
        ConstantValue packed = writer.Constants.Add<sbyte>(node.Inputs[1], isWinograd
            ? WeightPacking.Int8(quantized.Weights, 1, operands.Weights[1] * operands.Weights[2], operands.Weights[3])
            : isDepthwise
            ? WeightPacking.Depthwise(quantized.Weights, operands.Runs.Length)
            : WeightPacking.Int8(quantized.Weights, groups, operands.Runs.Length, operands.RunLength));
        FixedPointMultiplier[]? multipliers = writer.IsFixedPoint ? quantized.FixedPoint(operands.Output.Quantization!, quantized.Steps) : null;
        string kernel = (isDepthwise ? "DepthwiseConv2D" : isWinograd ? "Conv2DWinograd" : "Conv2D") + (multipliers is null ? "UInt8" : "FixedPoint");
        IEnumerable<(string, PlanValue)> sums =
            isDepthwise || isWinograd ? [] : [(Int16Sums, Int16SumWeights.Hold(quantized.Weights, operands.Weights[0], operands.RunLength).Plan())];
        return (kernel,
        [
            ("weights", packed),
            ("bias", writer.Constants.Add<int>(node.Name + ".bias", WeightPacking.PerOutput(quantized.Bias, groups))),
            ("multipliers", LayerMultipliers.Add(writer, node.Name, quantized.Multipliers, multipliers, groups)),
            .. sums,
        ]);
    }

    // Weights in fewer bits are expanded for the direct kernel.
    private static bool IsFloatWinograd(Operands operands, bool isConstant) =>
        isConstant
        && operands.Writer.UsesWinograd
        && !StoredWeights.Narrows(operands.Writer, operands.Writer.Graph.Constants[operands.Node.Inputs[1]])
        && FloatWinogradChoice.Suits(operands.Convolution, operands.Weights, operands.Output.Shape);

    private static LayerWeights FloatWeights(Operands operands, bool isWinograd)
    {
        (StepWriter writer, Node node) = (operands.Writer, operands.Node);
        Tensor weights = writer.Graph.Constants[node.Inputs[1]];
        int groups = operands.Convolution.Groups;
        bool isOneRow = operands.Runs.Length == 1 && operands.Output.Shape is var image && image[0] * image[1] * image[2] == 1;
        var shape = new LayerShape(groups, operands.Runs.Length, operands.RunLength, isOneRow);
        float[] bias = operands.ConstantBias();
        IEnumerable<(string, PlanValue)> order = isWinograd ? [] : [("weightsInPairs", true.Plan())];
        return StoredWeights.OfLayer(writer, node, weights, bias, shape, operands.Input) ?? new LayerWeights(
            "Float32",
            [
                ("weights", writer.Constants.Add(node.Inputs[1], WeightPacking.Float32InPairs(weights, groups, shape.Terms))),
                ("bias", writer.Constants.Add<float>(node.Name + ".bias", WeightPacking.PerOutput(bias, groups))),
                .. order,
            ]);
    }

    private static LayerWeights DepthwiseWeights(Operands operands)
    {
        (StepWriter writer, Node node) = (operands.Writer, operands.Node);
        Tensor weights = writer.Graph.Constants[node.Inputs[1]];
        int taps = operands.Runs.Length;
        PlanValue packed = StoredWeights.ExpandedDepthwise(writer, node, weights, taps)?.Argument
            ?? (PlanValue)writer.Constants.Add(node.Inputs[1], WeightPacking.Depthwise(weights, taps));
        ConstantValue bias = writer.Constants.Add<float>(node.Name + ".bias", WeightPacking.PerOutput(operands.ConstantBias(), 1));
        return new LayerWeights("Float32", [("weights", packed), ("bias", bias)]);
    }

    private static IEnumerable<(string, PlanValue)> Addend(StepWriter writer, Node node)
    {
        if (node.Inputs.Length < 4)
        {
            yield break;
        }

        View view = writer.ViewOf(node.Inputs[3]);
        View addend = view.Strides[3] == 1 ? view : writer.Contiguous(node.Name, node.Inputs[3]);
        yield return ("addend", addend.Argument);
        yield return ("addendBatchStride", addend.Strides[0].Plan());
        yield return ("addendRowStride", addend.Strides[1].Plan());
        yield return ("addendPixelStride", addend.Strides[2].Plan());
    }

    private static IEnumerable<(string, PlanValue)> RuntimeWeights(Operands operands)
    {
        (StepWriter writer, Node node) = (operands.Writer, operands.Node);
        int groups = operands.Convolution.Groups;
        int perGroup = operands.Weights[0] / groups;
        int terms = operands.Runs.Length * operands.RunLength;
        yield return ("weights", writer.IsConstant(node.Inputs[1])
            ? writer.Constants.Add(node.Inputs[1], WeightPacking.Float32(writer.Graph.Constants[node.Inputs[1]], groups, terms))
            : RuntimePacking.Weights(writer, node.Name, node.Inputs[1], groups, perGroup, terms));
        yield return ("weightsInPairs", false.Plan());
        yield return ("bias", node.Inputs.Length < 3 || writer.IsConstant(node.Inputs[2])
            ? writer.Constants.Add<float>(node.Name + ".bias", WeightPacking.PerOutput(operands.ConstantBias(), groups))
            : RuntimePacking.Bias(writer, node.Name, node.Inputs[2], groups, perGroup));
    }

    private static string Note(StepWriter writer, Node node, Conv2D convolution, Shape weights, bool isDepthwise, int tileExtent)
    {
        Window window = convolution.Window;
        string kind = isDepthwise ? "Depthwise convolution" : convolution.Groups > 1 ? $"Convolution in {convolution.Groups} groups" : "Convolution";
        string stride = (window.StrideHeight, window.StrideWidth) == (1, 1) ? "" : $", stride {window.StrideHeight}×{window.StrideWidth}";
        string dilation = (window.DilationHeight, window.DilationWidth) == (1, 1) ? "" : $", dilation {window.DilationHeight}×{window.DilationWidth}";
        string winograd = tileExtent > 0 ? $", Winograd {tileExtent}×{tileExtent}" : "";
        string sum = node.Inputs.Length > 3 ? ", sum" : "";
        string clamp = OutputRange.Describe(convolution.Minimum, convolution.Maximum);
        return $"{kind} {weights[1]}×{weights[2]}{stride}{dilation}{winograd}{sum}{clamp}: {writer.Graph.ShapeOf(node.Inputs[0])} → {writer.Graph.ShapeOf(node.Output)}";
    }

    private sealed record Operands(
        StepWriter Writer, Node Node, Conv2D Convolution, View Input, View Output, Shape Weights, int[] Runs, int RunLength)
    {
        public float[] ConstantBias() =>
            Node.Inputs.Length > 2 ? Writer.Graph.Constants[Node.Inputs[2]].Values<float>() : new float[Weights[0]];
    }
}
