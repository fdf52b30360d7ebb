extern alias generator;

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Compiling;

/// <summary>From plans to an assembly, by the generator and the C# compiler, set as strictly as users may set them.</summary>
internal static class BatchCompiler
{
    private static readonly CSharpParseOptions Language = CSharpParseOptions.Default
        .WithLanguageVersion(LanguageVersion.CSharp12)
        .WithPreprocessorSymbols("NET", "NET8_0_OR_GREATER", "NET9_0_OR_GREATER", "NET10_0_OR_GREATER");

    private static readonly CSharpCompilationOptions Options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
        .WithOptimizationLevel(OptimizationLevel.Release)
        .WithNullableContextOptions(NullableContextOptions.Enable)
        .WithGeneralDiagnosticOption(ReportDiagnostic.Error)
        .WithAllowUnsafe(false);

    private static readonly ImmutableArray<MetadataReference> Framework =
    [
        .. Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "System*.dll")
            .Order(StringComparer.Ordinal)
            .Where(IsManaged)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Compiles models into one assembly.</summary>
    /// <param name="cases">The models.</param>
    /// <param name="path">The assembly to write.</param>
    /// <returns>What went wrong; empty when the assembly is there.</returns>
    public static ImmutableArray<string> Compile(IReadOnlyList<CompiledCase> cases, string path)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path),
            cases.Select(item => CSharpSyntaxTree.ParseText(AdapterSource.Write(item.Plan), Language, item.Plan.ClassName + ".Adapter.cs", Encoding.UTF8)),
            Framework,
            Options);
        CSharpGeneratorDriver
            .Create([new generator::ModelCompiler.Generator.ModelGenerator().AsSourceGenerator()], cases.SelectMany(Files), Language)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation complete, out ImmutableArray<Diagnostic> generated);
        ImmutableArray<string> errors = Errors(generated);
        if (!errors.IsEmpty)
        {
            return errors;
        }

        using FileStream stream = File.Create(path);
        EmitResult result = complete.Emit(stream, manifestResources: cases.Where(item => item.Plan.WeightStorage == WeightStorage.Resource).Select(Resource));
        return result.Success ? [] : Errors(result.Diagnostics);
    }

    private static ImmutableArray<string> Errors(IEnumerable<Diagnostic> diagnostics) =>
        [.. diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString())];

    private static IEnumerable<AdditionalText> Files(CompiledCase item)
    {
        yield return new MemoryText(item.Plan.ClassName + ".modelplan", PlanWriter.Write(item.Plan));
        if (item.Plan.WeightStorage == WeightStorage.Literals)
        {
            yield return new MemoryText(item.Plan.ClassName + ".modelweights", Convert.ToBase64String(item.Weights, Base64FormattingOptions.InsertLineBreaks));
        }
    }

    private static ResourceDescription Resource(CompiledCase item) =>
        new(item.Plan.WeightResource, () => new MemoryStream(item.Weights, writable: false), isPublic: true);

    // The folder of the framework holds libraries in machine code, too.
    private static bool IsManaged(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using var reader = new System.Reflection.PortableExecutable.PEReader(stream);
        return reader.PEHeaders.CorHeader is not null && reader.HasMetadata;
    }

    private sealed class MemoryText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
    }
}
