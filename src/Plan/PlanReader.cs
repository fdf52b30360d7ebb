using System;
using System.Collections.Generic;

namespace ModelCompiler.Plans;

/// <summary>Reads what <see cref="PlanWriter"/> wrote.</summary>
public static class PlanReader
{
    /// <summary>Reads a plan.</summary>
    /// <exception cref="PlanFormatException">The text is not a plan of this version.</exception>
    public static ModelPlan Read(string text)
    {
        var reader = new LineReader(text);
        try
        {
            return reader.Plan();
        }
        catch (Exception exception) when (exception is OverflowException or FormatException)
        {
            throw new PlanFormatException(reader.Number, exception.Message);
        }
    }

    private sealed class LineReader(string text)
    {
        private const int DeepestIndent = 2 * (PlanStep.DeepestLoops + 2);

        private readonly string[] lines = text.Split('\n');
        private int next;

        public int Number => next;

        public ModelPlan Plan()
        {
            if (lines[next++].TrimEnd('\r') != PlanWriter.Header)
            {
                throw new PlanFormatException(1, $"'{PlanWriter.Header}' expected: the plan was written by another version of the compiler, rebuild");
            }

            var header = new ModelPlan { ClassName = "" };
            var remarks = new List<string>();
            var labels = new List<string>();
            var inputs = new List<PlanPort>();
            var outputs = new List<PlanPort>();
            var tensors = new List<PlanTensor>();
            var constants = new List<PlanConstant>();
            var initialSteps = new List<PlanStep>();
            var steps = new List<PlanStep>();
            var resetSteps = new List<PlanStep>();
            while (NextLine(0) is { } line)
            {
                string keyword = line.Word();
                switch (keyword)
                {
                    case "remark":
                        remarks.Add(line.Text());
                        line.ExpectEnd();
                        break;
                    case "label":
                        labels.Add(line.Text());
                        line.ExpectEnd();
                        break;
                    case "input":
                        inputs.Add(Port(line));
                        break;
                    case "output":
                        outputs.Add(Port(line));
                        break;
                    case "tensor":
                        tensors.Add(new PlanTensor(
                            line.Text(), line.Enumeration<ElementType>(), line.Integers(), line.Integer("offset"), line.Integer("length"), line.Float("scale"), line.Integer("zeroPoint")));
                        line.ExpectEnd();
                        break;
                    case "constant":
                        constants.Add(new PlanConstant(line.Text(), line.Enumeration<ElementType>(), line.Integer("offset"), line.Integer("length"), Uniform(line)));
                        line.ExpectEnd();
                        break;
                    case "initialStep":
                        initialSteps.Add(Step(line, 2));
                        break;
                    case "step":
                        steps.Add(Step(line, 2));
                        break;
                    case "resetStep":
                        resetSteps.Add(Step(line, 2));
                        break;
                    default:
                        header = Header(header, keyword, line);
                        line.ExpectEnd();
                        break;
                }
            }

            if (header.ClassName.Length == 0)
            {
                throw new PlanFormatException(next, "the plan names no class");
            }

            return header with
            {
                Remarks = remarks.ToEquatableArray(),
                Labels = labels.ToEquatableArray(),
                Inputs = inputs.ToEquatableArray(),
                Outputs = outputs.ToEquatableArray(),
                Tensors = tensors.ToEquatableArray(),
                Constants = constants.ToEquatableArray(),
                InitialSteps = initialSteps.ToEquatableArray(),
                Steps = steps.ToEquatableArray(),
                ResetSteps = resetSteps.ToEquatableArray(),
            };
        }

