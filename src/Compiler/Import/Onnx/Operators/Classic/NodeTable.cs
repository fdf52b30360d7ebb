using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>The trees of versions 1 to 4: nodes that are known by tree and number, leaves among them, and weights that name their leaf.</summary>
internal sealed class NodeTable
{
    private readonly OnnxNode node;
    private readonly OnnxContext context;
    private readonly long[] trees;
    private readonly long[] numbers;
    private readonly double[] values;
    private readonly bool isDouble;

    /// <summary>Reads the attributes.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="context">The graph.</param>
    /// <param name="kind">What the weights' attributes begin with.</param>
    public NodeTable(OnnxNode node, OnnxContext context, string kind)
    {
        this.node = node;
        this.context = context;
        trees = node.Integers("nodes_treeids") ?? [];
        numbers = Column("nodes_nodeids");
        (values, bool valuesAreDouble) = Numbers("nodes_values");
        (BaseValues, bool baseIsDouble) = Numbers("base_values");
        (double[] weights, bool weightsAreDouble) = Numbers(kind + "_weights");
        isDouble = valuesAreDouble || baseIsDouble || weightsAreDouble;
        long[] targets = node.Integers(kind + "_ids") ?? [];
        long[] ofTrees = node.Integers(kind + "_treeids") ?? [];
        long[] ofNumbers = node.Integers(kind + "_nodeids") ?? [];
        if (trees.Length == 0 || values.Length != trees.Length
            || targets.Length != weights.Length || ofTrees.Length != weights.Length || ofNumbers.Length != weights.Length)
        {
            throw ImportException.Invalid($"the attributes nodes_… or {kind}_… of {node.Operator} are of different lengths, or missing");
        }

        Weights = [.. weights.Select((weight, index) => (ofTrees[index], ofNumbers[index], checked((int)targets[index]), weight))];
    }

    /// <summary>What is added to the sums.</summary>
    public double[] BaseValues { get; }

    /// <summary>Which leaf gives what to which output.</summary>
    public ImmutableArray<(long Tree, long Number, int Target, double Weight)> Weights { get; }

    /// <summary>Adds the trees to the graph.</summary>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="aggregation">What becomes of the weights.</param>
    /// <param name="baseValues">None, or one an output.</param>
    /// <returns>[N, outputs], in the type that the trees compute in.</returns>
    public string Sums(int outputs, TreeAggregationKind aggregation, double[] baseValues)
    {
        if (baseValues.Length > 0 && baseValues.Length != outputs)
        {
            throw ImportException.Attribute(node.Operator, $"{baseValues.Length} base_values for {outputs} outputs", "give none, or one for each");
        }

        if (Weights.Any(weight => weight.Target < 0 || weight.Target >= outputs))
        {
            throw ImportException.Invalid($"a weight of {node.Operator} is for an output that is not there");
        }

        string rows = ClassifierOutputs.Rows(node, context, keepsDouble: true);
        rows = isDouble ? context.Convert(rows, ElementType.Float64) : rows;
        Forest forest = Build(context.ElementTypeOf(rows));
        return context.Emit(new TreeEnsemble(forest, aggregation, (baseValues.Length > 0 ? baseValues : new double[outputs]).ToEquatableArray()), rows);
    }

    // Each node becomes a branch or a leaf; the root of a tree is the node below no other.
    private Forest Build(ElementType type)
    {
        string[] modes = node.Texts("nodes_modes") is { } given && given.Length == trees.Length ? given : throw Different("nodes_modes");
        Dictionary<(long, long), int> ids = Ids(modes);
        var leaves = modes.Where(mode => mode == "LEAF").Select(_ => new List<LeafEntry>()).ToList();
        foreach ((long tree, long number, int to, double weight) in Weights)
        {
            if (!ids.TryGetValue((tree, number), out int leaf) || leaf >= 0)
            {
                throw ImportException.Invalid($"{node.Operator} has a weight for node {number} of tree {tree}, which is no leaf");
            }

            leaves[~leaf].Add(new LeafEntry(to, weight));
        }

        List<SourceBranch> branches = Branches(modes, ids);
        HashSet<int> children = [.. branches.SelectMany(branch => new[] { branch.WhenTrue, branch.WhenFalse })];
        int[] roots = [.. ids.GroupBy(pair => pair.Key.Item1).Select(tree => Root(tree.Key, tree.Select(pair => pair.Value), children))];
        return new ForestBuilder(branches, [.. leaves.Select(entries => entries.ToArray())], type).Build(roots);
    }

