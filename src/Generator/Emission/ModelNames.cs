using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>The identifiers of a generated class: what the model's names become.</summary>
internal sealed class ModelNames
{
    private static readonly string[] Members =
    [
        "Arena", "Classify", "Equals", "Expect", "Finalize", "GetHashCode", "GetType", "Infer", "Kernels", "LabelNumbers", "LabelTexts", "Labels", "MemberwiseClone",
        "Predict", "PredictBatch", "PredictBatchParallel", "Prediction", "ReferenceEquals", "ResetState", "Run", "RunBatch", "RunBatchParallel", "Scores", "ShareBatch", "ToString", "TopK", "Weights", "Float32", "Float64", "Int8", "UInt8", "Int16", "UInt16",
        "Int32", "UInt32", "Int64", "UInt64", "Boolean",
    ];

    // Types of these names would be taken for what the words mean in the code of the class, which an @ at the type does not change.
    private static readonly string[] Keywords = ["_", "dynamic", "nint", "notnull", "nuint", "unmanaged", "var"];

    private readonly Dictionary<string, string> parameters = [];
    private readonly Dictionary<PlanConversion, string> conversions = new(ReferenceComparer.Instance);

    /// <summary>Names everything of a plan.</summary>
    public ModelNames(ModelPlan plan)
    {
        // Not the name of a type that the methods' bodies mention: those begin with capitals, parameters with small letters.
        var parameterNames = new NameTable();
        foreach (string kind in new[] { "in:", "out:" })
        {
            foreach (PlanPort port in kind == "in:" ? plan.Inputs : plan.Outputs)
            {
                parameters[kind + port.Name] = Identifiers.Escape(parameterNames.Unique(Identifiers.Parameter(port.Name)));
            }
        }

        foreach (PlanPort port in plan.Outputs.Where(port => port.Bound is not null))
        {
            parameters["count:" + port.Name] = Identifiers.Escape(parameterNames.Unique(Identifiers.Parameter(port.Name) + "Count"));
        }

        var members = new NameTable([.. Members, plan.ClassName]);
        InitialSteps = StepNames(members, "Prepare", plan.InitialSteps);
        Steps = StepNames(members, "Step", plan.Steps);
        ResetSteps = StepNames(members, "Reset", plan.ResetSteps);
        NameConversions(members, "Feed", plan.Inputs);
        NameConversions(members, "Fetch", plan.Outputs);
    }

    /// <summary>The methods of the initial steps.</summary>
    public IReadOnlyList<StepMethod> InitialSteps { get; }

    /// <summary>The methods of the steps.</summary>
    public IReadOnlyList<StepMethod> Steps { get; }

    /// <summary>The methods of the steps that forget.</summary>
    public IReadOnlyList<StepMethod> ResetSteps { get; }

    /// <summary>Why a plan's class cannot be called as it is, or <see langword="null"/>.</summary>
    public static string? ClassNameProblem(ModelPlan plan) =>
        plan.ClassName.Contains(".") || !Identifiers.IsValidDotted(plan.ClassName) ? "it is not a C# identifier"
        : plan.Namespace.Length > 0 && !Identifiers.IsValidDotted(plan.Namespace) ? "its namespace is not one"
        : Keywords.Contains(plan.ClassName) ? "it means something else in code"
        : plan.Namespace.Length == 0 && plan.ClassName == "System" ? "that is a namespace"
        : Members.Contains(plan.ClassName) ? "the class needs that name for a member"
        : null;

    /// <summary>The parameter of an input.</summary>
    public string Input(PlanPort port) => parameters["in:" + port.Name];

    /// <summary>The parameter of an output.</summary>
    public string Output(PlanPort port) => parameters["out:" + port.Name];

    /// <summary>The parameter that receives how many slices of an output are valid.</summary>
    public string Count(PlanPort port) => parameters["count:" + port.Name];

    /// <summary>The method of a conversion.</summary>
    public string Conversion(PlanConversion conversion) => conversions[conversion];

    private static StepMethod[] StepNames(NameTable members, string prefix, EquatableArray<PlanStep> steps)
    {
        string digits = steps.Count > 100 ? "000" : "00";
        return steps.Select((step, index) =>
        {
            string number = prefix + index.ToString(digits, CultureInfo.InvariantCulture);
            return new StepMethod(step, members.Unique($"{number}_{Identifiers.Sanitize(step.Name)}"), StepNames(members, number + "_", step.Body));
        }).ToArray();
    }

    private void NameConversions(NameTable members, string verb, EquatableArray<PlanPort> ports)
    {
        foreach (PlanPort port in ports)
        {
            foreach (PlanConversion conversion in port.Conversions)
            {
                string kind = conversion.Kind == ConversionKind.Declared ? port.Type.ToString() : conversion.Kind.ToString();
                conversions[conversion] = members.Unique(verb + Identifiers.Member(port.Name) + kind);
            }
        }
    }

    // Two ports may have equal conversions; each has a method of its own.
    private sealed class ReferenceComparer : IEqualityComparer<PlanConversion>
    {
        public static readonly ReferenceComparer Instance = new();

        public bool Equals(PlanConversion? first, PlanConversion? second) => ReferenceEquals(first, second);

        public int GetHashCode(PlanConversion conversion) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(conversion);
    }
}

/// <summary>A step and the method that it becomes.</summary>
/// <param name="Step">The step.</param>
/// <param name="Name">Name of the method.</param>
/// <param name="Body">The steps inside, when it is a loop.</param>
internal sealed record StepMethod(PlanStep Step, string Name, IReadOnlyList<StepMethod> Body);
