using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class EinsumTests
{
    // The equation, the same with all axes named, the extents of the operands.
    [Theory]
    [InlineData("ij,jk->ik", "ij,jk->ik", "2x3,3x4")]
    [InlineData("ij,jk", "ij,jk->ik", "2x3,3x4")]
    [InlineData("ij,kj->ki", "ij,kj->ki", "2x3,4x3")]
    [InlineData("ba", "ba->ab", "2x3")]
    [InlineData("Zab", "Zab->Zab", "2x3x4")]
    [InlineData("ii->i", "ii->i", "3x3")]
    [InlineData("ii", "ii->", "3x3")]
    [InlineData("iji->ji", "iji->ji", "3x2x3")]
    [InlineData("iii->i", "iii->i", "3x3x3")]
    [InlineData("...ii->...i", "abii->abi", "2x3x4x4")]
    [InlineData("...ij,...jk->...ik", "abij,abjk->abik", "2x3x4x5,2x3x5x2")]
    [InlineData("...ij,...jk", "abij,bjk->abik", "2x3x4x5,3x5x2")]
    [InlineData("i...,i...->...", "ia,ia->a", "3x4,3x4")]
    [InlineData("a...b->b...a", "acdb->bcda", "2x3x4x5")]
    [InlineData("i,j->ij", "i,j->ij", "2,4")]
    [InlineData("bi,bj->bij", "bi,bj->bij", "2x3,2x4")]
    [InlineData("bhid,bhjd->bhij", "bhid,bhjd->bhij", "2x3x4x5,2x3x2x5")]
    [InlineData("bnd,hde->bhne", "bnd,hde->bhne", "2x3x4,2x4x5")]
    [InlineData("ij,jk,kl->il", "ij,jk,kl->il", "2x3,3x4,4x5")]
    [InlineData("ij,i,j->", "ij,i,j->", "2x3,2,3")]
    [InlineData("ij,ij,ij->i", "ij,ij,ij->i", "2x3,2x3,2x3")]
    [InlineData("ik,jkl->j", "ik,jkl->j", "2x3,4x3x5")]
    [InlineData("ij,jk->ik", "ij,jk->ik", "2x1,3x4")]
    [InlineData("bij,bjk->bik", "bij,bjk->bik", "1x2x3,4x3x2")]
    [InlineData("ij->", "ij->", "2x3")]
    [InlineData(" i j , j -> i ", "ij,j->i", "2x3,3")]
    [InlineData(",ij->ij", ",ij->ij", ",2x3")]
    [InlineData("->", "->", "")]
    public void An_equation_sums_the_products_over_the_axes_that_its_output_lacks(string equation, string named, string extents)
    {
        var random = new Random(equation.Length);
        Tensor[] operands = [.. extents.Split(',').Select(text => Networks.Noise(random, Shape.From(text.Split('x', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse))))];
        Graph graph = Accept(Model(equation, OnnxTypes.Float, operands));

        Tensor expected = Naive(named, operands);
        Tensor actual = Running.Evaluate(graph, operands);
        Assert.Equal(expected.Shape, actual.Shape);
        Running.Close(expected.Values<float>(), actual.Values<float>(), 1e-5, equation);
        Running.Close(expected.Values<float>(), Running.Execute(PassList.Run(graph, Precision.Float32), operands), 1e-5, equation + " as a plan");
    }

    [Fact]
    public void Integers_wrap_around_as_their_type_does()
    {
        var bytes = new TensorProto { Name = "b", DataType = OnnxTypes.UInt8, Dims = { 2, 1 }, Int32Data = { 200, 3 } };
        Assert.Equal([203], Evaluate("Einsum", [bytes], Attribute("equation", "ij->j")).Values<byte>());
        Tensor product = Evaluate(12, Node("Einsum", "b b", "y", Attribute("equation", "ij,ij->j")), bytes)[0];
        Assert.Equal([unchecked((byte)((200 * 200) + 9))], product.Values<byte>());
    }

    [Fact]
    public void Products_of_int64_that_the_model_computes_have_a_kernel()
    {
        Tensor left = Tensor.Of([1, 2], 1L << 40, 3L);
        Tensor right = Tensor.Of([2, 1], 5L, -7L);
        Graph graph = Accept(Model("ij,jk->ik", OnnxTypes.Int64, [left, right]));
        LoweredModel model = ModelLowering.Lower(graph, Running.Options);
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<long>("x0", left.Values<long>());
        executor.Feed<long>("x1", right.Values<long>());
        executor.Infer();
        Assert.Equal([(5L << 40) - 21], executor.Fetch<long>("y"));
    }

    [Theory]
    [InlineData("ij,jk->ik", "2x3", "MC1013")]
    [InlineData("ij->ik", "2x3", "MC1013")]
    [InlineData("ij->ii", "2x3", "MC1013")]
    [InlineData("i.j->i", "2x3", "MC1013")]
    [InlineData("i1->i", "2x3", "MC1013")]
    [InlineData("ij->i->j", "2x3", "MC1013")]
    [InlineData("......->", "2x3", "MC1013")]
    [InlineData("...j->j", "2x3", "MC1013")]
    [InlineData("ijk->i", "2x3", "MC1014")]
    [InlineData("i->i", "2x3", "MC1014")]
    [InlineData("ii->i", "2x3", "MC1014")]
    [InlineData("ij,ij->i", "2x3,2x4", "MC1014")]
    public void What_is_no_equation_for_the_operands_is_refused(string equation, string extents, string code)
    {
        Tensor[] operands = [.. extents.Split(',').Select(text => Networks.Noise(new Random(1), Shape.From(text.Split('x').Select(int.Parse))))];
        Assert.Equal(code, Assert.Single(Refuse(Model(equation, OnnxTypes.Float, operands))).Kind.Code);
    }

    private static ModelProto Model(string equation, int type, Tensor[] operands)
    {
        string[] names = [.. operands.Select((_, index) => "x" + index)];
        ValueInfoProto[] inputs = [.. operands.Select((operand, index) => Input(names[index], type, [.. operand.Shape.Cast<object>()]))];
        return OnnxModels.Model(Graph([Node("Einsum", string.Join(' ', names), "y", Attribute("equation", equation))], "y", null, inputs), 12);
    }

    // Every combination of indices, one after the other.
    private static Tensor Naive(string equation, Tensor[] operands)
    {
        string[] sides = equation.Split("->");
        string[] terms = sides[0].Split(',');
        var extents = new Dictionary<char, int>();
        foreach ((string term, Tensor operand) in terms.Zip(operands))
        {
            for (int axis = 0; axis < term.Length; axis++)
            {
                extents[term[axis]] = Math.Max(extents.GetValueOrDefault(term[axis]), operand.Shape[axis]);
            }
        }

        char[] axes = [.. extents.Keys];
        Shape shape = Shape.From(sides[1].Select(axis => extents[axis]));
        var sums = new double[shape.ElementCount];
        int total = axes.Aggregate(1, (count, axis) => count * extents[axis]);
        for (int combination = 0; combination < total; combination++)
        {
            var index = new Dictionary<char, int>();
            int rest = combination;
            foreach (char axis in axes)
            {
                index[axis] = rest % extents[axis];
                rest /= extents[axis];
            }

            sums[At(sides[1], shape, index)] += terms.Zip(operands).Aggregate(1.0, (product, pair) => product * pair.Second.Values<float>()[At(pair.First, pair.Second.Shape, index)]);
        }

        return Tensor.Of(shape, Array.ConvertAll(sums, sum => (float)sum));
    }

    private static int At(string term, Shape shape, Dictionary<char, int> index)
    {
        int[] strides = shape.Strides();
        return term.Select((axis, place) => shape[place] == 1 ? 0 : index[axis] * strides[place]).Sum();
    }
}