        private ModelPlan Header(ModelPlan plan, string keyword, PlanScanner line) => keyword switch
        {
            "class" => plan with { ClassName = line.Text() },
            "namespace" => plan with { Namespace = line.Text() },
            "public" => plan with { IsPublic = line.Boolean() },
            "source" => plan with { Source = line.Text() },
            "precision" => plan with { Precision = line.Text() },
            "multiplyAccumulates" => plan with { MultiplyAccumulates = line.Integer() },
            "freeBatch" => plan with { HasFreeBatch = line.Boolean() },
            "threads" => plan with { Threads = checked((int)line.Integer()) },
            "arena" => plan with { ArenaBytes = checked((int)line.Integer()) },
            "weights" => plan with { WeightStorage = line.Enumeration<WeightStorage>(), WeightBytes = line.Integer("bytes"), WeightResource = line.Text() },
            "classifier" => plan with
            {
                Classifier = new PlanClassifier(line.Text(), line.Text(), line.Integer("classes"), line.Enumeration<ScoreTransform>()),
            },
            "classLabel" when plan.Classifier is { } classifier => plan with
            {
                Classifier = classifier with { LabelOutput = line.Text(), LabelNumbers = line.LongIntegers() },
            },
            _ => throw new PlanFormatException(next, $"unknown keyword '{keyword}'"),
        };

        private LiteralExpression? Uniform(PlanScanner line)
        {
            if (line.IsAtEnd)
            {
                return null;
            }

            line.ExpectWord("uniform");
            line.Expect('=');
            return ExpressionText.Read(line.Text()) as LiteralExpression ?? throw new PlanFormatException(next, "a uniform constant is one number");
        }

        private PlanPort Port(PlanScanner line)
        {
            var port = new PlanPort(
                line.Text(), line.Enumeration<ElementType>(), line.Integers(), line.Float("scale"), line.Integer("zeroPoint"), default);
            line.ExpectEnd();
            var conversions = new List<PlanConversion>();
            while (NextLine(2) is { } conversion)
            {
                string keyword = conversion.Word();
                if (keyword == "bound")
                {
                    port = port with { Bound = new PlanBound(conversion.Integer("axis"), conversion.Value()) };
                    conversion.ExpectEnd();
                    continue;
                }

                if (keyword != "conversion")
                {
                    throw new PlanFormatException(next, $"'conversion' expected, not '{keyword}'");
                }

                var kind = conversion.Enumeration<ConversionKind>();
                EquatableArray<int> shape = conversion.Integers();
                conversion.ExpectEnd();
                var steps = new List<PlanStep>();
                while (NextLine(4) is { } step)
                {
                    step.ExpectWord("step");
                    steps.Add(Step(step, 6));
                }

                conversions.Add(new PlanConversion(kind, shape, steps.ToEquatableArray()));
            }

            return port with { Conversions = conversions.ToEquatableArray() };
        }

        private PlanStep Step(PlanScanner line, int indent)
        {
            string kernel = line.Word();
            string name = line.Text();
            string note = line.Text();
            line.ExpectEnd();
            var arguments = new List<PlanArgument>();
            var body = new List<PlanStep>();
            while (NextLine(indent) is { } argument)
            {
                string parameter = argument.Word();
                if (parameter == "step" && !argument.IsNext('='))
                {
                    body.Add(indent <= DeepestIndent ? Step(argument, indent + 2) : throw new PlanFormatException(next, "loops are nested too deeply"));
                    continue;
                }

                argument.Expect('=');
                arguments.Add(new PlanArgument(parameter, argument.Value()));
                argument.ExpectEnd();
            }

            return new PlanStep(name, kernel, note, arguments.ToEquatableArray()) { Body = body.ToEquatableArray() };
        }

        // The next line if it has just this indentation: a lesser one ends the block.
        private PlanScanner? NextLine(int indent)
        {
            if (next >= lines.Length || (next == lines.Length - 1 && lines[next].Length == 0))
            {
                return null;
            }

            string line = lines[next].TrimEnd('\r');
            if (line.Length - line.TrimStart(' ').Length != indent)
            {
                return indent == 0 ? throw new PlanFormatException(next + 1, "unexpected indentation") : null;
            }

            next++;
            return new PlanScanner(line, next);
        }
    }
}
