using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Execution;

/// <summary>Evaluates elementwise expressions on constants: as a plan of one step, so that folding and running are the same code.</summary>
public static class ElementwiseEvaluator
{
    private const string Output = "output";

    /// <summary>Evaluates an expression over broadcast inputs.</summary>
    public static Tensor Evaluate(Expression expression, ImmutableArray<Tensor> inputs)
    {
        Shape shape = inputs.Select(input => input.Shape).Aggregate(Shape.Scalar, Shape.Broadcast);
        if (shape.ElementCount > 1 && inputs.All(input => input.IsUniform))
        {
            return Tensor.Uniform(Evaluate(expression, [.. inputs.Select(input => input.Element)]), shape);
        }

        Tensor result = Tensor.Zeros(new TensorType(expression.Type, shape));
        if (result.Count == 0)
        {
            return result;
        }

        int bytes = checked(result.Count * expression.Type.SizeOf());
        (PlanConstant[] constants, byte[] memory) = Constants(inputs);
        var plan = new ModelPlan
        {
            ClassName = "Constant",
            ArenaBytes = bytes,
            Tensors = new([new PlanTensor(Output, expression.Type, shape.ToEquatableArray(), 0, result.Count, 0, 0)]),
            Constants = constants.ToEquatableArray(),
            Steps = new([Step(expression, inputs, shape, constants)]),
        };
        var executor = new PlanExecutor(plan, memory);
        executor.Infer();
        System.Buffer.BlockCopy(executor.Tensor<byte>(Output).ToArray(), 0, result.Data, 0, bytes);
        return result;
    }

    private static PlanStep Step(Expression expression, ImmutableArray<Tensor> inputs, Shape shape, PlanConstant[] constants)
    {
        IReadOnlyList<int>[] strides = [.. inputs.Select(input => (IReadOnlyList<int>)(input.IsUniform ? new int[shape.Rank] : input.Shape.StridesTo(shape))), shape.Strides()];
        (int[] extents, int[][] merged) = Strided.Merge(shape.Extents, strides);
        var arguments = new List<PlanArgument>();
        for (int index = 0; index < inputs.Length; index++)
        {
            string number = index.ToString(CultureInfo.InvariantCulture);
            arguments.Add(new PlanArgument("x" + number, new ConstantValue(constants[index].Name, constants[index].Type)));
            arguments.Add(new PlanArgument("strides" + number, merged[index].Plan()));
        }

        arguments.Add(new PlanArgument("output", new TensorValue(Output, expression.Type, 0)));
        arguments.Add(new PlanArgument("outputStrides", merged[^1].Plan()));
        arguments.Add(new PlanArgument("shape", extents.Plan()));
        arguments.Add(new PlanArgument("expression", new TextValue(ExpressionText.Write(expression))));
        return new PlanStep(Output, PlanStep.ElementwiseKernel, "", arguments.ToEquatableArray());
    }

    private static Tensor Stored(Tensor input) => input.IsUniform ? input.Element : input;

    // Not through a ConstantPool, which looks for equal constants: here each is used once.
    private static (PlanConstant[] Constants, byte[] Memory) Constants(ImmutableArray<Tensor> inputs)
    {
        var constants = new PlanConstant[inputs.Length];
        int offset = 0;
        for (int index = 0; index < inputs.Length; index++)
        {
            Tensor input = Stored(inputs[index]);
            constants[index] = new PlanConstant("x" + index.ToString(CultureInfo.InvariantCulture), input.Type, offset, input.Count);
            offset = checked((offset + (input.Count * input.Type.SizeOf()) + sizeof(ulong) - 1) / sizeof(ulong) * sizeof(ulong));
        }

        var memory = new byte[offset];
        for (int index = 0; index < inputs.Length; index++)
        {
            System.Buffer.BlockCopy(Stored(inputs[index]).Data, 0, memory, constants[index].Offset, constants[index].Length * constants[index].Type.SizeOf());
        }

        return (constants, memory);
    }
}
