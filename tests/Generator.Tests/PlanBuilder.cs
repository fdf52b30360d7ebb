using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Tests;

/// <summary>Puts plans together by hand: allots memory one after the other, collects the weights.</summary>
internal sealed class PlanBuilder
{
    private readonly List<PlanTensor> tensors = [];
    private readonly List<PlanConstant> constants = [];
    private readonly List<byte> weights = [];
    private int arena;

    /// <summary>The steps of one prediction.</summary>
    public List<PlanStep> Steps { get; } = [];

    /// <summary>The constants' bytes.</summary>
    public byte[] Weights => [.. weights];

    /// <summary>Allots a tensor.</summary>
    public TensorValue Tensor(string name, ElementType type, params int[] shape)
    {
        int length = shape.Aggregate(1, (elements, extent) => elements * extent);
        tensors.Add(new PlanTensor(name, type, shape.ToEquatableArray(), arena, length, 0, 0));
        arena = (arena + (length * type.SizeOf()) + 63) / 64 * 64;
        return new TensorValue(name, type, 0);
    }

    /// <summary>Adds a constant.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="values">Its elements; bytes are taken as the memory of elements of any type.</param>
    public ConstantValue Constant<T>(string name, ElementType type, params T[] values)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        constants.Add(new PlanConstant(name, type, weights.Count, bytes.Length / type.SizeOf()));
        weights.AddRange(bytes);
        weights.AddRange(new byte[-weights.Count & 7]);
        return new ConstantValue(name, type);
    }

    /// <summary>The plan.</summary>
    public ModelPlan Build(string className) => new()
    {
        ClassName = className,
        Source = className.ToLowerInvariant() + ".onnx",
        ArenaBytes = arena,
        WeightBytes = weights.Count,
        Tensors = tensors.ToEquatableArray(),
        Constants = constants.ToEquatableArray(),
        Steps = Steps.ToEquatableArray(),
    };

    /// <summary>A call of a kernel.</summary>
    public static PlanStep Step(string name, string kernel, string note, params (string Name, PlanValue Value)[] arguments) =>
        new(name, kernel, note, arguments.Select(argument => new PlanArgument(argument.Name, argument.Value)).ToEquatableArray());

    /// <summary>A list of whole numbers.</summary>
    public static ListValue List(params int[] items) => new(items.Select(item => (PlanValue)new IntegerValue(item)).ToEquatableArray());

    /// <summary>A whole number.</summary>
    public static IntegerValue Integer(int value) => new(value);

    /// <summary>A float.</summary>
    public static FloatValue Float(float value) => new(value);

    /// <summary>A loop over contiguous tensors.</summary>
    public static PlanStep Elementwise(string name, string expression, PlanValue output, int length, params PlanValue[] inputs)
    {
        var arguments = new List<(string, PlanValue)> { ("shape", List(length)), ("expression", new TextValue(expression)) };
        for (int index = 0; index < inputs.Length; index++)
        {
            arguments.Add(($"x{index}", inputs[index]));
            arguments.Add(($"strides{index}", List(1)));
        }

        arguments.Add(("output", output));
        arguments.Add(("outputStrides", List(1)));
        return Step(name, PlanStep.ElementwiseKernel, expression, [.. arguments]);
    }

    /// <summary>A copy between contiguous memory of 32-bit elements.</summary>
    public static PlanStep Copy32(string name, PlanValue input, PlanValue output, int length) => Step(
        name,
        "CopyStrided32",
        $"{length} elements",
        ("input", input),
        ("output", output),
        ("shape", List(length)),
        ("inputStrides", List(1)),
        ("outputStrides", List(1)),
        ("inputOffset", Integer(0)),
        ("outputOffset", Integer(0)));
}
