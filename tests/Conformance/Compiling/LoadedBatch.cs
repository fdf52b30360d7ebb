using System;
using System.Reflection;
using System.Runtime.Loader;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Compiling;

/// <summary>A compiled assembly until it is unloaded.</summary>
internal sealed class LoadedBatch : IDisposable
{
    private readonly AssemblyLoadContext context = new("batch", isCollectible: true);
    private readonly Assembly assembly;

    /// <summary>Loads an assembly.</summary>
    public LoadedBatch(string path) => assembly = context.LoadFromAssemblyPath(path);

    /// <summary>Makes an instance of a model: from its inputs to its outputs.</summary>
    public Func<Array[], Array[]> Create(ModelPlan plan)
    {
        Type type = assembly.GetType($"{plan.Namespace}.{AdapterSource.NameOf(plan)}", throwOnError: true)!;
        object adapter = Activator.CreateInstance(type)!;
        return type.GetMethod("Run")!.CreateDelegate<Func<Array[], Array[]>>(adapter);
    }

    /// <inheritdoc/>
    public void Dispose() => context.Unload();
}