    private int Root(long tree, IEnumerable<int> nodes, HashSet<int> children)
    {
        int[] roots = [.. nodes.Where(candidate => !children.Contains(candidate))];
        return roots.Length == 1 ? roots[0] : throw ImportException.Invalid($"tree {tree} of {node.Operator} has {roots.Length} roots");
    }

    // Branches count up from 0, leaves down from −1, in the order of the file.
    private Dictionary<(long Tree, long Number), int> Ids(string[] modes)
    {
        var ids = new Dictionary<(long, long), int>();
        int branches = 0, leaves = 0;
        for (int index = 0; index < trees.Length; index++)
        {
            if (!ids.TryAdd((trees[index], numbers[index]), modes[index] == "LEAF" ? ~leaves++ : branches++))
            {
                throw ImportException.Invalid($"tree {trees[index]} of {node.Operator} has two nodes {numbers[index]}");
            }
        }

        return ids;
    }

    private List<SourceBranch> Branches(string[] modes, Dictionary<(long, long), int> ids)
    {
        long[] features = Column("nodes_featureids");
        long[] whenTrue = Column("nodes_truenodeids");
        long[] whenFalse = Column("nodes_falsenodeids");
        long[]? missing = node.Integers("nodes_missing_value_tracks_true") is { Length: > 0 } ? Column("nodes_missing_value_tracks_true") : null;
        var branches = new List<SourceBranch>();
        for (int index = 0; index < trees.Length; index++)
        {
            if (modes[index] != "LEAF")
            {
                branches.Add(new SourceBranch(
                    Mode(modes[index]),
                    Feature(node, features[index]),
                    [values[index]],
                    Child(index, whenTrue[index]),
                    Child(index, whenFalse[index]),
                    missing?[index] is not (null or 0)));
            }
        }

        return branches;

        int Child(int index, long number) => ids.TryGetValue((trees[index], number), out int child)
            ? child
            : throw ImportException.Invalid($"tree {trees[index]} of {node.Operator} has no node {number}");
    }

    /// <summary>The column that a branch reads.</summary>
    public static int Feature(OnnxNode node, long feature) =>
        feature is >= 0 and < 1 << 24 ? (int)feature : throw ImportException.Invalid($"a node of {node.Operator} reads feature {feature}");

    private BranchMode Mode(string mode) => mode switch
    {
        "BRANCH_LEQ" => BranchMode.LessOrEqual,
        "BRANCH_LT" => BranchMode.Less,
        "BRANCH_GTE" => BranchMode.GreaterOrEqual,
        "BRANCH_GT" => BranchMode.Greater,
        "BRANCH_EQ" => BranchMode.Equal,
        "BRANCH_NEQ" => BranchMode.NotEqual,
        _ => throw ImportException.Attribute(node.Operator, $"the node mode '{mode}'", "it is one of BRANCH_LEQ, BRANCH_LT, BRANCH_GTE, BRANCH_GT, BRANCH_EQ, BRANCH_NEQ, LEAF"),
    };

    private long[] Column(string name) => node.Integers(name) is { } column && column.Length == trees.Length ? column : throw Different(name);

    private ImportException Different(string name) => ImportException.Invalid($"attribute '{name}' of {node.Operator} has not one element a node");

    // Floats in one attribute, or numbers of either precision in another.
    private (double[] Values, bool IsDouble) Numbers(string name)
    {
        float[] narrow = node.Numbers(name) ?? [];
        if (node.Tensor(name + "_as_tensor") is not { } proto)
        {
            return (Array.ConvertAll(narrow, value => (double)value), false);
        }

        Tensor tensor = context.Tensors.Read(proto);
        return narrow.Length == 0 && tensor.Type.IsFloat()
            ? (tensor.ToFloat64(), tensor.Type == ElementType.Float64)
            : throw ImportException.Invalid($"'{name}' of {node.Operator} is given twice, or of {tensor.Type}");
    }
}
