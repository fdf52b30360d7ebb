using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes what makes a class a classifier: <c>Predict</c>, <c>TopK</c>, <c>Scores</c>, <c>Labels</c>.</summary>
internal static class PredictEmitter
{
    /// <summary>Kernels that the members call beside those of the steps.</summary>
    public static IEnumerable<string> Kernels(PlanClassifier classifier) => classifier.Scores switch
    {
        ScoreTransform.Softmax => ["TopKFloat32", "SoftmaxFloat32"],
        ScoreTransform.Exponential => ["TopKFloat32", "ElementwiseMath"],
        _ => ["TopKFloat32"],
    };

    /// <summary>The file <c>Class.Labels.g.cs</c>: long lists would hide the code.</summary>
    public static SourceText Labels(EmissionContext context)
    {
        ModelPlan plan = context.Plan;
        SourceWriter writer = EmissionContext.BeginFile(plan.Namespace, "enable", plan.Classifier is { LabelNumbers.Count: > 0 } ? ["System"] : []);
        using (writer.Block($"partial class {context.ClassName}"))
        {
            writer.Line("private static readonly string[] LabelTexts =");
            writer.Line("[");
            using (writer.Indent())
            {
                for (int index = 0; index < (plan.Classifier?.Classes ?? plan.Labels.Count); index++)
                {
                    writer.Line(Literals.Text(plan.Labels.Count > 0 ? plan.Labels[index] : Literals.Integer(index)) + ",");
                }
            }

            writer.Line("];");
            if (plan.Classifier is { LabelNumbers.Count: > 0 } classifier)
            {
                writer.Line();
                writer.Line($"private static ReadOnlySpan<long> LabelNumbers => new long[] {{ {string.Join(", ", classifier.LabelNumbers.Select(Literals.Integer))} }};");
            }
        }

        return writer.ToSource();
    }

    public static void Fields(SourceWriter writer, EmissionContext context)
    {
        string classes = Literals.Integer(context.Plan.Classifier!.Classes);
        if (context.ClassifierOutput.Type != ElementType.Float32)
        {
            string type = context.ClassifierOutput.Type.Keyword();
            writer.Line($"private readonly {type}[] rawScores = new {type}[{classes}];");
        }

        if (context.Plan.Classifier.LabelOutput.Length > 0)
        {
            writer.Line("private readonly long[] label = new long[1];");
        }

        writer.Line($"private readonly float[] scores = new float[{classes}];");
        writer.Line($"private readonly int[] topIndices = new int[{classes}];");
        writer.Line($"private readonly Prediction[] topPredictions = new Prediction[{classes}];");
    }

    public static void Members(SourceWriter writer, EmissionContext context)
    {
        LabelsMember(writer, context.Plan.Labels.Count > 0 ? "The class labels, in the order of the scores." : "The class numbers as text: the model came without labels.");
        writer.Line();
        writer.Line($"/// <summary>The scores of the latest prediction, one a class{ScoreRange(context.Plan.Classifier!.Scores)}; zeros before the first. The next prediction overwrites them.</summary>");
        writer.Line("public ReadOnlySpan<float> Scores => scores;");
        Overloads(writer, context);
        TopK(writer, context.Plan.Classifier.Classes);
        Classify(writer, context);
    }

    /// <summary>The forms of the input that <c>Predict</c> takes. Two of the same type would be one overload: the first wins, the other is still there in <c>Run</c>.</summary>
    public static IEnumerable<PlanConversion> Conversions(PlanPort input)
    {
        var types = new HashSet<ElementType>();
        foreach (ConversionKind kind in new[] { ConversionKind.Pixels, ConversionKind.Declared, ConversionKind.Quantized })
        {
            if (input.Find(kind) is { } conversion && types.Add(PlanSteps.CallerType(input, conversion)))
            {
                yield return conversion;
            }
        }
    }

    /// <summary>The name of the parameter that takes a form of the input.</summary>
    public static string ParameterOf(EmissionContext context, PlanPort input, PlanConversion conversion) =>
        conversion.Kind == ConversionKind.Pixels ? "pixels" : context.Names.Input(input);

