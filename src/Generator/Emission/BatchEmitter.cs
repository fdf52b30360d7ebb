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
        foreach (PlanConversion conversion in PredictConversions(context))
        {
            Predict(writer, context, context.ClassifierInput, conversion);
        }

        if (RunPorts(context) is { Count: > 0 } ports)
        {
            Run(writer, ports);
        }
    }

    /// <summary>The forms of the input that <c>PredictBatch</c> takes; none where the class is no classifier of one input.</summary>
    public static IEnumerable<PlanConversion> PredictConversions(EmissionContext context) =>
        context.Plan.Classifier is not null && context.Plan.Inputs.Count == 1 ? PredictEmitter.Conversions(context.ClassifierInput) : [];

    /// <summary>The parameters of <c>RunBatch</c>; none where an input or output cannot be given as the model declares it.</summary>
    public static IReadOnlyList<BatchPort> RunPorts(EmissionContext context)
    {
        ModelPlan plan = context.Plan;
        return plan.Inputs.Concat(plan.Outputs).Any(port => port.Find(ConversionKind.Declared) is null) ? [] :
        [
            .. plan.Inputs.Select(port => new BatchPort(port, port.Find(ConversionKind.Declared)!, context.Names.Input(port), true)),
            .. plan.Outputs.Select(port => new BatchPort(port, port.Find(ConversionKind.Declared)!, context.Names.Output(port), false)),
        ];
    }

    /// <summary>The line that refuses a batch of another length.</summary>
    public static string Check(PlanPort port, PlanConversion conversion, string parameter, string count) =>
        $"Expect({parameter}.Length, (long){count} * {Literals.Integer(PlanSteps.Elements(conversion.Shape))}, {Literals.Text($"{RunEmitter.ShapeText(port, conversion)} each")}, nameof({parameter}));";

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

    private static void Run(SourceWriter writer, IReadOnlyList<BatchPort> ports)
    {
        var names = new NameTable([.. ports.Select(port => port.Name)]);
        string count = names.Unique("count");
        string index = names.Unique("index");
        writer.Line();
        writer.Line("/// <summary>Runs the model on a batch, one element after the other. Nothing is allocated.</summary>");
        RunParameters(writer, ports, count);
        using (writer.Block($"public void RunBatch(int {count}, {string.Join(", ", ports.Select(port => $"{(port.IsInput ? "ReadOnlySpan" : "Span")}<{port.Keyword}> {port.Name}"))})"))
        {
            foreach (BatchPort port in ports)
            {
                writer.Line(Check(port.Port, port.Conversion, port.Name, count));
            }

            using (writer.Block($"for (int {index} = 0; {index} < {count}; {index}++)"))
            {
                writer.Line($"Run({string.Join(", ", ports.Select(port => Part(port.Name, port.Elements, index)))});");
            }
        }
    }

    /// <summary>Documents the parameters of <c>RunBatch</c>.</summary>
    public static void RunParameters(SourceWriter writer, IReadOnlyList<BatchPort> ports, string count)
    {
        writer.Line($"/// <param name=\"{count}\">Number of elements in the batch.</param>");
        foreach (BatchPort port in ports)
        {
            writer.Line($"/// <param name=\"{port.Name.TrimStart('@')}\">{(port.IsInput ? "Input" : "Output")} <c>{Literals.Xml(port.Port.Name)}</c>; for each element {port.Elements} {RunEmitter.ShapeText(port.Port, port.Conversion)}.</param>");
        }

        writer.Line("/// <exception cref=\"ArgumentException\">A span has another length.</exception>");
    }

    private static string Part(string name, string elements, string index = "index") => $"{name}.Slice({index} * {elements}, {elements})";
}

/// <summary>A parameter of <c>RunBatch</c>.</summary>
/// <param name="Port">The input or output.</param>
/// <param name="Conversion">The form it is given in.</param>
/// <param name="Name">The parameter's name as it stands in source.</param>
/// <param name="IsInput">Whether the caller gives it.</param>
internal sealed record BatchPort(PlanPort Port, PlanConversion Conversion, string Name, bool IsInput)
{
    /// <summary>Elements of one example.</summary>
    public string Elements => Literals.Integer(PlanSteps.Elements(Conversion.Shape));

    /// <summary>Their type.</summary>
    public string Keyword => PlanSteps.CallerType(Port, Conversion).Keyword();
}
