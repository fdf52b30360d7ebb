extern alias generator;

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>From a plan to an assembly, by the generator and the C# compiler, as a user's build does it.</summary>
internal static class GeneratedAssembly
{
    private static readonly CSharpParseOptions Language = CSharpParseOptions.Default
        .WithLanguageVersion(LanguageVersion.CSharp12)
        .WithPreprocessorSymbols("NET", "NET8_0_OR_GREATER", "NET9_0_OR_GREATER", "NET10_0_OR_GREATER");

    private static readonly CSharpCompilationOptions Options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
        .WithOptimizationLevel(OptimizationLevel.Release)
        .WithNullableContextOptions(NullableContextOptions.Enable);

    private static readonly ImmutableArray<MetadataReference> Framework =
    [
        .. Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "System*.dll")
            .Order(StringComparer.Ordinal)
            .Where(IsManaged)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Writes the assembly of a model and its adapter.</summary>
    /// <exception cref="BenchmarkException">The generated code does not compile.</exception>
    public static void Write(ModelPlan plan, byte[] weights, string path)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path), [CSharpSyntaxTree.ParseText(AdapterSource.Write(plan), Language, "Adapter.cs", Encoding.UTF8)], Framework, Options);
        CSharpGeneratorDriver
            .Create([new generator::ModelCompiler.Generator.ModelGenerator().AsSourceGenerator()], Files(plan, weights), Language)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation complete, out ImmutableArray<Diagnostic> generated);

        // Another process may have the one of before mapped.
        File.Delete(path);
        using FileStream stream = File.Create(path);
        EmitResult result = complete.Emit(stream, manifestResources: plan.WeightStorage == WeightStorage.Resource ? [Resource(plan, weights)] : []);
        Diagnostic[] errors = [.. generated.Concat(result.Diagnostics).Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
        if (errors.Length > 0)
        {
            throw new BenchmarkException($"{plan.ClassName}: the generated code has {errors.Length} errors, the first: {errors[0]}");
        }
    }

    private static IEnumerable<AdditionalText> Files(ModelPlan plan, byte[] weights)
    {
        yield return new MemoryText(plan.ClassName + ".modelplan", PlanWriter.Write(plan));
        if (plan.WeightStorage == WeightStorage.Literals)
        {
            yield return new MemoryText(plan.ClassName + ".modelweights", Convert.ToBase64String(weights, Base64FormattingOptions.InsertLineBreaks));
        }
    }

    private static ResourceDescription Resource(ModelPlan plan, byte[] weights) => new(plan.WeightResource, () => new MemoryStream(weights, writable: false), isPublic: true);

    // The folder of the framework holds libraries in machine code, too.
    private static bool IsManaged(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using var reader = new PEReader(stream);
        return reader.PEHeaders.CorHeader is not null && reader.HasMetadata;
    }

    private sealed class MemoryText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
    }
}
