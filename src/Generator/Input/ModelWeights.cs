using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Input;

/// <summary>What the class <c>Weights</c> of a model is made of. Holds nothing of the steps, so that only new weights make it anew.</summary>
/// <param name="Namespace">Of the model's class.</param>
/// <param name="ClassName">Of the model's class.</param>
/// <param name="IsPublic">Whether the model's class is public.</param>
/// <param name="Storage">Literals or a resource.</param>
/// <param name="Resource">Logical name of the resource.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Types">The element types as which stored constants are read, in the order of the enumeration.</param>
/// <param name="UniformTypes">The element types as which uniform constants are read.</param>
/// <param name="Uniform">The uniform constants, those that share a place once.</param>
/// <param name="File">The literals, unless there are none.</param>
/// <param name="Problem">What is wrong, or <see langword="null"/>.</param>
internal sealed record ModelWeights(
    string Namespace,
    string ClassName,
    bool IsPublic,
    WeightStorage Storage,
    string Resource,
    int Bytes,
    EquatableArray<int> Types,
    EquatableArray<int> UniformTypes,
    EquatableArray<PlanConstant> Uniform,
    WeightsFile? File,
    DiagnosticInfo? Problem)
{
    public static ModelWeights Pair(string path, ModelPlan plan, EquatableArray<WeightsFile> candidates)
    {
        WeightsFile? file = null;
        if (plan.WeightStorage == WeightStorage.Literals && plan.WeightBytes > 0)
        {
            foreach (WeightsFile candidate in candidates)
            {
                file = candidate.BelongsTo(path) ? candidate : file;
            }
        }

        string? message = FindProblem(plan, file);
        return new ModelWeights(
            plan.Namespace,
            plan.ClassName,
            plan.IsPublic,
            plan.WeightStorage,
            plan.WeightResource,
            plan.WeightBytes,
            TypesOf(plan, areUniform: false),
            TypesOf(plan, areUniform: true),
            UniformOf(plan),
            message is null ? file : null,
            message is null ? null : DiagnosticInfo.Of(DiagnosticDescriptors.WrongWeights, path, 1, plan.ClassName, message));
    }

    private static string? FindProblem(ModelPlan plan, WeightsFile? file)
    {
        if (plan.WeightStorage == WeightStorage.Resource || plan.WeightBytes == 0)
        {
            return null;
        }

        if (file is null)
        {
            return $"there is no {WeightsFile.Extension} file beside it";
        }

        long length = file.Data.Length * (long)sizeof(ulong);
        return file.Problem ?? (length == plan.WeightBytes ? null : $"they have {length} bytes, {plan.WeightBytes} are expected");
    }

    // The longest of those that begin at one place says all about the others.
    private static EquatableArray<PlanConstant> UniformOf(ModelPlan plan) => plan.Constants
        .Where(constant => constant.Uniform is not null)
        .GroupBy(constant => constant.Offset)
        .OrderBy(group => group.Key)
        .Select(group => group.OrderByDescending(constant => (long)constant.Length * constant.Type.SizeOf()).First() with { Name = "" })
        .ToEquatableArray();

    private static EquatableArray<int> TypesOf(ModelPlan plan, bool areUniform)
    {
        HashSet<string> names = [.. plan.Constants.Where(constant => constant.Uniform is not null == areUniform).Select(constant => constant.Name)];
        var types = new SortedSet<int>();
        foreach (PlanStep step in PlanSteps.All(plan))
        {
            foreach (PlanArgument argument in step.Arguments)
            {
                if (argument.Value is ConstantValue constant && names.Contains(constant.Constant))
                {
                    types.Add((int)constant.Type);
                }
            }
        }

        return types.ToEquatableArray();
    }
}
