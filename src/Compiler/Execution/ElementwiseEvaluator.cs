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
        Tensor result = Tensor.Zeros(new TensorType(expression.Type, shape));
        if (result.Count == 0)
        {
            return result;
        }

        var constants = new ConstantPool();
        PlanStep step = Step(expression, inputs, shape, constants);
        int bytes = checked(result.Count * expression.Type.SizeOf());
        var plan = new ModelPlan
        {
            ClassName = "Constant",
            ArenaBytes = bytes,
            Tensors = new([new PlanTensor(Output, expression.Type, shape.ToEquatableArray(), 0, result.Count, 0, 0)]),
            Constants = constants.Constants,
            Steps = new([step]),
        };
        var executor = new PlanExecutor(plan, constants.ToArray());
        executor.Infer();
        System.Buffer.BlockCopy(executor.Tensor<byte>(Output).ToArray(), 0, result.Data, 0, bytes);
        return result;
    }

    private static PlanStep Step(Expression expression, ImmutableArray<Tensor> inputs, Shape shape, ConstantPool constants)
    {
        IReadOnlyList<int>[] strides = [.. inputs.Select(input => (IReadOnlyList<int>)input.Shape.StridesTo(shape)), shape.Strides()];
        (int[] extents, int[][] merged) = Strided.Merge(shape.Extents, strides);
        var arguments = new List<PlanArgument>();
        for (int index = 0; index < inputs.Length; index++)
        {
            string number = index.ToString(CultureInfo.InvariantCulture);
            arguments.Add(new PlanArgument("x" + number, constants.Add("x" + number, inputs[index])));
            arguments.Add(new PlanArgument("strides" + number, merged[index].Plan()));
        }

        arguments.Add(new PlanArgument("output", new TensorValue(Output, expression.Type, 0)));
        arguments.Add(new PlanArgument("outputStrides", merged[^1].Plan()));
        arguments.Add(new PlanArgument("shape", extents.Plan()));
        arguments.Add(new PlanArgument("expression", new TextValue(ExpressionText.Write(expression))));
        return new PlanStep(Output, PlanStep.ElementwiseKernel, "", arguments.ToEquatableArray());
    }
}
