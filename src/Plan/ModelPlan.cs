namespace ModelCompiler.Plans;

/// <summary>
/// What the compiler hands to the generator: one model, reduced to calls of kernels on regions of one arena.
/// Every decision is made; the generator only writes it out as C#.
/// </summary>
public sealed record ModelPlan
{
    /// <summary>Name of the class to generate.</summary>
    public required string ClassName { get; init; }

    /// <summary>Its namespace; empty for the global one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Whether the class is <c>public</c> rather than <c>internal</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>The model's file name, without folder.</summary>
    public string Source { get; init; } = "";

    /// <summary>The precision the user asked for, e.g. <c>Int8</c>.</summary>
    public string Precision { get; init; } = "Float32";

    /// <summary>Multiply-accumulates of one prediction.</summary>
    public long MultiplyAccumulates { get; init; }

    /// <summary>Sentences about the model for its XML documentation, such as the agreement of int8 with float.</summary>
    public EquatableArray<string> Remarks { get; init; }

    /// <summary>Bytes of the arena that holds all activations.</summary>
    public int ArenaBytes { get; init; }

    /// <summary>Where the weights are: <c>Literals</c> in the generated code, or an embedded <c>Resource</c>.</summary>
    public WeightStorage WeightStorage { get; init; }

    /// <summary>Bytes of all constants, a multiple of 8.</summary>
    public int WeightBytes { get; init; }

    /// <summary>Logical name of the embedded resource, when the weights are one.</summary>
    public string WeightResource { get; init; } = "";

    /// <summary>Class labels in the order of the scores; empty when there are none.</summary>
    public EquatableArray<string> Labels { get; init; }

    /// <summary>What makes the class a classifier, or <see langword="null"/> when it is not one.</summary>
    public PlanClassifier? Classifier { get; init; }

    /// <summary>Whether the model takes batches of any size, of which the plan is for one element: each input's and output's first extent is 1.</summary>
    public bool HasFreeBatch { get; init; }

    /// <summary>Most threads that the elements of a batch are shared among; 1: no member does so.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The model's inputs in its own order.</summary>
    public EquatableArray<PlanPort> Inputs { get; init; }

    /// <summary>The model's outputs in its own order.</summary>
    public EquatableArray<PlanPort> Outputs { get; init; }

    /// <summary>Regions of the arena.</summary>
    public EquatableArray<PlanTensor> Tensors { get; init; }

    /// <summary>Regions of the weights.</summary>
    public EquatableArray<PlanConstant> Constants { get; init; }

    /// <summary>Bytes of the memory that the uniform constants lie in.</summary>
    public long UniformBytes
    {
        get
        {
            long bytes = 0;
            foreach (PlanConstant constant in Constants)
            {
                bytes = constant.Uniform is null ? bytes : System.Math.Max(bytes, PlanConstants.End(constant));
            }

            return bytes;
        }
    }

    /// <summary>Done once, when the instance is made: borders that nothing else overwrites.</summary>
    public EquatableArray<PlanStep> InitialSteps { get; init; }

    /// <summary>One prediction, in order, from the fed inputs to the outputs.</summary>
    public EquatableArray<PlanStep> Steps { get; init; }

    /// <summary>Forgets what is kept from one prediction to the next; empty when nothing is.</summary>
    public EquatableArray<PlanStep> ResetSteps { get; init; }
}

/// <summary>Where the weights are kept.</summary>
public enum WeightStorage
{
    /// <summary><c>ulong</c> literals in the generated code.</summary>
    Literals,

    /// <summary>An embedded resource, mapped and not copied.</summary>
    Resource,
}

/// <summary>Marks a model with one row of class scores, and one input or several that only a file with labels of its own has.</summary>
/// <param name="Input">Name of the input; of the first, when there are several.</param>
/// <param name="Output">Name of the output that holds the scores.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Scores">How scores become probabilities: <c>Raw</c>, <c>Softmax</c>, <c>Exponential</c> (of log-softmax).</param>
/// <param name="LabelOutput">Name of the output that says which class it is; empty when the highest score does.</param>
/// <param name="LabelNumbers">What that output holds for each class; empty: the class's index.</param>
public sealed record PlanClassifier(
    string Input, string Output, int Classes, ScoreTransform Scores, string LabelOutput = "", EquatableArray<long> LabelNumbers = default);

/// <summary>How the outputs of a classifier become scores.</summary>
public enum ScoreTransform
{
    /// <summary>Taken as they are.</summary>
    Raw,

    /// <summary>Softmax over the classes.</summary>
    Softmax,

    /// <summary>e to the power of each: the model ends in a log-softmax.</summary>
    Exponential,
}

/// <summary>An input or output of the model.</summary>
/// <param name="Name">The model's name for it.</param>
/// <param name="Type">The element type the model declares.</param>
/// <param name="Shape">The shape the model declares, in its own layout.</param>
/// <param name="Scale">Of the quantised form, or of the 8-bit integers that are declared; 0 when they stand for no other numbers.</param>
/// <param name="ZeroPoint">The same, as uint8 (0…255).</param>
/// <param name="Conversions">The ways in or out that the class offers.</param>
/// <param name="Bound">Of an output whose extent depends on the data: which one, and where its value is; the shape is the upper bound then.</param>
public sealed record PlanPort(
    string Name,
    ElementType Type,
    EquatableArray<int> Shape,
    float Scale,
    int ZeroPoint,
    EquatableArray<PlanConversion> Conversions,
    PlanBound? Bound = null);

