using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Export;

/// <summary>Elementwise expressions: a node for each function.</summary>
internal static class ElementwiseExport
{
    // Functions that ONNX has under a name of its own; all others have the same name there.
    private static readonly Dictionary<ElementwiseFunction, string> Names = new()
    {
        [ElementwiseFunction.Negate] = "Neg",
        [ElementwiseFunction.Ceiling] = "Ceil",
        [ElementwiseFunction.Subtract] = "Sub",
        [ElementwiseFunction.Multiply] = "Mul",
        [ElementwiseFunction.Divide] = "Div",
        [ElementwiseFunction.Power] = "Pow",
        [ElementwiseFunction.Minimum] = "Min",
        [ElementwiseFunction.Maximum] = "Max",
        [ElementwiseFunction.Remainder] = "Mod",
        [ElementwiseFunction.Modulo] = "Mod",
    };

    /// <summary>The nodes of an expression.</summary>
    public static void Elementwise(NodeExport node)
    {
        Layout layout = node.Preferred;
        int rank = node.Graph.ShapeOf(node.Node.Output).Rank;
        string[] inputs = [.. node.Node.Inputs.Select(input => node.Graph.Constants.TryGetValue(input, out Tensor? constant) && layout != Layout.Own
            ? node.Writer.AddConstant(input, layout.Arrange(constant, rank))
            : node.Values.Plain(input, layout))];
        string result = new Translation(node, inputs).Of(((Elementwise)node.Node.Op).Expression);
        Shape shape = inputs.Length == 0 ? Shape.Scalar : node.Node.Inputs.Select(node.Graph.ShapeOf).Aggregate(Shape.Broadcast);
        string[] read = [.. Ops.Elementwise.InputsOf(((Elementwise)node.Node.Op).Expression).Select(input => node.Node.Inputs[input.Index])];
        bool isWhole = read.Length > 0 && read.Select(node.Graph.ShapeOf).Aggregate(Shape.Broadcast) == shape;
        node.Define(isWhole ? result : node.Add("Expand", [result, node.Integers("shape", layout.Arrange(shape.Extents))]), layout);
    }

    private sealed class Translation(NodeExport node, string[] inputs)
    {
        private readonly Dictionary<Expression, string> known = [];

        public string Of(Expression expression)
        {
            if (!known.TryGetValue(expression, out string? name))
            {
                name = Translated(expression);
                known.Add(expression, name);
            }

            return name;
        }

        private string Translated(Expression expression) => expression switch
        {
            InputExpression input => inputs[input.Index],
            LiteralExpression literal => node.Constant("number", Number(literal)),
            ConvertExpression convert => node.Add("Cast", [Of(convert.Operand)], OnnxWriter.Attribute("to", OnnxWriter.CodeOf(convert.Type))),
            SelectExpression select => node.Add("Where", [Of(select.Condition), Of(select.WhenTrue), Of(select.WhenFalse)]),
            CallExpression { Function: ElementwiseFunction.Maximum, Operands: [var operand, LiteralExpression { Value: 0 }], Type: ElementType.Float32 } =>
                node.Add("Relu", [Of(operand)]),
            CallExpression call => node.Add(NameOf(call), call.Operands.Select(Of), Attributes(call)),
            _ => throw new NotExportedException($"the expression {expression}"),
        };

        private static string NameOf(CallExpression call)
        {
            bool isReal = call.Type is ElementType.Float32 or ElementType.Float64;
            bool isKnown = call.Function switch
            {
                ElementwiseFunction.ToBits or ElementwiseFunction.FromBits or ElementwiseFunction.Quantize
                    or ElementwiseFunction.ShiftLeft or ElementwiseFunction.ShiftRight => false,
                ElementwiseFunction.Modulo => !isReal,
                _ => true,
            };
            return isKnown ? Names.GetValueOrDefault(call.Function, call.Function.ToString()) : throw new NotExportedException($"the function {call.Function} of {call.Type}");
        }

        private static AttributeProto[] Attributes(CallExpression call) =>
            call.Function == ElementwiseFunction.Remainder ? [OnnxWriter.Attribute("fmod", 1)] : [];

        private static Tensor Number(LiteralExpression literal)
        {
            Array number = Array.CreateInstance(literal.Type.NetType(), 1);
            number.SetValue(literal.Type == ElementType.Boolean ? literal.Value != 0 : Convert.ChangeType(literal.Value, literal.Type.NetType(), null), 0);
            return Tensor.Of(Shape.Scalar, number);
        }
    }
}