    public static void LabelsMember(SourceWriter writer, string summary)
    {
        writer.Line();
        writer.Line($"/// <summary>{summary}</summary>");
        writer.Line("public static ReadOnlySpan<string> Labels => LabelTexts;");
    }

    private static string ScoreRange(ScoreTransform transform) => transform == ScoreTransform.Raw ? " as the model gives them" : ", probabilities from 0 to 1";

    private static void Overloads(SourceWriter writer, EmissionContext context)
    {
        if (context.Plan.Inputs.Count > 1)
        {
            JointOverload(writer, context);
            return;
        }

        foreach (PlanConversion conversion in Conversions(context.ClassifierInput))
        {
            Overload(writer, context, context.ClassifierInput, conversion);
        }
    }

    private static void Overload(SourceWriter writer, EmissionContext context, PlanPort input, PlanConversion conversion)
    {
        string name = ParameterOf(context, input, conversion);
        string what = conversion.Kind switch
        {
            ConversionKind.Pixels => "The image, row by row from the top, its channels side by side",
            ConversionKind.Quantized => $"Input <c>{Literals.Xml(input.Name)}</c>, quantised: real = (q + {Literals.Integer(128 - input.ZeroPoint)}) × {Literals.Float(input.Scale).TrimEnd('f')}",
            _ => $"Input <c>{Literals.Xml(input.Name)}</c>",
        };
        writer.Line();
        writer.Line("/// <summary>Classifies. Nothing is allocated.</summary>");
        writer.Line($"/// <param name=\"{name.TrimStart('@')}\">{what}; {PlanSteps.Elements(conversion.Shape)} {RunEmitter.ShapeText(input, conversion)}.</param>");
        Returns(writer, context);
        writer.Line("/// <exception cref=\"ArgumentException\">The span has another length.</exception>");
        using (writer.Block($"public Prediction Predict(ReadOnlySpan<{PlanSteps.CallerType(input, conversion).Keyword()}> {name})"))
        {
            writer.Line(RunEmitter.Check(input, conversion, name));
            writer.Line($"{context.Names.Conversion(conversion)}({name});");
            writer.Line("return Classify();");
        }
    }

    // Inputs of one number each, a column of a table, are numbers to the caller.
    private static void JointOverload(SourceWriter writer, EmissionContext context)
    {
        List<(PlanPort Port, PlanConversion Conversion, string Name)> inputs =
            context.Plan.Inputs.Select(port => (port, port.Find(ConversionKind.Declared)!, context.Names.Input(port))).ToList();
        bool isEachNumber = inputs.All(input => PlanSteps.Elements(input.Conversion.Shape) == 1);
        writer.Line();
        writer.Line("/// <summary>Classifies. Nothing is allocated.</summary>");
        foreach ((PlanPort port, PlanConversion conversion, string name) in inputs)
        {
            string what = isEachNumber ? "" : $"; {PlanSteps.Elements(conversion.Shape)} {RunEmitter.ShapeText(port, conversion)}";
            writer.Line($"/// <param name=\"{name.TrimStart('@')}\">Input <c>{Literals.Xml(port.Name)}</c>{what}.</param>");
        }

        Returns(writer, context);
        if (!isEachNumber)
        {
            writer.Line("/// <exception cref=\"ArgumentException\">A span has another length.</exception>");
        }

        IEnumerable<string> parameters = inputs.Select(input => isEachNumber ? $"{input.Port.Type.Keyword()} {input.Name}" : $"ReadOnlySpan<{input.Port.Type.Keyword()}> {input.Name}");
        using (writer.Block($"public Prediction Predict({string.Join(", ", parameters)})"))
        {
            foreach ((PlanPort port, PlanConversion conversion, string name) in inputs.Where(_ => !isEachNumber))
            {
                writer.Line(RunEmitter.Check(port, conversion, name));
            }

            foreach ((PlanPort port, PlanConversion conversion, string name) in inputs)
            {
                string argument = isEachNumber ? $"new ReadOnlySpan<{port.Type.Keyword()}>(in {name})" : name;
                writer.Line($"{context.Names.Conversion(conversion)}({argument});");
            }

            writer.Line("return Classify();");
        }
    }

