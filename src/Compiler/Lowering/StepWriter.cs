using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Collects the steps of a plan while the nodes are lowered, and answers what a lowering needs to know of its operands.</summary>
public sealed class StepWriter
{
    private readonly Dictionary<string, View> views;
    private readonly List<PlanStep> steps = [];
    private readonly List<ImmutableArray<string>> results = [[]];
    private readonly List<PlanStep> borders = [];
    private readonly List<View> loopViews = [];
    private readonly string prefix;
    private int temporaries;

    /// <summary>Begins a plan for a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="precision">How the layers that compute in float store their weights.</param>
    /// <param name="isFixedPoint">Whether quantised values are computed in integers alone, where there is such a form.</param>
    /// <param name="usesWinograd">Whether convolutions may take memory for their tiles.</param>
    public StepWriter(Graph graph, Precision precision = Precision.Float32, bool isFixedPoint = false, bool usesWinograd = false)
        : this(graph, precision, isFixedPoint, usesWinograd, new ConstantPool(), "", 0, LayoutPlanner.Plan(graph))
    {
    }

    private StepWriter(Graph graph, Precision precision, bool isFixedPoint, bool usesWinograd, ConstantPool constants, string prefix, int depth, Dictionary<string, View> views)
    {
        Graph = graph;
        Precision = precision;
        IsFixedPoint = isFixedPoint;
        UsesWinograd = usesWinograd;
        Constants = constants;
        Depth = depth;
        this.prefix = prefix;
        this.views = views;
    }

    /// <summary>The graph.</summary>
    public Graph Graph { get; }

    /// <summary>How the layers that compute in float store their weights.</summary>
    public Precision Precision { get; }

    /// <summary>Whether quantised values are computed in integers alone, where there is such a form.</summary>
    public bool IsFixedPoint { get; }

    /// <summary>Whether convolutions may take memory for their tiles.</summary>
    public bool UsesWinograd { get; }

    /// <summary>The constants of the plan.</summary>
    public ConstantPool Constants { get; }

    /// <summary>Loops around the steps.</summary>
    public int Depth { get; }

    /// <summary>The steps so far.</summary>
    public IReadOnlyList<PlanStep> Steps => steps;

    /// <summary>The values that are complete before the first step, then for each step those that are complete after it.</summary>
    public IReadOnlyList<ImmutableArray<string>> Results => results;

    /// <summary>The steps among <see cref="Steps"/> that fill borders.</summary>
    public IReadOnlyList<PlanStep> Borders => borders;

    /// <summary>The layouts of all values, and of the temporaries that nodes have asked for.</summary>
    public IReadOnlyDictionary<string, View> Views => views;

    /// <summary>The layouts of everything, inside loops too.</summary>
    public IEnumerable<View> AllViews => views.Values.Concat(loopViews);

    /// <summary>The layout of a value that is not constant.</summary>
    public View ViewOf(string value) => views[value];

    /// <summary>Whether a value is constant.</summary>
    public bool IsConstant(string value) => Graph.Constants.ContainsKey(value);

    /// <summary>Adds a step.</summary>
    /// <param name="name">The model's name for the layer.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="note">What it does.</param>
    /// <param name="arguments">Named as the kernel's parameters.</param>
    public void Add(string name, string kernel, string note, params IEnumerable<(string Name, PlanValue Value)> arguments) =>
        Add(new PlanStep(name, kernel, note, arguments.Select(argument => new PlanArgument(argument.Name, argument.Value)).ToEquatableArray()));

    /// <summary>Adds a step that has been made.</summary>
    public void Add(PlanStep step)
    {
        steps.Add(step);
        results.Add([]);
    }

    /// <summary>Begins the steps of a loop's body.</summary>
    /// <param name="name">The loop's first output.</param>
    /// <param name="body">The body.</param>
    /// <param name="inputs">The layouts of its inputs.</param>
    /// <param name="results">The layouts of values that are computed where they belong.</param>
    public StepWriter BeginLoop(string name, Graph body, IReadOnlyDictionary<string, View> inputs, IReadOnlyDictionary<string, View> results)
    {
        string inner = name + "/";
        while (views.Keys.Any(value => value.StartsWith(inner, StringComparison.Ordinal)))
        {
            inner += "/";
        }

        inner = prefix + inner;
        return new StepWriter(body, Precision, IsFixedPoint, UsesWinograd, Constants, inner, Depth + 1, LayoutPlanner.PlanBody(body, inner, inputs, results));
    }

    /// <summary>Adds a loop, when the steps of its body are complete.</summary>
    public void EndLoop(string name, string note, int count, StepWriter body)
    {
        Add(name, PlanStep.LoopKernel, note, ("count", count.Plan()));
        steps[^1] = steps[^1] with { Body = body.steps.ToEquatableArray() };
        loopViews.AddRange(body.AllViews);
    }

    /// <summary>Marks that a value is complete after the latest step, or, before there is one, when the inputs have been fed.</summary>
    public void Complete(string value) => results[^1] = results[^1].Add(value);

