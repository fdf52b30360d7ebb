using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Compiling;
using ModelCompiler.Conformance.Reporting;
using Xunit;

namespace ModelCompiler.Conformance;

[Trait("Category", "Slow")]
public sealed class PassingTests
{
    // All of them take minutes; every eighth of the list meets every operator with more than a few tests.
    private const int Stride = 8;

    private static string NodeTests => Path.Combine(Repository.SharedData, "onnx", "node");

    [SkippableFact]
    public void Every_eighth_listed_ONNX_node_test_still_passes()
    {
        Skip.IfNot(Directory.Exists(NodeTests), "The ONNX node tests are not in ../shared/data/onnx/node.");

        HashSet<string> listed = [.. PassingList.Read("node").Where((_, index) => index % Stride == 0)];
        ConformanceCase[] cases = [.. OnnxSuite.Find(NodeTests).Where(test => listed.Contains(test.Name))];
        ImmutableArray<Verdict> verdicts = new ConformanceRunner(Precision.Float32, rounding: null, fixInputs: true).Run(cases);

        Assert.NotEmpty(listed);
        Assert.Equal(listed.Order(StringComparer.Ordinal), cases.Select(test => test.Name).Order(StringComparer.Ordinal));
        Assert.Empty(verdicts.Where(verdict => verdict.Outcome != Outcome.Passed).Select(verdict => $"{verdict.Case}: {verdict.Outcome}, {verdict.Reason}"));
    }

    [Fact]
    public void The_list_is_sorted_and_names_each_test_once()
    {
        ImmutableArray<string> listed = PassingList.Lines();

        Assert.Equal(listed.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), listed);
    }
}