    private static void Returns(SourceWriter writer, EmissionContext context) => writer.Line(
        $"/// <returns>The class {(context.Plan.Classifier!.LabelOutput.Length > 0 ? "that the model gives, with its score" : "with the highest score")}.</returns>");

    private static void TopK(SourceWriter writer, int classes)
    {
        writer.Line();
        writer.Lines(
            $$"""
            /// <summary>The classes with the highest scores of the latest prediction, best first. Nothing is allocated.</summary>
            /// <param name="count">How many, 1…{{Literals.Integer(classes)}}.</param>
            /// <returns>The classes, valid until the next call.</returns>
            /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not 1…{{Literals.Integer(classes)}}.</exception>
            public ReadOnlySpan<Prediction> TopK(int count)
            {
                if (count is < 1 or > {{Literals.Integer(classes)}})
                {
                    throw new ArgumentOutOfRangeException(nameof(count), count, "The model has {{Literals.Integer(classes)}} classes.");
                }

                Kernels.TopKFloat32.Run(scores: scores, indices: topIndices, count: count);
                for (int rank = 0; rank < count; rank++)
                {
                    int index = topIndices[rank];
                    topPredictions[rank] = new Prediction(index, LabelTexts[index], scores[index]);
                }

                return topPredictions.AsSpan(0, count);
            }
            """);
    }

    private static void Classify(SourceWriter writer, EmissionContext context)
    {
        PlanPort output = context.ClassifierOutput;
        string classes = Literals.Integer(context.Plan.Classifier!.Classes);
        string fetch = context.Names.Conversion(output.Find(ConversionKind.Declared)!);
        writer.Line();
        using (writer.Block("private Prediction Classify()"))
        {
            writer.Line("Infer();");
            writer.Line($"{fetch}({(output.Type == ElementType.Float32 ? "scores" : "rawScores")});");
            if (output.Type != ElementType.Float32)
            {
                Loop(writer, $"scores[index] = {ScoreOf(output)};");
            }

            switch (context.Plan.Classifier.Scores)
            {
                case ScoreTransform.Softmax:
                    writer.Line($"Kernels.SoftmaxFloat32.Run(input: scores, output: scores, rows: 1, columns: {classes});");
                    break;
                case ScoreTransform.Exponential:
                    Loop(writer, "scores[index] = Kernels.ElementwiseMath.Exp(scores[index]);");
                    break;
            }

            writer.Line();
            Best(writer, context);
            writer.Line("return new Prediction(best, LabelTexts[best], scores[best]);");
        }
    }

    private static string ScoreOf(PlanPort output) => output.Type == ElementType.Boolean ? "rawScores[index] ? 1 : 0"
        : output.Scale > 0 ? $"(rawScores[index] - {Literals.Integer(PlanSteps.DeclaredZero(output))}) * {Literals.Float(output.Scale)}"
        : "(float)rawScores[index]";

    // A model that names the class is believed: scores and label need not agree, as where pairs of classes vote.
    private static void Best(SourceWriter writer, EmissionContext context)
    {
        PlanClassifier classifier = context.Plan.Classifier!;
        if (classifier.LabelOutput.Length == 0)
        {
            writer.Line("Kernels.TopKFloat32.Run(scores: scores, indices: topIndices, count: 1);");
            writer.Line("int best = topIndices[0];");
            return;
        }

        PlanPort port = context.Plan.Outputs.First(output => output.Name == classifier.LabelOutput);
        writer.Line($"{context.Names.Conversion(port.Find(ConversionKind.Declared)!)}(label);");
        writer.Line(classifier.LabelNumbers.Count == 0 ? "int best = (int)label[0];" : "int best = LabelNumbers.IndexOf(label[0]);");
    }

    private static void Loop(SourceWriter writer, string body)
    {
        using (writer.Block("for (int index = 0; index < scores.Length; index++)"))
        {
            writer.Line(body);
        }
    }
}
