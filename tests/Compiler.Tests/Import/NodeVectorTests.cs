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
    [InlineData("node", 0, 1385)]
    [InlineData("node", 1, 1383)]
    [InlineData("node", int.MaxValue, 1362)]
    [InlineData("pytorch-converted", 1, 82)]
    [InlineData("pytorch-operator", 1, 35)]
    [InlineData("simple", 1, 15)]
    public void No_vector_is_wrong_and_no_fewer_than_before_are_supported(string collection, int free, int supported)
    {
        int passed = 0;
        var refused = new List<string>();
        var wrong = new List<string>();
        foreach (string folder in Directory.GetDirectories(Path.Combine(NodeVectors.Root!, collection)).Order())
        {
            switch (NodeVectors.Run(folder, free))
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

        output.WriteLine($"{collection}, {free} inputs free: {passed} passed, {refused.Count} unsupported, {wrong.Count} wrong");
        refused.ForEach(output.WriteLine);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
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
