using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>The values of a plan as C# expressions.</summary>
internal static class ValueText
{
    /// <summary>The parameter of a conversion's method: the span of the caller.</summary>
    public const string Caller = "caller";

    /// <summary>The variable that counts the iterations of a loop.</summary>
    /// <param name="depth">Loops around it.</param>
    public static string Iteration(int depth) => "iteration" + (depth == 0 ? "" : Literals.Integer(depth));

    /// <summary>An argument of a kernel.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="value">The argument.</param>
    /// <param name="callerType">In a conversion, the elements of the caller's span.</param>
    public static string Of(EmissionContext context, PlanValue value, ElementType? callerType) => value switch
    {
        IntegerValue integer => Literals.Integer(integer.Value),
        FloatValue real => Literals.Float(real.Value),
        BooleanValue truth => Literals.Boolean(truth.Value),
        TextValue text => Literals.Text(text.Value),
        ListValue list => "[" + string.Join(", ", list.Items.Select(item => Of(context, item, callerType))) + "]",
        TensorValue tensor => Region(context.Tensor(tensor.Tensor), tensor),
        ConstantValue constant => Region(context.Constant(constant.Constant), constant.Type),
        PortValue port => CallerSpan(port.Type, callerType),
        StructureValue structure =>
            $"new Kernels.{structure.Type}({string.Join(", ", structure.Fields.Select(field => $"{field.Name}: {Of(context, field.Value, callerType)}"))})",
        _ => "default",
    };

    /// <summary>What the memory behind an argument is called, for a comment; empty when it is no memory.</summary>
    public static string Comment(EmissionContext context, PlanValue value) => value switch
    {
        TensorValue tensor => Name(tensor.Tensor) + ", " + Literals.Shape(context.Tensor(tensor.Tensor).Shape),
        ConstantValue constant => Name(constant.Constant),
        _ => "",
    };

    private static string Name(string name) => "'" + Literals.OneLine(name) + "'";

    private static string Region(PlanTensor tensor, TensorValue view)
    {
        int size = view.Type.SizeOf();
        long offset = tensor.Offset + ((long)view.Offset * size);
        long length = ((long)tensor.Length * tensor.Type.SizeOf() / size) - view.Offset;
        string position = Literals.Integer(offset), rest = Literals.Integer(length);
        for (int loop = 0; loop < view.Strides.Count; loop++)
        {
            position += Moved(loop, (long)view.Strides[loop] * size);
            rest += Moved(loop, -(long)view.Strides[loop]);
        }

        return $"{view.Type}({position}, {rest})";
    }

    private static string Moved(int loop, long stride) =>
        stride == 0 ? "" : $" {(stride < 0 ? '-' : '+')} ({Iteration(loop)} * {Literals.Integer(stride < 0 ? -stride : stride)})";

    private static string Region(PlanConstant constant, ElementType type)
    {
        long length = (long)constant.Length * constant.Type.SizeOf() / type.SizeOf();
        string memory = constant.Uniform is null ? "Weights" : "Weights.Uniform";
        return $"{memory}.{type}({Literals.Integer(constant.Offset)}, {Literals.Integer(length)})";
    }

    private static string CallerSpan(ElementType type, ElementType? callerType) =>
        callerType is { } actual && actual != type
            ? $"MemoryMarshal.Cast<{actual.Keyword()}, {type.Keyword()}>({Caller})"
            : Caller;
}
