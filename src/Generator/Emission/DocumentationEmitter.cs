using System.Linq;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes the XML documentation of a model's class: what one would otherwise have to open the model for.</summary>
internal static class DocumentationEmitter
{
    private const int LabelsShown = 20;

    public static void Class(SourceWriter writer, ModelPlan plan)
    {
        writer.Line("/// <summary>");
        writer.Line(
            $"/// The model <c>{Literals.Xml(plan.Source)}</c> in {Literals.Xml(plan.Precision)}: {Literals.Bytes(plan.WeightBytes)} of weights, "
            + $"{Literals.Bytes(plan.ArenaBytes)} of working memory"
            + (plan.MultiplyAccumulates > 0 ? $", {Literals.Count(plan.MultiplyAccumulates)} multiply-accumulates a prediction." : "."));
        writer.Line("/// </summary>");
        writer.Line("/// <remarks>");
        foreach (string remark in plan.Remarks)
        {
            writer.Line($"/// <para>{Literals.Xml(remark)}</para>");
        }

        writer.Line("/// <para>An instance owns its working memory: use it from one thread at a time, and make one a thread.</para>");
        if (plan.ResetSteps.Count > 0)
        {
            string states = string.Join(", ", plan.ResetSteps.Select(step => $"<c>{Literals.Xml(step.Name)}</c>"));
            writer.Line($"/// <para>Each prediction leaves its state for the next: {states}. <see cref=\"ResetState\"/> forgets it.</para>");
        }

        Ports(writer, "Inputs", plan.Inputs);
        Ports(writer, "Outputs", plan.Outputs);
        Labels(writer, plan);
        writer.Line("/// </remarks>");
    }

    private static void Ports(SourceWriter writer, string title, EquatableArray<PlanPort> ports)
    {
        if (ports.Count == 0)
        {
            return;
        }

        writer.Line("/// <list type=\"table\">");
        writer.Line($"/// <listheader><term>{title}</term><description>Type and shape</description></listheader>");
        foreach (PlanPort port in ports)
        {
            string quantization = port.Scale > 0 ? $", quantised as (q − {Literals.Integer(PlanSteps.DeclaredZero(port))}) × {Literals.Float(port.Scale).TrimEnd('f')}" : "";
            string bound = port.Bound is null ? "" : $", or fewer along axis {Literals.Integer(port.Bound.Axis)}: as many as the data says";
            writer.Line($"/// <item><term><c>{Literals.Xml(port.Name)}</c></term><description>{port.Type.Keyword()}, {Literals.Shape(port.Shape)}{bound}{quantization}</description></item>");
        }

        writer.Line("/// </list>");
    }

    private static void Labels(SourceWriter writer, ModelPlan plan)
    {
        if (plan.Labels.Count > 0)
        {
            string more = plan.Labels.Count > LabelsShown ? $", and {Literals.Integer(plan.Labels.Count - LabelsShown)} more" : "";
            writer.Line($"/// <para>Classes: {string.Join(", ", plan.Labels.Take(LabelsShown).Select(Literals.Xml))}{more}.</para>");
        }
    }
}
