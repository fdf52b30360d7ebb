using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace ModelCompiler.Plans;

/// <summary>Writes a <see cref="ModelPlan"/> as text that a person can read and diff; <see cref="PlanReader"/> reads it back to an equal plan.</summary>
public static class PlanWriter
{
    /// <summary>First line of every plan; the number changes when the format does.</summary>
    public const string Header = "modelplan 1";

    /// <summary>Writes the plan, lines ending in <c>\n</c>.</summary>
    public static string Write(ModelPlan plan)
    {
        var lines = new List<string>
        {
            Header,
            $"class {Quote(plan.ClassName)}",
            $"namespace {Quote(plan.Namespace)}",
            $"public {Bool(plan.IsPublic)}",
            $"source {Quote(plan.Source)}",
            $"precision {Quote(plan.Precision)}",
            $"multiplyAccumulates {plan.MultiplyAccumulates.ToString(CultureInfo.InvariantCulture)}",
            $"freeBatch {Bool(plan.HasFreeBatch)}",
            $"arena {Int(plan.ArenaBytes)}",
            $"weights {plan.WeightStorage} bytes={Int(plan.WeightBytes)} {Quote(plan.WeightResource)}",
        };
        if (plan.Threads > 1)
        {
            lines.Add($"threads {Int(plan.Threads)}");
        }

        lines.AddRange(plan.Remarks.Select(remark => $"remark {Quote(remark)}"));
        lines.AddRange(plan.Labels.Select(label => $"label {Quote(label)}"));
        if (plan.Classifier is { } classifier)
        {
            lines.Add($"classifier {Quote(classifier.Input)} {Quote(classifier.Output)} classes={Int(classifier.Classes)} {classifier.Scores}");
            if (classifier.LabelOutput.Length > 0)
            {
                lines.Add($"classLabel {Quote(classifier.LabelOutput)} [{string.Join(", ", classifier.LabelNumbers.Select(number => number.ToString(CultureInfo.InvariantCulture)))}]");
            }
        }

        WritePorts(lines, "input", plan.Inputs);
        WritePorts(lines, "output", plan.Outputs);
        lines.AddRange(plan.Tensors.Select(tensor =>
            $"tensor {Quote(tensor.Name)} {tensor.Type} {Ints(tensor.Shape)} offset={Int(tensor.Offset)} length={Int(tensor.Length)} scale={Float(tensor.Scale)} zeroPoint={Int(tensor.ZeroPoint)}"));
        lines.AddRange(plan.Constants.Select(constant =>
            $"constant {Quote(constant.Name)} {constant.Type} offset={Int(constant.Offset)} length={Int(constant.Length)}"
            + (constant.Uniform is null ? "" : $" uniform={Quote(ExpressionText.Write(constant.Uniform))}")));
        WriteSteps(lines, "initialStep", "", plan.InitialSteps);
        WriteSteps(lines, "step", "", plan.Steps);
        WriteSteps(lines, "resetStep", "", plan.ResetSteps);
        return string.Join("\n", lines) + "\n";
    }

    /// <summary>Writes one value.</summary>
    internal static string Format(PlanValue value) => value switch
    {
        IntegerValue integer => integer.Value.ToString(CultureInfo.InvariantCulture),
        FloatValue real => Float(real.Value),
        BooleanValue truth => Bool(truth.Value),
        TextValue text => Quote(text.Value),
        ListValue list => "[" + string.Join(", ", list.Items.Select(Format)) + "]",
        TensorValue tensor => $"${Quote(tensor.Tensor)}:{tensor.Type}" + (tensor.Offset == 0 ? "" : "+" + Int(tensor.Offset))
            + string.Concat(tensor.Strides.Select((stride, loop) => $"+i{Int(loop)}*{Int(stride)}")),
        ConstantValue constant => $"@{Quote(constant.Constant)}:{constant.Type}",
        PortValue port => $"^{Quote(port.Port)}:{port.Type}",
        StructureValue structure => structure.Type + "(" + string.Join(", ", structure.Fields.Select(field => $"{field.Name}: {Format(field.Value)}")) + ")",
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private static void WritePorts(List<string> lines, string keyword, EquatableArray<PlanPort> ports)
    {
        foreach (PlanPort port in ports)
        {
            lines.Add($"{keyword} {Quote(port.Name)} {port.Type} {Ints(port.Shape)} scale={Float(port.Scale)} zeroPoint={Int(port.ZeroPoint)}");
            if (port.Bound is { } bound)
            {
                lines.Add($"  bound axis={Int(bound.Axis)} {Format(bound.Count)}");
            }

            foreach (PlanConversion conversion in port.Conversions)
            {
                lines.Add($"  conversion {conversion.Kind} {Ints(conversion.Shape)}");
                WriteSteps(lines, "step", "    ", conversion.Steps);
            }
        }
    }

    private static void WriteSteps(List<string> lines, string keyword, string indent, EquatableArray<PlanStep> steps)
    {
        foreach (PlanStep step in steps)
        {
            lines.Add($"{indent}{keyword} {step.Kernel} {Quote(step.Name)} {Quote(step.Note)}");
            lines.AddRange(step.Arguments.Select(argument => $"{indent}  {argument.Name} = {Format(argument.Value)}"));
            WriteSteps(lines, "step", indent + "  ", step.Body);
        }
    }

    private static string Int(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Ints(EquatableArray<int> values) => "[" + string.Join(", ", values.Select(Int)) + "]";

    private static string Bool(bool value) => value ? "true" : "false";

    private static string Float(float value) =>
        float.IsNaN(value) ? "NaN"
        : float.IsInfinity(value) ? (value > 0 ? "Infinity" : "-Infinity")
        : value.ToString("R", CultureInfo.InvariantCulture) + "f";

    private static string Quote(string text)
    {
        var builder = new StringBuilder("\"");
        foreach (char character in text)
        {
            switch (character)
            {
                case '"' or '\\':
                    builder.Append('\\').Append(character);
                    break;
                case '\n':
                    builder.Append("\\n");
                    break;
                case < ' ' or '\u0085' or '\u2028' or '\u2029':
                    builder.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    builder.Append(character);
                    break;
            }
        }

        return builder.Append('"').ToString();
    }
}
