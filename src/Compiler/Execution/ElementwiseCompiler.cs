using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Execution;

/// <summary>
/// Turns an elementwise step into the loops that the generator writes as text. All functions are those of <see cref="ElementwiseMath"/>, also
/// where generated code has operators, which mean the same.
/// </summary>
internal sealed class ElementwiseCompiler
{
    private readonly StepContext context;
    private readonly ILGenerator code;
    private readonly PlanStep step;
    private readonly int[] shape;
    private readonly LocalBuilder[] indices;
    private readonly Dictionary<int, Operand> inputs = [];

    private ElementwiseCompiler(StepContext context, PlanStep step)
    {
        this.context = context;
        this.step = step;
        code = context.Code;
        shape = Integers("shape");
        indices = [.. shape.Select(_ => code.DeclareLocal(typeof(int)))];
    }

    public static void Emit(StepContext context, PlanStep step)
    {
        var compiler = new ElementwiseCompiler(context, step);
        compiler.Emit();
    }

    private void Emit()
    {
        Expression expression = ReadExpression();
        Operand output = DeclareOperand("output", "outputStrides", expression.Type, isReadOnly: false);
        DeclareInputs(expression);
        Loops(0, () =>
        {
            Address(output);
            Evaluate(expression);
            code.Emit(OpCodes.Stobj, expression.Type.NetType());
        });
    }

    private Expression ReadExpression()
    {
        string text = step.Find("expression") is TextValue value ? value.Value : throw context.Error("expression", "a text is expected");
        try
        {
            return ExpressionText.Read(text);
        }
        catch (FormatException exception)
        {
            throw context.Error("expression", exception.Message);
        }
    }

    private void Loops(int dimension, Action body)
    {
        if (dimension == shape.Length)
        {
            body();
            return;
        }

        Label test = code.DefineLabel();
        Label top = code.DefineLabel();
        code.Emit(OpCodes.Ldc_I4_0);
        code.Emit(OpCodes.Stloc, indices[dimension]);
        code.Emit(OpCodes.Br, test);
        code.MarkLabel(top);
        Loops(dimension + 1, body);
        code.Emit(OpCodes.Ldloc, indices[dimension]);
        code.Emit(OpCodes.Ldc_I4_1);
        code.Emit(OpCodes.Add);
        code.Emit(OpCodes.Stloc, indices[dimension]);
        code.MarkLabel(test);
        code.Emit(OpCodes.Ldloc, indices[dimension]);
        code.Emit(OpCodes.Ldc_I4, shape[dimension]);
        code.Emit(OpCodes.Blt, top);
    }

    private void Evaluate(Expression expression)
    {
        switch (expression)
        {
            case InputExpression input:
                Address(inputs[input.Index]);
                code.Emit(OpCodes.Ldobj, input.Type.NetType());
                break;
            case LiteralExpression literal:
                context.Number(ElementwiseMethods.ValueOf(literal));
                break;
            case CallExpression call:
                foreach (Expression operand in call.Operands)
                {
                    Evaluate(operand);
                }

                code.Emit(OpCodes.Call, ElementwiseMethods.Of(call.Function, call.Operands[0].Type));
                break;
            case ConvertExpression convert:
                Evaluate(convert.Operand);
                Convert(convert.Operand.Type, convert.Type);
                break;
            case SelectExpression select:
                Select(select);
                break;
        }
    }

    private void Select(SelectExpression select)
    {
        Label otherwise = code.DefineLabel();
        Label end = code.DefineLabel();
        Evaluate(select.Condition);
        code.Emit(OpCodes.Brfalse, otherwise);
        Evaluate(select.WhenTrue);
        code.Emit(OpCodes.Br, end);
        code.MarkLabel(otherwise);
        Evaluate(select.WhenFalse);
        code.MarkLabel(end);
    }

    private void Convert(ElementType from, ElementType to)
    {
        if (from == to)
        {
            return;
        }

        if (to == ElementType.Boolean)
        {
            Helper(nameof(ExecutionMemory.ToBoolean), from.NetType());
        }
        else if (from == ElementType.Boolean)
        {
            Helper(nameof(ExecutionMemory.FromBoolean), to.NetType());
        }
        else if (from.IsFloat() && !to.IsFloat())
        {
            // Small integers wrap around, as they do in a C# cast, after the number was brought into the range of int.
            ElementType wide = to.SizeOf() < 4 ? ElementType.Int32 : to;
            code.Emit(OpCodes.Conv_R8);
            code.Emit(OpCodes.Call, typeof(ElementwiseMath).GetMethod("To" + wide, [typeof(double)])!);
            Convert(wide, to);
        }
        else
        {
            Helper(nameof(ExecutionMemory.Convert), from.NetType(), to.NetType());
        }
    }

    private void Helper(string name, params Type[] types)
    {
        MethodInfo method = typeof(ExecutionMemory).GetMethod(name)!;
        code.Emit(OpCodes.Call, method.MakeGenericMethod(types));
    }

    // Pushes the reference to the operand's element at the loops' indices; the indexer checks that it is inside.
    private void Address(Operand operand)
    {
        code.Emit(OpCodes.Ldloca, operand.Span);
        code.Emit(OpCodes.Ldc_I4_0);
        for (int dimension = 0; dimension < shape.Length; dimension++)
        {
            code.Emit(OpCodes.Ldloc, indices[dimension]);
            code.Emit(OpCodes.Ldc_I4, operand.Strides[dimension]);
            code.Emit(OpCodes.Mul);
            code.Emit(OpCodes.Add);
        }

        code.Emit(OpCodes.Call, operand.Span.LocalType.GetProperty("Item")!.GetMethod!);
    }

    private void DeclareInputs(Expression expression)
    {
        switch (expression)
        {
            case InputExpression input:
                string number = input.Index.ToString(CultureInfo.InvariantCulture);
                if (!inputs.ContainsKey(input.Index))
                {
                    inputs.Add(input.Index, DeclareOperand("x" + number, "strides" + number, input.Type, isReadOnly: true));
                }

                break;
            case CallExpression call:
                foreach (Expression operand in call.Operands)
                {
                    DeclareInputs(operand);
                }

                break;
            case ConvertExpression convert:
                DeclareInputs(convert.Operand);
                break;
            case SelectExpression select:
                DeclareInputs(select.Condition);
                DeclareInputs(select.WhenTrue);
                DeclareInputs(select.WhenFalse);
                break;
        }
    }

    private Operand DeclareOperand(string name, string stridesName, ElementType type, bool isReadOnly)
    {
        PlanValue value = step.Find(name) ?? throw context.Error(name, "it is missing");
        int[] strides = Integers(stridesName);
        if (strides.Length != shape.Length)
        {
            throw context.Error(stridesName, "one stride a dimension is expected");
        }

        Type element = type.NetType();
        LocalBuilder span = code.DeclareLocal((isReadOnly ? typeof(ReadOnlySpan<>) : typeof(Span<>)).MakeGenericType(element));
        context.Span(name, value, element, isReadOnly);
        code.Emit(OpCodes.Stloc, span);
        return new Operand(span, strides);
    }

    private int[] Integers(string name) => step.Find(name) is ListValue list
        ? [.. list.Items.Select(item => (int)context.NumberOf(name, item, typeof(int)))]
        : throw context.Error(name, "a list is expected");

    private sealed record Operand(LocalBuilder Span, int[] Strides);
}