/// <summary>
/// An extent that depends on the data. The conversions of such an output leave the valid slices side by side at the beginning of the caller's span,
/// in row-major order of the shape that they have together, and zeros behind them.
/// </summary>
/// <param name="Axis">The axis.</param>
/// <param name="Count">Where the number of valid slices is: an int64 <see cref="TensorValue"/> or <see cref="ConstantValue"/>, the first element of which counts.</param>
public sealed record PlanBound(int Axis, PlanValue Count);

/// <summary>One way to give an input or take an output: a caller's span and the steps between it and the arena.</summary>
/// <param name="Kind">What the span holds.</param>
/// <param name="Shape">Shape of what the span holds; for pixels height × width × channels.</param>
/// <param name="Steps">Steps whose <see cref="PortValue"/> arguments are the caller's span.</param>
public sealed record PlanConversion(ConversionKind Kind, EquatableArray<int> Shape, EquatableArray<PlanStep> Steps);

/// <summary>What a caller's span holds.</summary>
public enum ConversionKind
{
    /// <summary>Elements of the declared type in the declared layout.</summary>
    Declared,

    /// <summary>Quantised elements as <c>sbyte</c> in the declared layout.</summary>
    Quantized,

    /// <summary>Bytes of an image, height × width × channels; mean and scale are applied.</summary>
    Pixels,
}

/// <summary>A region of the arena.</summary>
/// <param name="Name">Unique in the plan; the model's own name where it has one.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Logical shape, for people; the strides are in the steps.</param>
/// <param name="Offset">Byte offset in the arena, aligned to the element size.</param>
/// <param name="Length">Elements that may be touched from there on, gaps and slack included.</param>
/// <param name="Scale">Of the quantisation, 0 when there is none.</param>
/// <param name="ZeroPoint">Of the quantisation.</param>
public sealed record PlanTensor(
    string Name, ElementType Type, EquatableArray<int> Shape, int Offset, int Length, float Scale, int ZeroPoint);

/// <summary>A region of the weights, or of memory of its own when all its elements are equal: that is filled in, not stored.</summary>
/// <param name="Name">Unique in the plan.</param>
/// <param name="Type">Of its elements.</param>
/// <param name="Offset">Byte offset, a multiple of 8: in the weights, or in the memory of the uniform constants, where equal ones share their place.</param>
/// <param name="Length">Elements.</param>
/// <param name="Uniform">What every element is, or <see langword="null"/> when they are stored.</param>
public sealed record PlanConstant(string Name, ElementType Type, int Offset, int Length, LiteralExpression? Uniform = null);

/// <summary>Facts about <see cref="PlanConstant"/>s.</summary>
public static class PlanConstants
{
    /// <summary>The byte offset behind the last element.</summary>
    public static long End(PlanConstant constant) => constant.Offset + ((long)constant.Length * constant.Type.SizeOf());
}

/// <summary>A call of a kernel.</summary>
/// <param name="Name">The model's name of the layer.</param>
/// <param name="Kernel">Name of the kernel class in RuntimeSupport, or <see cref="ElementwiseKernel"/>.</param>
/// <param name="Note">What it does, for people: shapes, fused operations, why this kernel.</param>
/// <param name="Arguments">Named as the kernel's <c>Run</c> names its parameters.</param>
public sealed record PlanStep(string Name, string Kernel, string Note, EquatableArray<PlanArgument> Arguments)
{
    /// <summary>
    /// The kernel that is written out rather than called: a loop over <c>shape</c> that stores <c>expression</c> of
    /// <c>x0</c>, <c>x1</c>, … (strides in <c>strides0</c>, …) in <c>output</c> (<c>outputStrides</c>).
    /// </summary>
    public const string ElementwiseKernel = "Elementwise";

    /// <summary>No kernel either: runs the steps of <see cref="Body"/> <c>count</c> times.</summary>
    public const string LoopKernel = "Loop";

    /// <summary>Loops that may lie within each other.</summary>
    public const int DeepestLoops = 32;

    /// <summary>The steps of a loop.</summary>
    public EquatableArray<PlanStep> Body { get; init; }

    /// <summary>How often a loop runs.</summary>
    public int Count => Find("count") is IntegerValue { Value: >= 0 and <= int.MaxValue } count ? (int)count.Value : 0;

    /// <summary>The argument of that name, or <see langword="null"/>.</summary>
    public PlanValue? Find(string name)
    {
        foreach (PlanArgument argument in Arguments)
        {
            if (argument.Name == name)
            {
                return argument.Value;
            }
        }

        return null;
    }
}

/// <summary>A named argument.</summary>
/// <param name="Name">Parameter name.</param>
/// <param name="Value">Its value.</param>
public sealed record PlanArgument(string Name, PlanValue Value);
