using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes the model's class: what users call, the steps, the memory.</summary>
internal static class ClassEmitter
{
    /// <summary>The arena begins at a multiple of this, the size of a cache line and of the widest vector.</summary>
    private const int Alignment = 64;

    /// <summary>The file <c>Class.g.cs</c>.</summary>
    public static SourceText Write(EmissionContext context)
    {
        ModelPlan plan = context.Plan;
        string[] usings = ["System", "System.Runtime.CompilerServices", "System.Runtime.InteropServices"];
        SourceWriter writer = EmissionContext.BeginFile(
            plan.Namespace, "enable", UsesVectors(plan) ? [.. usings, "System.Runtime.Intrinsics"] : usings);
        DocumentationEmitter.Class(writer, plan);
        using (writer.Block($"{(plan.IsPublic ? "public" : "internal")} sealed partial class {context.ClassName}"))
        {
            writer.Line("private readonly byte[] arena;");
            writer.Line("private readonly int arenaStart;");
            if (plan.HasFreeBatch && plan.Threads > 1)
            {
                writer.Line($"private {context.ClassName}[] workers = [];");
            }

            if (plan.Classifier is not null)
            {
                PredictEmitter.Fields(writer, context);
            }

            writer.Line();
            Constructor(writer, context);
            if (plan.Classifier is not null)
            {
                PredictEmitter.Members(writer, context);
            }
            else if (plan.Labels.Count > 0)
            {
                PredictEmitter.LabelsMember(writer, "The texts that outputs give the indices of.");
            }

            RunEmitter.Overloads(writer, context);
            if (plan.HasFreeBatch)
            {
                BatchEmitter.Members(writer, context);
                if (plan.Threads > 1)
                {
                    ParallelBatchEmitter.Members(writer, context);
                }
            }

            Infer(writer, context);
            ResetState(writer, context);
            StepEmitter.Methods(writer, context, context.Names.InitialSteps);
            StepEmitter.Methods(writer, context, context.Names.Steps);
            StepEmitter.Methods(writer, context, context.Names.ResetSteps);
            ConversionEmitter.Methods(writer, context);
            MemoryAccess(writer, plan);
            RunEmitter.LengthCheck(writer);
        }

        return writer.ToQualifiedSource();
    }

    private static void Constructor(SourceWriter writer, EmissionContext context)
    {
        ModelPlan plan = context.Plan;
        writer.Lines(
            $$"""
            /// <summary>Allocates the working memory, {{Literals.Bytes(plan.ArenaBytes)}}. Nothing is allocated after that.</summary>
            /// <exception cref="PlatformNotSupportedException">The processor is big-endian.</exception>
            """);
        using (writer.Block($"public {context.ClassName}()"))
        {
            writer.Lines(
                $$"""
                if (!BitConverter.IsLittleEndian)
                {
                    throw new PlatformNotSupportedException("The weights are stored for little-endian processors.");
                }

                // Pinned, so that it stays where it is aligned to cache lines.
                arena = GC.AllocateArray<byte>({{Literals.Integer(plan.ArenaBytes + Alignment)}}, pinned: true);
                arenaStart = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(arena, 0) & {{Literals.Integer(Alignment - 1)}});
                """);
            StepEmitter.Calls(writer, context.Names.InitialSteps);
        }
    }

    private static void Infer(SourceWriter writer, EmissionContext context)
    {
        writer.Line();
        writer.Line("// From the fed inputs to the outputs.");
        using (writer.Block("private void Infer()"))
        {
            StepEmitter.Calls(writer, context.Names.Steps);
        }
    }

    private static void ResetState(SourceWriter writer, EmissionContext context)
    {
        if (context.Names.ResetSteps.Count == 0)
        {
            return;
        }

        writer.Line();
        writer.Line("/// <summary>Forgets what the predictions so far have left for the next: the state is zeros again, as in a new instance.</summary>");
        using (writer.Block("public void ResetState()"))
        {
            StepEmitter.Calls(writer, context.Names.ResetSteps);
        }
    }

    private static void MemoryAccess(SourceWriter writer, ModelPlan plan)
    {
        foreach (ElementType type in TensorTypes(plan))
        {
            string keyword = type.Keyword();
            string bytes = $"arena.AsSpan(arenaStart + offset, length{(type.SizeOf() == 1 ? "" : " * sizeof(" + keyword + ")")})";
            writer.Line();
            writer.Line($"private Span<{keyword}> {type}(int offset, int length) =>");
            using (writer.Indent())
            {
                writer.Line(type == ElementType.UInt8 ? $"{bytes};" : $"MemoryMarshal.Cast<byte, {keyword}>({bytes});");
            }
        }
    }

    private static bool UsesVectors(ModelPlan plan) => PlanSteps.All(plan)
        .Any(step => step.Kernel == PlanStep.ElementwiseKernel && VectorExpressionEmitter.Suits(ElementwiseStep.Of(step)));

    private static IEnumerable<ElementType> TensorTypes(ModelPlan plan) => PlanSteps.All(plan)
        .SelectMany(step => step.Arguments)
        .Select(argument => argument.Value)
        .OfType<TensorValue>()
        .Select(tensor => tensor.Type)
        .Distinct()
        .OrderBy(type => type);
}
