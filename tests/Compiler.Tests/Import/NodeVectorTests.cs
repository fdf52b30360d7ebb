using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;
using Xunit.Abstractions;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>The standard's test vectors, where they are at hand.</summary>
public class NodeVectorTests(ITestOutputHelper output)
{
    [VectorTheory]
    [InlineData("node", true, 962)]
    [InlineData("node", false, 900)]
    [InlineData("pytorch-converted", true, 75)]
    [InlineData("pytorch-converted", false, 75)]
    [InlineData("pytorch-operator", true, 35)]
    [InlineData("pytorch-operator", false, 35)]
    [InlineData("simple", true, 7)]
    public void No_vector_is_wrong_and_no_fewer_than_before_are_supported(string collection, bool fold, int supported)
    {
        int passed = 0;
        var refused = new List<string>();
        var wrong = new List<string>();
        foreach (string folder in Directory.GetDirectories(Path.Combine(NodeVectors.Root!, collection)).Order())
        {
            switch (NodeVectors.Run(folder, fold))
            {
                case (_, null):
                    passed++;
                    break;
                case (true, { } reason):
                    refused.Add($"{Path.GetFileName(folder)}: {reason}");
                    break;
                case (false, { } problem):
                    wrong.Add($"{Path.GetFileName(folder)}: {problem}");
                    break;
            }
        }

        output.WriteLine($"{collection}, {(fold ? "folded" : "evaluated")}: {passed} passed, {refused.Count} unsupported, {wrong.Count} wrong");
        refused.ForEach(output.WriteLine);
        Assert.Empty(wrong);
        Assert.True(passed >= supported, $"{passed} passed, {supported} did before");
    }

    private sealed class VectorTheoryAttribute : TheoryAttribute
    {
        public VectorTheoryAttribute()
        {
            if (NodeVectors.Root is null)
            {
                Skip = "the vectors are not beside the repository, in ../shared/data/onnx";
            }
        }
    }
}
