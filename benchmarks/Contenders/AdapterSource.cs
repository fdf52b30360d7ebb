using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>Writes the class that calls a generated class: its spans cannot be passed by reflection.</summary>
internal static class AdapterSource
{
    /// <summary>Full name of the adapter of a class.</summary>
    public static string NameOf(ModelPlan plan) => $"{plan.Namespace}.{plan.ClassName}Adapter";

    /// <summary>The adapter: an instance of the model and the arrays that it reads and writes.</summary>
    public static string Write(ModelPlan plan)
    {
        IEnumerable<string> inputs = plan.Inputs.Select((port, index) => Array(port, "input", index));
        IEnumerable<string> outputs = plan.Outputs.Select((port, index) => Array(port, "output", index));
        IEnumerable<string> arguments = plan.Inputs.Select((_, index) => "input" + Text(index))
            .Concat(plan.Outputs.Select((port, index) => "output" + Text(index) + (port.Bound is null ? "" : ", out _")));
        return $$"""
            namespace {{plan.Namespace}};

            public sealed class {{plan.ClassName}}Adapter
            {
                private readonly {{plan.ClassName}} model = new();
                {{string.Join("\n    ", inputs.Concat(outputs))}}

                public System.Array[] Inputs => new System.Array[] { {{string.Join(", ", plan.Inputs.Select((_, index) => "input" + Text(index)))}} };

                public void Predict() => model.Run({{string.Join(", ", arguments)}});
            }
            """;
    }

    private static string Array(PlanPort port, string name, int index) =>
        $"private readonly {port.Type.Keyword()}[] {name}{Text(index)} = new {port.Type.Keyword()}[{Text(port.Shape.Aggregate(1, (product, extent) => product * extent))}];";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
