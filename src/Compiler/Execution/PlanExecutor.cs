using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Execution;

/// <summary>
/// Runs a plan without generating C#: the same calls of the same kernels on the same memory, so that the results are bit for bit those of the
/// generated class. Serves calibration, the figures of reports, and <c>modelc run</c>. Not thread-safe.
/// </summary>
public sealed class PlanExecutor
{
    private const int Alignment = 64;

    private readonly byte[] arena;
    private readonly byte[] weights;
    private readonly int arenaStart;
    private readonly Dictionary<string, PlanTensor> tensors;
    private readonly Dictionary<string, PlanConstant> constants;
    private readonly CompiledStep[] steps;
    private readonly CompiledStep[] resetSteps;
    private readonly int[] iterations = new int[PlanStep.DeepestLoops];
    private readonly Dictionary<(string Port, bool IsInput, ConversionKind Kind), CompiledStep[]> conversions = [];

    /// <summary>Compiles all steps, allocates the arena and runs the initial steps.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="weights">The constants' bytes, at least <see cref="ModelPlan.WeightBytes"/>.</param>
    /// <exception cref="InvalidOperationException">A step calls a kernel that is not there, or with other arguments than it takes; the message names both.</exception>
    public PlanExecutor(ModelPlan plan, byte[] weights)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weights.Length, plan.WeightBytes, nameof(weights));
        Plan = plan;
        this.weights = plan.UniformBytes == 0 ? weights : UniformMemory.Append(plan, weights);
        arena = GC.AllocateArray<byte>(plan.ArenaBytes + Alignment, pinned: true);
        arenaStart = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(arena, 0) & (Alignment - 1));
        tensors = plan.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        constants = plan.Constants.Select(constant => UniformMemory.Place(plan, constant)).ToDictionary(constant => constant.Name, StringComparer.Ordinal);
        steps = [.. plan.Steps.Select(step => Compile(step))];
        resetSteps = [.. plan.ResetSteps.Select(step => Compile(step))];
        CompileConversions(plan.Inputs, isInput: true);
        CompileConversions(plan.Outputs, isInput: false);
        foreach (PlanStep step in plan.InitialSteps)
        {
            Compile(step)(Arena, this.weights, default, iterations);
        }
    }

    /// <summary>The plan.</summary>
    public ModelPlan Plan { get; }

    private Span<byte> Arena => arena.AsSpan(arenaStart, Plan.ArenaBytes);

    /// <summary>Gives an input in the type and layout that the model declares.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="input">Name of the input.</param>
    /// <param name="data">All its elements.</param>
    /// <exception cref="ArgumentException">There is no such input, it is declared otherwise, or the length is wrong.</exception>
    public void Feed<T>(string input, ReadOnlySpan<T> data)
        where T : unmanaged
    {
        PlanPort port = Find(Plan.Inputs, input);
        ExpectType<T>(port);
        Feed(port, ConversionKind.Declared, data);
    }

    /// <summary>Gives an input as pixels.</summary>
    /// <param name="input">Name of the input.</param>
    /// <param name="pixels">Height × width × channels bytes.</param>
    /// <exception cref="ArgumentException">There is no such input, it takes no pixels, or the length is wrong.</exception>
    public void FeedPixels(string input, ReadOnlySpan<byte> pixels) => Feed(Find(Plan.Inputs, input), ConversionKind.Pixels, pixels);

    /// <summary>Runs all steps on the inputs that were fed.</summary>
    /// <param name="afterStep">Called after each step with the step and its index in <see cref="ModelPlan.Steps"/>.</param>
    public void Infer(Action<PlanStep, int>? afterStep = null)
    {
        for (int index = 0; index < steps.Length; index++)
        {
            steps[index](Arena, weights, default, iterations);
            afterStep?.Invoke(Plan.Steps[index], index);
        }
    }

    /// <summary>Forgets what the predictions so far have left for the next.</summary>
    public void ResetState() => Run(resetSteps, default);

    /// <summary>Takes an output in the type and layout that the model declares.</summary>
    /// <typeparam name="T">The declared type.</typeparam>
    /// <param name="output">Name of the output.</param>
    /// <returns>A copy of its elements; of an output whose extent depends on the data, those of <see cref="ShapeOf"/>.</returns>
    /// <exception cref="ArgumentException">There is no such output, or it is declared otherwise.</exception>
    public T[] Fetch<T>(string output)
        where T : unmanaged
    {
        PlanPort port = Find(Plan.Outputs, output);
        ExpectType<T>(port);
        PlanConversion conversion = Find(port, ConversionKind.Declared);
        T[] data = new T[Elements(conversion)];
        Run(conversions[(output, false, ConversionKind.Declared)], MemoryMarshal.AsBytes(data.AsSpan()));
        return port.Bound is null ? data : data[..ShapeOf(output).Aggregate(1, (elements, extent) => elements * extent)];
    }

    /// <summary>The shape that an output has after the latest run: as declared, or with as many slices as the data said.</summary>
    /// <param name="output">Name of the output.</param>
    /// <exception cref="ArgumentException">There is no such output.</exception>
    public EquatableArray<int> ShapeOf(string output)
    {
        PlanPort port = Find(Plan.Outputs, output);
        return port.Shape.Select((extent, axis) => port.Bound is { } bound && axis == bound.Axis ? Count(bound) : extent).ToEquatableArray();
    }

    /// <summary>Looks at a tensor of the arena as it is now.</summary>
    /// <typeparam name="T">Elements to view it as.</typeparam>
    /// <param name="tensor">Its name.</param>
    /// <returns>The whole region, gaps included; it changes with the next steps.</returns>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    public ReadOnlySpan<T> Tensor<T>(string tensor)
        where T : unmanaged
    {
        PlanTensor region = tensors.GetValueOrDefault(tensor) ?? throw new ArgumentException($"there is no tensor '{tensor}'", nameof(tensor));
        return MemoryMarshal.Cast<byte, T>(Arena.Slice(region.Offset, region.Length * region.Type.SizeOf()));
    }

    private int Count(PlanBound bound) => bound.Count switch
    {
        TensorValue tensor => checked((int)Tensor<long>(tensor.Tensor)[tensor.Offset]),
        ConstantValue constant => checked((int)MemoryMarshal.Read<long>(weights.AsSpan(constants[constant.Constant].Offset))),
        _ => throw new InvalidOperationException($"{bound.Count} does not count"),
    };

    private static PlanPort Find(EquatableArray<PlanPort> ports, string name) => ports.FirstOrDefault(port => port.Name == name)
        ?? throw new ArgumentException($"there is no '{name}' among {string.Join(", ", ports.Select(port => $"'{port.Name}'"))}", nameof(name));

    private static PlanConversion Find(PlanPort port, ConversionKind kind) => port.Conversions.FirstOrDefault(conversion => conversion.Kind == kind)
        ?? throw new ArgumentException($"'{port.Name}' is not to be had as {kind}", nameof(port));

    private static void ExpectType<T>(PlanPort port)
    {
        if (port.Type.NetType() != typeof(T))
        {
            throw new ArgumentException($"'{port.Name}' holds {port.Type}, not {typeof(T).Name}", nameof(port));
        }
    }

    private static int Elements(PlanConversion conversion) => conversion.Shape.Aggregate(1, (elements, extent) => checked(elements * extent));

    private void Feed<T>(PlanPort port, ConversionKind kind, ReadOnlySpan<T> data)
        where T : unmanaged
    {
        PlanConversion conversion = Find(port, kind);
        if (data.Length != Elements(conversion))
        {
            throw new ArgumentException($"'{port.Name}': expected {Elements(conversion)} elements of {conversion.Shape}, got {data.Length}", nameof(data));
        }

        // Steps of an input see the span as a ReadOnlySpan only, or they would not have compiled.
        Span<T> writable = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(data), data.Length);
        Run(conversions[(port.Name, true, kind)], MemoryMarshal.AsBytes(writable));
    }

    private void Run(CompiledStep[] conversion, Span<byte> port)
    {
        foreach (CompiledStep step in conversion)
        {
            step(Arena, weights, port, iterations);
        }
    }

    private void CompileConversions(EquatableArray<PlanPort> ports, bool isInput)
    {
        foreach (PlanPort port in ports)
        {
            foreach (PlanConversion conversion in port.Conversions)
            {
                conversions[(port.Name, isInput, conversion.Kind)] = [.. conversion.Steps.Select(step => Compile(step, isInput))];
            }
        }
    }

    private CompiledStep Compile(PlanStep step, bool portIsReadOnly = true, int depth = 0)
    {
        if (step.Kernel == PlanStep.LoopKernel)
        {
            return CompileLoop(step, depth);
        }

        var context = new StepContext(step, tensors, constants, portIsReadOnly);
        if (step.Kernel == PlanStep.ElementwiseKernel)
        {
            ElementwiseCompiler.Emit(context, step);
        }
        else
        {
            KernelCallCompiler.Emit(context, step);
        }

        return context.Finish();
    }

    private static CompiledStep CompileLoop(PlanStep step, CompiledStep[] body, int depth) => (arena, weights, port, iterations) =>
    {
        int count = step.Count;
        for (int iteration = 0; iteration < count; iteration++)
        {
            iterations[depth] = iteration;
            foreach (CompiledStep inner in body)
            {
                inner(arena, weights, port, iterations);
            }
        }
    };

    private CompiledStep CompileLoop(PlanStep step, int depth) => depth < PlanStep.DeepestLoops
        ? CompileLoop(step, [.. step.Body.Select(inner => Compile(inner, depth: depth + 1))], depth)
        : throw new InvalidOperationException($"step '{step.Name}': loops are nested too deeply");
}
