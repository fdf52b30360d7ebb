using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection.Emit;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Execution;

/// <summary>A compiled step.</summary>
/// <param name="arena">The activations.</param>
/// <param name="weights">The constants.</param>
/// <param name="port">In a conversion the caller's span, else empty.</param>
/// <param name="iterations">The numbers of the current iterations of the loops around, the outermost first.</param>
internal delegate void CompiledStep(Span<byte> arena, ReadOnlySpan<byte> weights, Span<byte> port, int[] iterations);

/// <summary>The code of one step while it is written: its memory and its lists.</summary>
internal sealed class StepContext
{
    private readonly IReadOnlyDictionary<string, PlanTensor> tensors;
    private readonly IReadOnlyDictionary<string, PlanConstant> constants;
    private readonly PlanStep step;
    private readonly List<object> lists = [];
    private readonly DynamicMethod method;
    private readonly bool portIsReadOnly;

    /// <summary>Begins the code of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="tensors">Regions of the arena by name.</param>
    /// <param name="constants">Regions of the weights by name.</param>
    /// <param name="portIsReadOnly">Whether the caller's span is an input's.</param>
    public StepContext(
        PlanStep step, IReadOnlyDictionary<string, PlanTensor> tensors, IReadOnlyDictionary<string, PlanConstant> constants, bool portIsReadOnly)
    {
        this.step = step;
        this.portIsReadOnly = portIsReadOnly;
        this.tensors = tensors;
        this.constants = constants;
        method = new DynamicMethod(
            step.Name, typeof(void), [typeof(object[]), typeof(Span<byte>), typeof(ReadOnlySpan<byte>), typeof(Span<byte>), typeof(int[])], typeof(StepContext).Module, skipVisibility: true);
        Code = method.GetILGenerator();
    }

    /// <summary>The instructions.</summary>
    public ILGenerator Code { get; }

    /// <summary>The method, when all its code is there.</summary>
    public CompiledStep Finish()
    {
        Code.Emit(OpCodes.Ret);
        return method.CreateDelegate<CompiledStep>(lists.ToArray());
    }

    /// <summary>What is wrong with the step.</summary>
    public InvalidOperationException Error(string parameter, string problem) =>
        new($"step '{step.Name}': argument '{parameter}' of {step.Kernel}: {problem}");

    /// <summary>Pushes a <c>Span</c> or <c>ReadOnlySpan</c> over memory or a list.</summary>
    public void Span(string parameter, PlanValue value, Type element, bool isReadOnly)
    {
        switch (value)
        {
            case TensorValue tensor:
                Expect(parameter, tensor.Type, element);
                PlanTensor region = tensors.GetValueOrDefault(tensor.Tensor) ?? throw Error(parameter, $"there is no tensor '{tensor.Tensor}'");
                int skipped = checked(tensor.Offset * tensor.Type.SizeOf());
                int[] strides = [.. tensor.Strides.Select(stride => checked(stride * tensor.Type.SizeOf()))];
                Region(isReadOnly ? nameof(ExecutionMemory.ReadOnlyTensor) : nameof(ExecutionMemory.Tensor), OpCodes.Ldarg_1, element, checked(region.Offset + skipped), (region.Length * region.Type.SizeOf()) - skipped, strides);
                break;
            case ConstantValue constant:
                Expect(parameter, constant.Type, element);
                PlanConstant data = constants.GetValueOrDefault(constant.Constant) ?? throw Error(parameter, $"there is no constant '{constant.Constant}'");
                ExpectReadOnly(parameter, isReadOnly);
                Region(nameof(ExecutionMemory.Constant), OpCodes.Ldarg_2, element, data.Offset, data.Length * data.Type.SizeOf());
                break;
            case PortValue port:
                Expect(parameter, port.Type, element);
                ExpectReadOnly(parameter, isReadOnly || !portIsReadOnly);
                Code.Emit(OpCodes.Ldarg_3);
                Call(isReadOnly ? nameof(ExecutionMemory.ReadOnlyPort) : nameof(ExecutionMemory.Port), element);
                break;
            case ListValue list:
                ExpectReadOnly(parameter, isReadOnly);
                Code.Emit(OpCodes.Ldarg_0);
                Code.Emit(OpCodes.Ldc_I4, lists.Count);
                lists.Add(ListOf(parameter, list, element));
                Call(nameof(ExecutionMemory.List), element);
                break;
            default:
                throw Error(parameter, "a span is expected");
        }
    }

