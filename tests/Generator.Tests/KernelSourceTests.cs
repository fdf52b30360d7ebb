extern alias generator;

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelCompiler.Plans;
using Xunit;
using KernelSourceEmitter = generator::ModelCompiler.Generator.Emission.KernelSourceEmitter;
using KernelSources = generator::ModelCompiler.Generator.Kernels.KernelSources;

namespace ModelCompiler.Generator.Tests;

/// <summary>The kernels as source inside a class.</summary>
public class KernelSourceTests
{
    [Fact]
    public void A_class_has_only_the_kernels_that_it_uses()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Pair();
        string kernels = GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources()["Pair.Kernels.g.cs"];
        Assert.Contains("class KernelOptions", kernels, StringComparison.Ordinal);
        Assert.DoesNotContain("class ElementwiseMath", kernels, StringComparison.Ordinal);
        Assert.DoesNotContain("Conv2D", kernels, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void All_kernels_together_compile_inside_a_class_of_a_strict_project(bool isNet10)
    {
        string source = KernelSourceEmitter.Write(KernelSources.Shared, "Some.Where", "Model", KernelSources.Shared.Types).ToString();
        CSharpCompilation project = GeneratorHarness.Project([source, "namespace Some.Where; internal static partial class Model { }"], isNet10);
        IEnumerable<Diagnostic> diagnostics = project.Emit(Stream.Null, xmlDocumentationStream: Stream.Null).Diagnostics;
        Assert.DoesNotContain(diagnostics, diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);
    }

    [Fact]
    public void Types_that_code_mentions_come_along_and_those_of_comments_and_strings_do_not()
    {
        var sources = new KernelSources(
        [
            File("A", "public static partial class A { /* C */ int x = B.Value; // D\n string s = \"E \\\" F\"; string t = $\"G {H.Of(\"I\")} J\"; char c = '\"'; string v = @\"K\"; }"),
            File("A.Avx2", "#if NET\npublic static partial class A { L l; }\n#endif"),
            .. "BCDEFGHIJKL".Select(name => File(name.ToString(), $"internal readonly record struct {name}(int Value);")),
        ]);
        Assert.Equal(["A", "A.Avx2", "B", "H", "L"], sources.Closure(["A"]).Select(file => file.Path));
    }

    [Fact]
    public void Files_that_are_conditional_as_a_whole_stay_so()
    {
        var sources = new KernelSources([new KeyValuePair<string, string>("A.cs", "#if NOWHERE\nusing System;\n\nnamespace X;\n\nclass A { int wrong = ; }\n#endif\n")]);
        string source = KernelSourceEmitter.Write(sources, "", "Model", ["A"]).ToString();
        Assert.Empty(CSharpSyntaxTree.ParseText(source).GetDiagnostics());
    }

    private static KeyValuePair<string, string> File(string path, string code) => new(path, "using System;\n\nnamespace X;\n\n" + code + "\n");
}
