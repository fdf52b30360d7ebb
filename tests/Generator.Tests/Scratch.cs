using System.IO;
using ModelCompiler.Plans;
using Xunit;
namespace ModelCompiler.Generator.Tests;
public class Scratch
{
    [Fact]
    public void Dump()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        foreach (var s in GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources()) { File.WriteAllText("/tmp/h6/out/" + s.Key, s.Value); }
    }
}
