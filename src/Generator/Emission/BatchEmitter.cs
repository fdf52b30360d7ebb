using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes the members for batches of any size, where the model leaves the batch open: <c>PredictBatch</c> for classifiers, <c>RunBatch</c> for all.</summary>
internal static class BatchEmitter
{
    /// <summary>Writes them.</summary>
    public static void Members(SourceWriter writer, EmissionContext context)
    {
        ModelPlan plan = context.Plan;
        if (plan.Classifier is not null && plan.Inputs.Count == 1)
        {
            foreach (PlanConversion conversion in PredictEmitter.Conversions(context.ClassifierInput))
            {
                Predict(writer, context, context.ClassifierInput, conversion);
            }
        }

        if (plan.Inputs.Concat(plan.Outputs).All(port => port.Find(ConversionKind.Declared) is not null))
        {
            Run(writer, context);
        }
    }

    private static void Predict(SourceWriter writer, EmissionContext context, PlanPort input, PlanConversion conversion)
    {
        string name = PredictEmitter.ParameterOf(context, input, conversion);
        string elements = Literals.Integer(PlanSteps.Elements(conversion.Shape));
        writer.Line();
        writer.Line("/// <summary>Classifies one after the other. Nothing is allocated; <see cref=\"Scores\"/> are those of the last.</summary>");
        writer.Line($"/// <param name=\"{name.TrimStart('@')}\">For each prediction {elements} {RunEmitter.ShapeText(input, conversion)}.</param>");
        writer.Line("/// <param name=\"predictions\">Takes the class with the highest score of each.</param>");
        writer.Line("/// <exception cref=\"ArgumentException\">The first span is not as long as the second wants.</exception>");
        using (writer.Block($"public void PredictBatch(ReadOnlySpan<{PlanSteps.CallerType(input, conversion).Keyword()}> {name}, Span<Prediction> predictions)"))
        {
            writer.Line(Check(input, conversion, name, "predictions.Length"));
            using (writer.Block("for (int index = 0; index < predictions.Length; index++)"))
            {
                writer.Line($"predictions[index] = Predict({Part(name, elements)});");
            }
        }
    }

    private static void Run(SourceWriter writer, EmissionContext context)
    {
        List<(PlanPort Port, PlanConversion Conversion, string Name, bool IsInput)> ports =
        [
            .. context.Plan.Inputs.Select(port => (port, port.Find(ConversionKind.Declared)!, context.Names.Input(port), true)),
            .. context.Plan.Outputs.Select(port => (port, port.Find(ConversionKind.Declared)!, context.Names.Output(port), false)),
        ];
        string count = new NameTable([.. ports.Select(port => port.Name)]).Unique("count");
        string index = new NameTable([.. ports.Select(port => port.Name)]).Unique("index");
        writer.Line();
        writer.Line("/// <summary>Runs the model on a batch, one element after the other. Nothing is allocated.</summary>");
        writer.Line($"/// <param name=\"{count}\">Number of elements in the batch.</param>");
        foreach ((PlanPort port, PlanConversion conversion, string name, bool isInput) in ports)
        {
            writer.Line($"/// <param name=\"{name.TrimStart('@')}\">{(isInput ? "Input" : "Output")} <c>{Literals.Xml(port.Name)}</c>; for each element {PlanSteps.Elements(conversion.Shape)} {RunEmitter.ShapeText(port, conversion)}.</param>");
        }

        writer.Line("/// <exception cref=\"ArgumentException\">A span has another length.</exception>");
        IEnumerable<string> parameters = ports.Select(port => $"{(port.IsInput ? "ReadOnlySpan" : "Span")}<{PlanSteps.CallerType(port.Port, port.Conversion).Keyword()}> {port.Name}");
        using (writer.Block($"public void RunBatch(int {count}, {string.Join(", ", parameters)})"))
        {
            foreach ((PlanPort port, PlanConversion conversion, string name, _) in ports)
            {
                writer.Line(Check(port, conversion, name, count));
            }

            using (writer.Block($"for (int {index} = 0; {index} < {count}; {index}++)"))
            {
                writer.Line($"Run({string.Join(", ", ports.Select(port => Part(port.Name, Literals.Integer(PlanSteps.Elements(port.Conversion.Shape)), index)))});");
            }
        }
    }

    private static string Check(PlanPort port, PlanConversion conversion, string parameter, string count) =>
        $"Expect({parameter}.Length, (long){count} * {Literals.Integer(PlanSteps.Elements(conversion.Shape))}, {Literals.Text($"{RunEmitter.ShapeText(port, conversion)} each")}, nameof({parameter}));";

    private static string Part(string name, string elements, string index = "index") => $"{name}.Slice({index} * {elements}, {elements})";
}