    /// <summary>Pushes a number.</summary>
    public void Number(object value)
    {
        switch (value)
        {
            case float real:
                Code.Emit(OpCodes.Ldc_R4, real);
                break;
            case double real:
                Code.Emit(OpCodes.Ldc_R8, real);
                break;
            case long integer:
                Code.Emit(OpCodes.Ldc_I8, integer);
                break;
            case ulong integer:
                Code.Emit(OpCodes.Ldc_I8, unchecked((long)integer));
                break;
            case uint integer:
                Code.Emit(OpCodes.Ldc_I4, unchecked((int)integer));
                break;
            case bool truth:
                Code.Emit(truth ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
                break;
            default:
                Code.Emit(OpCodes.Ldc_I4, Convert.ToInt32(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>A number of a plan as a number of a parameter's type; what C# would not convert by itself is an error.</summary>
    public object NumberOf(string parameter, PlanValue value, Type type)
    {
        try
        {
            return value switch
            {
                BooleanValue truth when type == typeof(bool) => truth.Value,
                FloatValue real when type == typeof(float) => real.Value,
                FloatValue real when type == typeof(double) => (double)real.Value,
                IntegerValue integer when type != typeof(bool) => Convert.ChangeType(integer.Value, type, CultureInfo.InvariantCulture),
                _ => throw Error(parameter, $"{value} is not a {type.Name}"),
            };
        }
        catch (Exception exception) when (exception is OverflowException or InvalidCastException)
        {
            throw Error(parameter, $"{value} is not a {type.Name}");
        }
    }

    private Array ListOf(string parameter, ListValue list, Type element)
    {
        Array array = Array.CreateInstance(element, list.Items.Count);
        for (int index = 0; index < array.Length; index++)
        {
            array.SetValue(NumberOf(parameter, list.Items[index], element), index);
        }

        return array;
    }

    private void Region(string helper, OpCode memory, Type element, int offset, int bytes, params int[] strides)
    {
        Code.Emit(memory);
        Code.Emit(OpCodes.Ldc_I4, offset);
        Iterations(strides, OpCodes.Add);
        Code.Emit(OpCodes.Ldc_I4, bytes);
        Iterations(strides, OpCodes.Sub);
        Call(helper, element);
    }

    // Moves the number on the stack by a stride for each iteration of the loops around.
    private void Iterations(int[] strides, OpCode direction)
    {
        for (int loop = 0; loop < strides.Length; loop++)
        {
            if (strides[loop] != 0)
            {
                Code.Emit(OpCodes.Ldarg_S, (byte)4);
                Code.Emit(OpCodes.Ldc_I4, loop);
                Code.Emit(OpCodes.Ldelem_I4);
                Code.Emit(OpCodes.Ldc_I4, strides[loop]);
                Code.Emit(OpCodes.Mul);
                Code.Emit(direction);
            }
        }
    }

    private void Call(string helper, Type element) => Code.Emit(OpCodes.Call, typeof(ExecutionMemory).GetMethod(helper)!.MakeGenericMethod(element));

    private void Expect(string parameter, ElementType type, Type element)
    {
        if (type.NetType() != element)
        {
            throw Error(parameter, $"elements of {element.Name} are expected, not {type}");
        }
    }

    private void ExpectReadOnly(string parameter, bool isReadOnly)
    {
        if (!isReadOnly)
        {
            throw Error(parameter, "it would be written to");
        }
    }
}
