using System;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Execution;

/// <summary>Turns a step into the very call that the generator writes as text: named arguments of <c>Kernel.Run</c>.</summary>
internal static class KernelCallCompiler
{
    public static void Emit(StepContext context, PlanStep step)
    {
        Type kernel = typeof(KernelGuard).Assembly.GetType($"{typeof(KernelGuard).Namespace}.{step.Kernel}")
            ?? throw new InvalidOperationException($"step '{step.Name}': there is no kernel '{step.Kernel}'");
        MethodInfo run = kernel.GetMethod("Run", BindingFlags.Public | BindingFlags.Static)
            ?? throw new InvalidOperationException($"step '{step.Name}': {step.Kernel} has no method Run");
        Arguments(context, step.Arguments, run.GetParameters());
        context.Code.Emit(OpCodes.Call, run);
    }

    private static void Arguments(StepContext context, EquatableArray<PlanArgument> arguments, ParameterInfo[] parameters)
    {
        foreach (PlanArgument argument in arguments)
        {
            if (parameters.Count(parameter => parameter.Name == argument.Name) != 1 || arguments.Count(other => other.Name == argument.Name) != 1)
            {
                throw context.Error(argument.Name, "there is no such parameter, or the argument is there twice");
            }
        }

        foreach (ParameterInfo parameter in parameters)
        {
            PlanArgument argument = arguments.FirstOrDefault(argument => argument.Name == parameter.Name)
                ?? throw context.Error(parameter.Name!, "it is missing");
            Argument(context, argument, parameter.ParameterType);
        }
    }

    private static void Argument(StepContext context, PlanArgument argument, Type type)
    {
        Type? generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        if (generic == typeof(Span<>) || generic == typeof(ReadOnlySpan<>))
        {
            context.Span(argument.Name, argument.Value, type.GetGenericArguments()[0], generic == typeof(ReadOnlySpan<>));
        }
        else if (type.IsPrimitive)
        {
            context.Number(context.NumberOf(argument.Name, argument.Value, type));
        }
        else if (argument.Value is StructureValue structure && structure.Type == type.Name)
        {
            ConstructorInfo constructor = type.GetConstructors().Single();
            Arguments(context, structure.Fields, constructor.GetParameters());
            context.Code.Emit(OpCodes.Newobj, constructor);
        }
        else
        {
            throw context.Error(argument.Name, $"a {type.Name} is expected");
        }
    }
}
