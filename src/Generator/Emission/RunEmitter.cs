using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes <c>Run</c>: every input in, every output out, as the model declares them or in their quantised form.</summary>
internal static class RunEmitter
{
    /// <summary>Writes the overloads that the plan's conversions allow.</summary>
    public static void Overloads(SourceWriter writer, EmissionContext context)
    {
        ModelPlan plan = context.Plan;
        List<PlanPort> ports = PlanSteps.Ports(plan).ToList();
        bool isDeclared = ports.All(port => port.Find(ConversionKind.Declared) is not null);
        if (isDeclared)
        {
            Overload(writer, context, ConversionKind.Declared, "Runs the model: every input in, every output out, in the types that the model declares.");
        }

        bool isSame = isDeclared && ports.All(port => port.Type == ElementType.Int8);
        if (!isSame && ports.Count > 0 && ports.All(port => port.Find(ConversionKind.Quantized) is not null))
        {
            Overload(writer, context, ConversionKind.Quantized, "Runs the model on quantised inputs, as it computes inside: nothing is converted.");
        }
    }

    /// <summary>Writes the check that all public methods make.</summary>
    public static void LengthCheck(SourceWriter writer)
    {
        writer.Line();
        writer.Lines(
            """
            private static void Expect(int length, long expected, string shape, string name)
            {
                if (length != expected)
                {
                    throw new ArgumentException($"{name}: expected {expected} {shape}, got {length}.", name);
                }
            }
            """);
    }

    /// <summary>The check of one span, as a statement.</summary>
    public static string Check(PlanPort port, PlanConversion conversion, string parameter) =>
        $"Expect({parameter}.Length, {Literals.Integer(PlanSteps.Elements(conversion.Shape))}, {Literals.Text(ShapeText(port, conversion))}, nameof({parameter}));";

    /// <summary>What a span holds, for people: <c>floats: 1 × 28 × 28</c>.</summary>
    public static string ShapeText(PlanPort port, PlanConversion conversion)
    {
        string type = PlanSteps.CallerType(port, conversion).Keyword();
        return $"{type}s: {Literals.Shape(conversion.Shape)}{(conversion.Kind == ConversionKind.Pixels ? " pixels" : "")}";
    }

    private static void Overload(SourceWriter writer, EmissionContext context, ConversionKind kind, string summary)
    {
        List<(PlanPort Port, PlanConversion Conversion, string Name)> inputs =
            context.Plan.Inputs.Select(port => (port, port.Find(kind)!, context.Names.Input(port))).ToList();
        List<(PlanPort Port, PlanConversion Conversion, string Name)> outputs =
            context.Plan.Outputs.Select(port => (port, port.Find(kind)!, context.Names.Output(port))).ToList();

        writer.Line();
        writer.Line($"/// <summary>{summary}</summary>");
        foreach ((PlanPort port, PlanConversion conversion, string name) in inputs.Concat(outputs))
        {
            writer.Line($"/// <param name=\"{name.TrimStart('@')}\">{(context.Plan.Inputs.Contains(port) ? "Input" : "Output")} <c>{Literals.Xml(port.Name)}</c>; {PlanSteps.Elements(conversion.Shape)} {ShapeText(port, conversion)}.</param>");
        }

        foreach (PlanPort port in context.Plan.Outputs.Where(port => port.Bound is not null))
        {
            writer.Line($"/// <param name=\"{context.Names.Count(port).TrimStart('@')}\">{CountText(context, port)}</param>");
        }

        writer.Line("/// <exception cref=\"ArgumentException\">A span has another length.</exception>");
        IEnumerable<string> parameters = inputs.Select(input => $"ReadOnlySpan<{Keyword(input.Port, input.Conversion)}> {input.Name}")
            .Concat(outputs.Select(output => $"Span<{Keyword(output.Port, output.Conversion)}> {output.Name}"
                + (output.Port.Bound is null ? "" : $", out int {context.Names.Count(output.Port)}")));
        using (writer.Block($"public void Run({string.Join(", ", parameters)})"))
        {
            foreach ((PlanPort port, PlanConversion conversion, string name) in inputs.Concat(outputs))
            {
                writer.Line(Check(port, conversion, name));
            }

            foreach ((_, PlanConversion conversion, string name) in inputs)
            {
                writer.Line($"{context.Names.Conversion(conversion)}({name});");
            }

            writer.Line("Infer();");
            foreach ((PlanPort port, PlanConversion conversion, string name) in outputs)
            {
                writer.Line($"{context.Names.Conversion(conversion)}({name});");
                if (port.Bound is { } bound)
                {
                    writer.Line($"{context.Names.Count(port)} = (int){ValueText.Of(context, bound.Count, null)}[0];");
                }
            }
        }
    }

    private static string CountText(EmissionContext context, PlanPort port)
    {
        string span = context.Names.Output(port).TrimStart('@');
        IEnumerable<string> extents = port.Shape.Select((extent, axis) => axis == port.Bound!.Axis ? context.Names.Count(port).TrimStart('@') : Literals.Integer(extent));
        return $"How many slices the model found, 0…{Literals.Integer(port.Shape[port.Bound!.Axis])}: <paramref name=\"{span}\"/> begins with "
            + $"{string.Join(" × ", extents)} elements, and zeros follow.";
    }

    private static string Keyword(PlanPort port, PlanConversion conversion) => PlanSteps.CallerType(port, conversion).Keyword();
}
