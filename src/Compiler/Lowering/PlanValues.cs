using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Short ways to write arguments of steps.</summary>
public static class PlanValues
{
    /// <summary>A whole number.</summary>
    public static PlanValue Plan(this int value) => new IntegerValue(value);

    /// <summary>A float32.</summary>
    public static PlanValue Plan(this float value) => new FloatValue(value);

    /// <summary>A truth value.</summary>
    public static PlanValue Plan(this bool value) => new BooleanValue(value);

    /// <summary>A list of whole numbers.</summary>
    public static PlanValue Plan(this IEnumerable<int> values) => new ListValue(values.Select(value => value.Plan()).ToEquatableArray());

    /// <summary>A structure.</summary>
    public static PlanValue Structure(string type, params IEnumerable<(string Name, int Value)> fields) =>
        new StructureValue(type, fields.Select(field => new PlanArgument(field.Name, field.Value.Plan())).ToEquatableArray());
}
