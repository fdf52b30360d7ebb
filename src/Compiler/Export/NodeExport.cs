using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;

namespace ModelCompiler.Compiler.Export;

/// <summary>A node on its way into the exported model.</summary>
internal sealed record NodeExport(Node Node, ExportedValues Values, OnnxWriter Writer)
{
    /// <summary>The graph.</summary>
    public Graph Graph => Values.Graph;

    /// <summary>Axes of the first input.</summary>
    public int Rank => ShapeOf(0).Rank;

    /// <summary>
    /// Channels first where an image among the inputs is there in that order, and all others can be.
    /// </summary>
    public Layout Preferred =>
        RuntimeInputs().All(input => Graph.ShapeOf(input).Rank == 4) && RuntimeInputs().Any(Values.IsChannelsFirst) ? Layout.ChannelsFirst : Layout.Own;

    /// <summary>Shape of an input.</summary>
    public Shape ShapeOf(int input) => Graph.ShapeOf(Node.Inputs[input]);

    /// <summary>An input.</summary>
    public string Input(int index, Layout layout = Layout.Own) => Values.Plain(Node.Inputs[index], layout);

    /// <summary>Adds a node.</summary>
    public string Add(string type, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes) => Writer.AddNode(Node.Name, type, inputs, attributes);

    /// <summary>Adds a constant row of int64.</summary>
    public string Integers(string role, IEnumerable<int> numbers) => Writer.AddIntegers(Node.Name + "/" + role, numbers);

    /// <summary>Adds a constant.</summary>
    public string Constant(string role, Tensor tensor) => Writer.AddConstant(Node.Name + "/" + role, tensor);

    /// <summary>Says what computes the output.</summary>
    public void Define(string name, Layout layout = Layout.Own) => Values.Define(Node.Output, layout, name);

    /// <summary>Adds a node that computes the output of the first input.</summary>
    public void DefineBy(string type, Layout layout, IEnumerable<string> more, params IEnumerable<AttributeProto> attributes) =>
        Define(Add(type, [Input(0, layout), .. more], attributes), layout);

    private IEnumerable<string> RuntimeInputs() => Node.Inputs.Where(input => !Graph.Constants.ContainsKey(input));
}
