using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Ops;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.ClassicModels;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Trees, by what each kind of branch means; random ones are compared with another runtime in tests/Peers.</summary>
public class ClassicTreeTests
{
    private static readonly float[] Values =
        [float.NegativeInfinity, -1, -0f, 0, float.Epsilon, 0.99999994f, 1, 1.0000001f, 2, 3.5f, float.MaxValue, float.PositiveInfinity, float.NaN];

    public static TheoryData<string, float, bool> Questions
    {
        get
        {
            var data = new TheoryData<string, float, bool>();
            foreach (string mode in new[] { "BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ" })
            {
                foreach (float value in new[] { 1, 0, float.NegativeInfinity, float.PositiveInfinity, float.NaN })
                {
                    data.Add(mode, value, false);
                    data.Add(mode, value, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public void A_branch_asks_what_its_mode_says(string mode, float value, bool missingIsTrue)
    {
        Func<float, bool> question = mode switch
        {
            "BRANCH_LEQ" => x => x <= value,
            "BRANCH_LT" => x => x < value,
            "BRANCH_GTE" => x => x >= value,
            "BRANCH_GT" => x => x > value,
            "BRANCH_EQ" => x => x == value,
            _ => x => x != value,
        };
        AssertAnswers(Rows(3, Values.Length, 1, "y", Classic("TreeEnsembleRegressor", "x", "y", Stump(mode, value, missingIsTrue))), x => question(x) || (missingIsTrue && float.IsNaN(x)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_set_holds_its_members_and_nothing_between(bool missingIsTrue)
    {
        float[] members = [3.5f, 1, float.NegativeInfinity, 0, 1];
        AssertAnswers(
            Rows(5, Values.Length, 1, "y", Classic("TreeEnsemble", "x", "y", SetStump(members, missingIsTrue))),
            x => members.Contains(x) && !float.IsNaN(x) || (missingIsTrue && float.IsNaN(x)));
    }

    [Fact]
    public void A_tree_of_one_leaf_gives_its_weight_and_a_target_without_weights_the_base_value()
    {
        AttributeProto[] attributes = [.. Tree([("LEAF", 0, 0, 0, 0)], [(0, 1, 2.5f)]), Attribute("n_targets", 2), Numbers("base_values", 10, 20)];
        Assert.Equal([10f, 22.5f], Run(Rows(3, 1, 1, "y", Classic("TreeEnsembleRegressor", "x", "y", attributes)), 0));
    }

    [Fact]
    public void A_tree_as_deep_as_it_has_branches_is_no_trouble()
    {
        const int depth = 20_000;
        var nodes = new List<(string, long, float, long, long)>();
        for (int level = 0; level < depth; level++)
        {
            nodes.Add(("BRANCH_LEQ", 0, level, (2 * level) + 1, (2 * level) + 2));
            nodes.Add(("LEAF", 0, 0, 0, 0));
        }

        nodes.Add(("LEAF", 0, 0, 0, 0));
        (long, long, float)[] weights = [.. Enumerable.Range(0, depth).Select(level => ((2L * level) + 1, 0L, (float)level)), (2L * depth, 0, -1f)];
        ModelProto model = Rows(3, 3, 1, "y", Classic("TreeEnsembleRegressor", "x", "y", Tree([.. nodes], weights)));
        Assert.Equal([0f, 12346f, -1f], Run(model, -5, 12345.5f, 1e9f));
    }

    [Theory]
    [InlineData("nodes_truenodeids", 0, 0, 0, "hang on no root")]
    [InlineData("nodes_truenodeids", 2, 0, 0, "2 roots")]
    [InlineData("nodes_truenodeids", 9, 0, 0, "has no node 9")]
    [InlineData("nodes_featureids", -1, 0, 0, "reads feature -1")]
    [InlineData("nodes_nodeids", 0, 1, 1, "two nodes 1")]
    public void Nodes_that_form_no_tree_are_refused(string attribute, long first, long second, long third, string message)
    {
        AttributeProto[] attributes = Stump("BRANCH_LEQ", 1).With(Integers(attribute, first, second, third));
        Diagnostic problem = Assert.Single(Refuse(Rows(3, 1, 1, "y", Classic("TreeEnsembleRegressor", "x", "y", attributes))));
        Assert.Equal(DiagnosticKinds.GraphInvalid, problem.Kind);
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void What_is_not_supported_is_refused_by_name()
    {
        AssertRefused("MC1011", "'BRANCH_MAYBE'", Stump("BRANCH_MAYBE", 1));
        AssertRefused("MC1011", "post_transform 'TANH'", [.. Stump("BRANCH_LEQ", 1), Attribute("post_transform", "TANH")]);
        AssertRefused("MC1011", "aggregate_function 'MEDIAN'", [.. Stump("BRANCH_LEQ", 1), Attribute("aggregate_function", "MEDIAN")]);
        AssertRefused("MC1011", "2 base_values", [.. Stump("BRANCH_LEQ", 1), Numbers("base_values", 1, 2)]);
        AssertRefused("MC1013", "which is no leaf", Stump("BRANCH_LEQ", 1).With(Integers("target_nodeids", 0, 2)));
        AssertRefused("MC1013", "different lengths", Stump("BRANCH_LEQ", 1).With(Numbers("nodes_values", 1)));
        AssertRefused("MC1013", "an output that is not there", Stump("BRANCH_LEQ", 1).With(Integers("target_ids", 0, 7)));
        AssertRefused("MC1014", "features", Stump("BRANCH_LEQ", 1).With(Integers("nodes_featureids", 3, 0, 0)));
    }

    [Fact]
    public void Sets_and_nodes_of_version_5_must_match()
    {
        AttributeProto[] attributes = SetStump([1], false);
        Assert.Contains("2 sets for 1 nodes", Problem(attributes.With(Attribute("membership_values", Floats("m", [4], 1, float.NaN, 2, float.NaN)))));
        Assert.Contains("the root 0", Problem(attributes.With(Integers("nodes_trueleafs", 0))));
        Assert.Contains("the child -1", Problem(attributes.With(Integers("nodes_falsenodeids", -1))));

        static string Problem(AttributeProto[] attributes) =>
            Assert.Single(Refuse(Rows(5, 1, 1, "y", Classic("TreeEnsemble", "x", "y", attributes)))).Message;
    }

    private static void AssertRefused(string code, string message, AttributeProto[] attributes)
    {
        Diagnostic problem = Assert.Single(Refuse(Rows(3, 1, 1, "y", Classic("TreeEnsembleRegressor", "x", "y", attributes))));
        Assert.Equal(code, problem.Kind.Code);
        Assert.Contains(message, problem.Message);
    }

    private static void AssertAnswers(ModelProto model, Func<float, bool> question)
    {
        float[] expected = [.. Values.Select(x => question(x) ? 1f : 2f)];
        Assert.Equal(expected, Run(model, Values));
    }

    private static float[] Run(ModelProto model, params float[] x)
    {
        Graph graph = Accept(model);
        Assert.Contains(graph.Nodes, node => node.Op is TreeEnsemble);
        Tensor input = Tensor.Of(graph.ShapeOf("x"), x);
        float[] output = Running.Execute(graph, input);
        Assert.Equal(Running.Evaluate(graph, input).Values<float>(), output);
        return output;
    }
}
