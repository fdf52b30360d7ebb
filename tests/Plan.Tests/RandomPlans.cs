using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.Plans.Tests;

/// <summary>Plans with everything a plan can hold, drawn at random: nonsense as a model, but the text must carry it all.</summary>
internal sealed class RandomPlans(int seed)
{
    private static readonly char[] Letters = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\r', '\t', '\0', '/', '$', '@', '^', ':', '=', '[', '(', 'é', '\u0085', '\u2028', '×', '\ud83d', '\ude00'];
    private static readonly float[] Floats = [0, -0f, 1, 0.1f, -1e-30f, 3.4e38f, float.Epsilon, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 16777216];

    private readonly Random random = new(seed);

    public ModelPlan Plan() => new()
    {
        ClassName = "C" + Text(),
        Namespace = Text(),
        IsPublic = Truth(),
        Source = Text(),
        Precision = Text(),
        MultiplyAccumulates = random.NextInt64(),
        Remarks = List(Text),
        HasFreeBatch = Truth(),
        Threads = random.Next(1, 5),
        ArenaBytes = Whole(),
        WeightStorage = Member<WeightStorage>(),
        WeightBytes = Whole(),
        WeightResource = Text(),
        Labels = List(Text),
        Classifier = Truth() ? Classifier() : null,
        Inputs = List(Port),
        Outputs = List(Port),
        Tensors = List(() => new PlanTensor(Text(), Member<ElementType>(), List(Whole), Whole(), Whole(), Real(), Whole())),
        Constants = List(() => new PlanConstant(Text(), Member<ElementType>(), Whole(), Whole(), Truth() ? new LiteralExpression(Real(), Member<ElementType>()) : null)),
        InitialSteps = List(Step),
        Steps = List(() => Step(2)),
        ResetSteps = List(Step),
    };

    public Expression Expression(int depth)
    {
        switch (depth == 0 ? random.Next(2) : random.Next(5))
        {
            case 0:
                return new InputExpression(random.Next(100), Member<ElementType>());
            case 1:
                return new LiteralExpression(random.Next(3) == 0 ? Real() : random.Next(-1000, 1000) / 7.0, Member<ElementType>());
            case 2:
                return new ConvertExpression(Expression(depth - 1), Member<ElementType>());
            case 3:
                return new SelectExpression(Expression(depth - 1), Expression(depth - 1), Expression(depth - 1));
            default:
                var function = Member<ElementwiseFunction>();
                Expression[] operands = [.. Enumerable.Range(0, ExpressionText.OperandsOf(function)).Select(_ => Expression(depth - 1))];
                return new CallExpression(function, operands.ToEquatableArray(), ExpressionText.ResultOf(function, operands[0].Type));
        }
    }

    private PlanClassifier Classifier()
    {
        var classifier = new PlanClassifier(Text(), Text(), Whole(), Member<ScoreTransform>());
        return Truth() ? classifier with { LabelOutput = "L" + Text(), LabelNumbers = List(() => random.NextInt64()) } : classifier;
    }

    private PlanPort Port() => new(
        Text(), Member<ElementType>(), List(Whole), Real(), Whole(), List(() => new PlanConversion(Member<ConversionKind>(), List(Whole), List(Step))),
        Truth() ? null : new PlanBound(Whole(), Value(0)));

    private PlanStep Step() => Step(0);

    private PlanStep Step(int depth) =>
        new(Text(), Word(), Text(), List(() => new PlanArgument(Word(), Value(2)))) { Body = depth > 0 ? List(() => Step(depth - 1)) : default };

    private PlanValue Value(int depth) => random.Next(depth > 0 ? 9 : 7) switch
    {
        0 => new IntegerValue(random.NextInt64() * (Truth() ? 1 : -1)),
        1 => new FloatValue(Real()),
        2 => new BooleanValue(Truth()),
        3 => new TextValue(Text()),
        4 => new TensorValue(Text(), Member<ElementType>(), Truth() ? 0 : Whole()) { Strides = List(Whole) },
        5 => new ConstantValue(Text(), Member<ElementType>()),
        6 => new PortValue(Text(), Member<ElementType>()),
        7 => new ListValue(List(() => Value(depth - 1))),
        _ => new StructureValue("S" + Word(), List(() => new PlanArgument(Word(), Value(depth - 1)))),
    };

    private EquatableArray<T> List<T>(Func<T> item)
        where T : IEquatable<T> => Enumerable.Range(0, random.Next(4)).Select(_ => item()).ToList().ToEquatableArray();

    private string Text() => new([.. Enumerable.Range(0, random.Next(6)).Select(_ => Letters[random.Next(Letters.Length)])]);

    private string Word() => "w" + random.Next(1000);

    private int Whole() => Truth() ? random.Next(100) : random.Next(int.MinValue, int.MaxValue);

    private float Real() => Truth() ? Floats[random.Next(Floats.Length)] : BitConverter.Int32BitsToSingle(random.Next() & 0x7F7FFFFF);

    private bool Truth() => random.Next(2) == 0;

    private T Member<T>()
        where T : struct, Enum
    {
        IReadOnlyList<T> members = Enum.GetValues<T>();
        return members[random.Next(members.Count)];
    }
}
