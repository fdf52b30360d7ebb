using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>
/// Writes elementwise steps out as loops: <c>for (…) { output[i] = x0[i] + x1[i]; }</c>. This is what an interpreter cannot do: any chain of
/// elementwise operations is one pass over memory.
/// </summary>
internal sealed class ElementwiseEmitter
{
    private readonly EmissionContext context;
    private readonly ElementwiseStep step;
    private readonly ElementType? callerType;
    private readonly Dictionary<int, int> readings;
    private readonly string body;
    private readonly bool hasVectors;
    private readonly bool wrapsAround;

    public ElementwiseEmitter(EmissionContext context, PlanStep step, ElementType? callerType)
    {
        this.context = context;
        this.step = ElementwiseStep.Of(step);
        this.callerType = callerType;
        readings = ElementwiseStep.InputsOf(this.step.Expression).GroupBy(input => input.Index).ToDictionary(group => group.Key, group => group.Count());
        var emitter = new ExpressionEmitter(Read);
        body = emitter.Write(this.step.Expression);
        wrapsAround = emitter.WrapsAround;
        hasVectors = VectorExpressionEmitter.Suits(this.step);

        // Vectors call functions where single elements have operators.
        CallsFunctions = emitter.CallsFunctions || hasVectors;
    }

    /// <summary>Whether <c>ElementwiseMath</c> is needed.</summary>
    public bool CallsFunctions { get; }

    /// <summary>Writes the spans and the loops.</summary>
    public void Write(SourceWriter writer)
    {
        Span(writer, "Span", "output", step.Output);
        foreach (KeyValuePair<int, StridedOperand> input in step.Inputs)
        {
            Span(writer, "ReadOnlySpan", "x" + Literals.Integer(input.Key), input.Value);
        }

        if (wrapsAround)
        {
            writer.Line("unchecked");
            using (writer.Block())
            {
                Loops(writer, 0);
            }
        }
        else
        {
            Loops(writer, 0);
        }
    }

    private void Span(SourceWriter writer, string kind, string name, StridedOperand operand)
    {
        string comment = ValueText.Comment(context, operand.Memory);
        writer.Line($"{kind}<{operand.Type.Keyword()}> {name} = {ValueText.Of(context, operand.Memory, callerType)};{(comment.Length > 0 ? " // " + comment : "")}");
    }

    private void Loops(SourceWriter writer, int dimension)
    {
        if (dimension == step.Shape.Count)
        {
            Body(writer);
            return;
        }

        string variable = Variable(dimension);
        if (hasVectors && dimension == step.Shape.Count - 1)
        {
            VectorLoops(writer, variable, step.Shape[dimension]);
            return;
        }

        using (writer.Block($"for (int {variable} = 0; {variable} < {Literals.Integer(step.Shape[dimension])}; {variable}++)"))
        {
            Loops(writer, dimension + 1);
        }
    }

    // The widest vectors that the processor has as far as they go, narrow ones behind them, single elements at the end.
    private void VectorLoops(SourceWriter writer, string variable, int extent)
    {
        writer.Line($"int {variable} = 0;");
        string otherwise = "";
        foreach (int width in new[] { 16, 8 }.Where(width => width <= extent))
        {
            using (writer.Block($"{otherwise}if (Kernels.ElementwiseMath.Has{VectorExpressionEmitter.Vector(width)})"))
            {
                VectorLoop(writer, variable, extent, width);
            }

            otherwise = "else ";
        }

        writer.Line();
        VectorLoop(writer, variable, extent, VectorExpressionEmitter.Narrow);
        if (extent % VectorExpressionEmitter.Narrow > 0)
        {
            writer.Line();
            using (writer.Block($"for (; {variable} < {Literals.Integer(extent)}; {variable}++)"))
            {
                Body(writer);
            }
        }
    }

    private void VectorLoop(SourceWriter writer, string variable, int extent, int width)
    {
        string type = VectorExpressionEmitter.Vector(width) + "<float>";
        using (writer.Block($"for (; {variable} < {Literals.Integer(extent - (extent % width))}; {variable} += {Literals.Integer(width)})"))
        {
            foreach (KeyValuePair<int, StridedOperand> input in step.Inputs.Where(input => readings[input.Key] > 1))
            {
                writer.Line($"{type} value{Literals.Integer(input.Key)} = {Vector(input.Key, width)};");
            }

            string result = new VectorExpressionEmitter(width, input => ReadVector(input, width)).Write(step.Expression);
            writer.Line($"{type} result = {result};");
            writer.Line($"result.CopyTo(output.Slice({Index(step.Output.Strides)}));");
        }
    }

    private void Body(SourceWriter writer)
    {
        // An element that is used twice is read once: the compiler cannot know that the output is elsewhere.
        foreach (KeyValuePair<int, StridedOperand> input in step.Inputs.Where(input => readings[input.Key] > 1))
        {
            writer.Line($"{input.Value.Type.Keyword()} value{Literals.Integer(input.Key)} = {Element(input.Key)};");
        }

        writer.Line($"output[{Index(step.Output.Strides)}] = {body};");
    }

    private string Read(InputExpression input) => readings[input.Index] > 1 ? "value" + Literals.Integer(input.Index) : Element(input.Index);

    private string ReadVector(InputExpression input, int width) => readings[input.Index] > 1 ? "value" + Literals.Integer(input.Index) : Vector(input.Index, width);

    private string Vector(int input, int width)
    {
        string create = VectorExpressionEmitter.Vector(width) + ".Create";
        return step.Inputs[input].Strides[step.Shape.Count - 1] == 0
            ? $"{create}({Element(input)})"
            : $"{create}(x{Literals.Integer(input)}.Slice({Index(step.Inputs[input].Strides)}, {Literals.Integer(width)}))";
    }

    private string Element(int input) => $"x{Literals.Integer(input)}[{Index(step.Inputs[input].Strides)}]";

    private string Index(IReadOnlyList<int> strides)
    {
        var terms = new List<string>();
        for (int dimension = 0; dimension < strides.Count; dimension++)
        {
            if (strides[dimension] != 0 && step.Shape[dimension] > 1)
            {
                terms.Add(strides[dimension] == 1 ? Variable(dimension) : $"({Variable(dimension)} * {Literals.Integer(strides[dimension])})");
            }
        }

        return terms.Count switch
        {
            0 => "0",
            1 => terms[0].Trim('(', ')'),
            _ => string.Join(" + ", terms),
        };
    }

    private string Variable(int dimension) => step.Shape.Count == 1 ? "i" : "i" + Literals.Integer(dimension);
}