    /// <summary>A buffer for the use of one node.</summary>
    public View Temporary(string name, ElementType type, Shape shape, QuantizationParameters? quantization = null, Padding padding = default)
    {
        string unique = $"{prefix}{name}.temporary{(++temporaries).ToString(CultureInfo.InvariantCulture)}";
        View view = View.Allocate(unique, type, shape, padding, quantization);
        views.Add(unique, view);
        return view;
    }

    /// <summary>Fills the border around an image with what stands for 0 there.</summary>
    public void FillBorder(string name, View view)
    {
        if (view.Padding.IsEmpty)
        {
            return;
        }

        (int top, int left, int bottom, int right) = view.Padding;
        int channels = view.Strides[2];
        bool isByte = view.Type.SizeOf() == 1;
        PlanValue value = isByte ? (view.Quantization?.ZeroPoint ?? 0).Plan() : 0.Plan();
        Add(
            name,
            isByte ? "FillBorder8" : "FillBorder32",
            $"border around {view.Shape} for the windows behind it: top {top}, left {left}, bottom {bottom}, right {right}",
            ("buffer", new TensorValue(view.Buffer.Name, isByte ? ElementType.UInt8 : ElementType.Int32, 0)),
            ("batches", view.Shape[0].Plan()),
            ("batchStride", view.Strides[0].Plan()),
            ("rowStride", view.Strides[1].Plan()),
            ("height", view.Shape[1].Plan()),
            ("rowLength", view.Strides[1].Plan()),
            ("top", top.Plan()),
            ("left", (left * channels).Plan()),
            ("bottom", bottom.Plan()),
            ("right", (right * channels).Plan()),
            ("value", value));
        borders.Add(steps[^1]);
    }

    /// <summary>Copies between layouts of one shape.</summary>
    public void Copy(string name, string note, PlanValue source, int sourceOffset, IReadOnlyList<int> sourceStrides, View target, IReadOnlyList<int>? extents = null, int targetOffset = 0, IReadOnlyList<int>? targetStrides = null)
    {
        int bits = target.Type.SizeOf() * 8;
        (int[] shape, int[][] strides) = Strided.Merge(extents ?? target.Shape.Extents, sourceStrides, targetStrides ?? target.Strides);
        Add(
            name,
            $"CopyStrided{bits.ToString(CultureInfo.InvariantCulture)}",
            note,
            ("input", source),
            ("output", target.ArgumentAs(CopyType(target.Type))),
            ("shape", shape.Plan()),
            ("inputStrides", strides[0].Plan()),
            ("outputStrides", strides[1].Plan()),
            ("inputOffset", sourceOffset.Plan()),
            ("outputOffset", targetOffset.Plan()));
    }

    /// <summary>A value, or a copy of it, whose elements lie in row-major order.</summary>
    public View Contiguous(string name, string value)
    {
        View view = ViewOf(value);
        if (view.IsContiguous)
        {
            return view;
        }

        View copy = Temporary(value, view.Type, view.Shape, view.Quantization);
        Copy(name, $"{value} in row-major order", view.ArgumentAs(CopyType(view.Type)), 0, view.Strides, copy);
        return copy;
    }

    /// <summary>A value, or a copy of it, with a border of at least the given size around its rows and columns.</summary>
    public View Padded(string name, string value, Padding padding)
    {
        View? view = IsConstant(value) ? null : ViewOf(value);
        if (view is not null && view.Padding.Contains(padding) && view.Strides[3] == 1)
        {
            return view;
        }

        return PaddedCopy(name, value, padding);
    }

    /// <summary>A copy of a value in a buffer of its own, with a border of the given size around its rows and columns.</summary>
    public View PaddedCopy(string name, string value, Padding padding)
    {
        // A constant image has weights that are computed: else the result were constant.
        View? view = IsConstant(value) ? null : ViewOf(value);
        View copy = Temporary(value, view?.Type ?? Graph.Values[value].Type.Type, Graph.ShapeOf(value), view?.Quantization, padding);
        FillBorder(name, copy);
        Copy(name, $"{value} with a border", MovementLowering.CopyArgument(this, value), 0, StridesOf(value), copy);
        return copy;
    }

    /// <summary>The argument for an operand that may be constant and whose elements the kernel reads in row-major order.</summary>
    public PlanValue ContiguousOperand(string name, string value) => IsConstant(value) ? Operand(value) : Contiguous(name, value).Argument;

    /// <summary>The argument for an operand that may be constant.</summary>
    public PlanValue Operand(string value) =>
        Graph.Constants.TryGetValue(value, out Tensor? constant) ? Constants.Add(value, constant) : ViewOf(value).Argument;

    /// <summary>The strides of an operand that may be constant.</summary>
    public IReadOnlyList<int> StridesOf(string value) =>
        IsConstant(value) ? Graph.ShapeOf(value).Strides() : ViewOf(value).Strides;

    /// <summary>The unsigned or signed integer type that copies elements of a type.</summary>
    public static ElementType CopyType(ElementType type) => type.SizeOf() switch
    {
        1 => ElementType.UInt8,
        2 => ElementType.Int16,
        4 => ElementType.Int32,
        _ => ElementType.Int64,
    };
}
