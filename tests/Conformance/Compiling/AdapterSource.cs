using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Compiling;

/// <summary>Writes the class that calls a generated class: its spans cannot be passed by reflection.</summary>
internal static class AdapterSource
{
    /// <summary>Name of the adapter of a class.</summary>
    public static string NameOf(ModelPlan plan) => plan.ClassName + "Adapter";

    /// <summary>The adapter: one instance of the model, called with arrays.</summary>
    public static string Write(ModelPlan plan)
    {
        IEnumerable<string> inputs = plan.Inputs.Select((port, index) => $"({port.Type.Keyword()}[])inputs[{Text(index)}]");
        IEnumerable<string> outputs = plan.Outputs.Select((_, index) => $"output{Text(index)}");
        IEnumerable<string> spans = plan.Outputs.Select((port, index) => $"output{Text(index)}" + (port.Bound is null ? "" : $", out int count{Text(index)}"));
        IEnumerable<string> cuts = plan.Outputs.Select((port, index) => port.Bound is null ? "" : $"System.Array.Resize(ref output{Text(index)}, count{Text(index)} * {Text(ElementsOfSlice(port))});");
        IEnumerable<string> allocations = plan.Outputs.Select((port, index) => $"var output{Text(index)} = new {port.Type.Keyword()}[{Text(Elements(port))}];");
        return $$"""
            namespace {{plan.Namespace}};

            public sealed class {{NameOf(plan)}}
            {
                private readonly {{plan.ClassName}} model = new();

                public System.Array[] Run(System.Array[] inputs)
                {
                    {{string.Join("\n        ", allocations)}}
                    model.Run({{string.Join(", ", inputs.Concat(spans))}});
                    {{string.Join("\n        ", cuts.Where(cut => cut.Length > 0))}}
                    return new System.Array[] { {{string.Join(", ", outputs)}} };
                }
            }
            """;
    }

    private static int Elements(PlanPort port) => port.Shape.Aggregate(1, (product, extent) => product * extent);

    // Of a slice along the axis whose extent depends on the data.
    private static int ElementsOfSlice(PlanPort port) => port.Shape.Where((_, axis) => axis != port.Bound!.Axis).Aggregate(1, (product, extent) => product * extent);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
