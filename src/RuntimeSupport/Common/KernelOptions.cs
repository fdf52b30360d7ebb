using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>How kernels are compiled.</summary>
public static class KernelOptions
{
    /// <summary>
    /// Full optimisation at the first call: a model would otherwise run hundreds of predictions in tier-0 code.
    /// Such methods are left out of ReadyToRun images; define <c>MODELCOMPILER_READYTORUN</c> to have them in an image for a named instruction set.
    /// </summary>
#if MODELCOMPILER_READYTORUN
    public const MethodImplOptions Hot = MethodImplOptions.NoInlining;
#else
    public const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
#endif
}
