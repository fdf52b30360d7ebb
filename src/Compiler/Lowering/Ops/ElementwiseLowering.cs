using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>
/// Elementwise nodes. Quantised: a function of one tensor is a table of 256 entries, also to and from 8-bit integers that are given in or out as they
/// are; sums and products of two have kernels; everything else is a loop that the generator writes out, with the conversions between uint8 and
/// float in its expression.
/// </summary>
internal static class ElementwiseLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        Expression expression = ((Elementwise)node.Op).Expression;
        View output = writer.ViewOf(node.Output);
        bool allQuantized = output.Quantization is not null
            && node.Inputs.All(input => !writer.IsConstant(input) && writer.ViewOf(input).Quantization is not null);
        if (node.Inputs.Length == 1 && !writer.IsConstant(node.Inputs[0]) && IsByteFunction(writer.ViewOf(node.Inputs[0]), output))
        {
            LowerTable(writer, node, expression, output);
        }
        else if (!allQuantized || node.Inputs.Length != 2 || !TryLowerBinary(writer, node, expression, output))
        {
            LowerLoop(writer, node, expression, output);
        }
    }

    private static bool IsByteFunction(View input, View output) =>
        input.Type is ElementType.UInt8 or ElementType.Int8 && output.Type is ElementType.UInt8 or ElementType.Int8
        && (input.Quantization ?? output.Quantization) is not null;

    private static void LowerTable(StepWriter writer, Node node, Expression expression, View output)
    {
        View input = writer.ViewOf(node.Inputs[0]);
        byte[] table = ByteTable.Of(expression, (input.Type, input.Quantization), (output.Type, output.Quantization), writer.IsFixedPoint);
        (int[] shape, int[][] strides) = Strided.Merge(output.Shape.Extents, input.Shape.StridesTo(output.Shape, input.Strides), output.Strides);
        writer.Add(
            node.Name,
            "LookupUInt8",
            $"{ExpressionDisplay.Of(expression)} as a table: {output.Shape}",
            ("input", input.ArgumentAs(ElementType.UInt8)),
            ("table", writer.Constants.Add<byte>(node.Name + ".table", table)),
            ("output", output.ArgumentAs(ElementType.UInt8)),
            ("shape", shape.Plan()),
            ("inputStrides", strides[0].Plan()),
            ("outputStrides", strides[1].Plan()));
    }

    private static bool TryLowerBinary(StepWriter writer, Node node, Expression expression, View output)
    {
        (Expression inner, float minimum, float maximum) = ExpressionRewriter.AsClamp(expression) ?? (expression, float.NegativeInfinity, float.PositiveInfinity);
        if (inner is not CallExpression { Function: ElementwiseFunction.Add or ElementwiseFunction.Subtract or ElementwiseFunction.Multiply } call
            || call.Operands[0] is not InputExpression left || call.Operands[1] is not InputExpression right || output.Shape.Rank > 6)
        {
            return false;
        }

        View leftView = writer.ViewOf(node.Inputs[left.Index]);
        View rightView = writer.ViewOf(node.Inputs[right.Index]);
        (int[] shape, int[][] strides) = Strided.Merge(
            output.Shape.Extents, leftView.Shape.StridesTo(output.Shape, leftView.Strides), rightView.Shape.StridesTo(output.Shape, rightView.Strides), output.Strides);
        (int Minimum, int Maximum) range = OutputRange.Quantized(output.Quantization!, minimum, maximum);
        (string kernel, IEnumerable<(string, PlanValue)> numbers) = BinaryKernel(
            call.Function, leftView.Quantization!, rightView.Quantization!, output.Quantization!, range, writer.IsFixedPoint);
        writer.Add(
            node.Name,
            kernel,
            $"{call.Function}{OutputRange.Describe(minimum, maximum)}: {leftView.Shape} and {rightView.Shape}",
            [
                ("left", leftView.Argument),
                ("right", rightView.Argument),
                ("output", output.Argument),
                ("shape", shape.Plan()),
                ("leftStrides", strides[0].Plan()),
                ("rightStrides", strides[1].Plan()),
                ("outputStrides", strides[2].Plan()),
                .. numbers,
                ("outputMinimum", range.Minimum.Plan()),
                ("outputMaximum", range.Maximum.Plan()),
            ]);
        return true;
    }

    private static (string Kernel, IEnumerable<(string, PlanValue)> Arguments) BinaryKernel(
        ElementwiseFunction function, QuantizationParameters left, QuantizationParameters right, QuantizationParameters output, (int Minimum, int Maximum) range, bool isFixedPoint)
    {
        bool isDifference = function == ElementwiseFunction.Subtract;
        return function == ElementwiseFunction.Multiply
            ? isFixedPoint && FixedPointBinary.Product(left, right, output) is { } product
                ? ("MulFixedPoint", product)
                : ("MulUInt8", ProductArguments(left, right, output))
            : isFixedPoint && FixedPointBinary.Sum(left, right, output, isDifference, range) is { } sum
                ? sum
                : ("AddUInt8", SumArguments(left, right, output, isDifference ? -1 : 1));
    }

    private static IEnumerable<(string, PlanValue)> SumArguments(QuantizationParameters left, QuantizationParameters right, QuantizationParameters output, int sign)
    {
        double leftMultiplier = (double)left.Scale / output.Scale;
        double rightMultiplier = sign * (double)right.Scale / output.Scale;
        double offset = -((left.ZeroPoint * leftMultiplier) + (right.ZeroPoint * rightMultiplier));
        return
        [
            ("leftMultiplier", ((float)leftMultiplier).Plan()), ("rightMultiplier", ((float)rightMultiplier).Plan()), ("offset", ((float)offset).Plan()),
            ("outputZeroPoint", output.ZeroPoint.Plan()),
        ];
    }

    private static IEnumerable<(string, PlanValue)> ProductArguments(QuantizationParameters left, QuantizationParameters right, QuantizationParameters output) =>
    [
        ("leftZeroPoint", left.ZeroPoint.Plan()),
        ("rightZeroPoint", right.ZeroPoint.Plan()),
        ("multiplier", ((float)((double)left.Scale * right.Scale / output.Scale)).Plan()),
        ("outputZeroPoint", output.ZeroPoint.Plan()),
    ];

    private static void LowerLoop(StepWriter writer, Node node, Expression expression, View output)
    {
        IReadOnlyList<int>[] strides = [.. node.Inputs.Select(input => (IReadOnlyList<int>)writer.Graph.ShapeOf(input).StridesTo(output.Shape, writer.StridesOf(input))), output.Strides];
        (int[] shape, int[][] merged) = Strided.Merge(output.Shape.Extents, strides);
        Expression stored = ExpressionRewriter.ReplaceInputs(expression, input => Dequantized(writer, node, input));
        if (output.Quantization is { } quantization)
        {
            stored = new CallExpression(
                ElementwiseFunction.Quantize,
                new EquatableArray<Expression>([stored, Literal(1f / quantization.Scale), Literal(quantization.ZeroPoint)]),
                ElementType.UInt8);
        }

        var arguments = new List<(string, PlanValue)>();
        for (int index = 0; index < node.Inputs.Length; index++)
        {
            string number = index.ToString(CultureInfo.InvariantCulture);
            arguments.Add(("x" + number, writer.Operand(node.Inputs[index])));
            arguments.Add(("strides" + number, merged[index].Plan()));
        }

        arguments.Add(("output", output.Argument));
        arguments.Add(("outputStrides", merged[^1].Plan()));
        arguments.Add(("shape", shape.Plan()));
        arguments.Add(("expression", new TextValue(ExpressionText.Write(stored))));
        writer.Add(node.Name, PlanStep.ElementwiseKernel, $"{ExpressionDisplay.Of(expression)}: {output.Shape}", arguments);
    }

    private static Expression Dequantized(StepWriter writer, Node node, InputExpression input)
    {
        if (writer.IsConstant(node.Inputs[input.Index]) || writer.ViewOf(node.Inputs[input.Index]).Quantization is not { } quantization)
        {
            return input;
        }

        var level = new ConvertExpression(input with { Type = ElementType.UInt8 }, ElementType.Float32);
        var centred = new CallExpression(ElementwiseFunction.Subtract, new EquatableArray<Expression>([level, Literal(quantization.ZeroPoint)]), ElementType.Float32);
        return new CallExpression(ElementwiseFunction.Multiply, new EquatableArray<Expression>([centred, Literal(quantization.Scale)]), ElementType.Float32);
    }

    private static LiteralExpression Literal(float value) => new(value, ElementType.Float32);
}
