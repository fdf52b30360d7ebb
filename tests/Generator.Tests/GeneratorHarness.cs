extern alias generator;

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using System.Threading;
using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Plans;
using Xunit;
using ModelGenerator = generator::ModelCompiler.Generator.ModelGenerator;

namespace ModelCompiler.Generator.Tests;

/// <summary>The real generator in a real C# compiler, strict as a strict project: warnings are errors, documentation and overflow are checked.</summary>
internal static class GeneratorHarness
{
    private static readonly string[] Net8Symbols = ["NET", "NET6_0_OR_GREATER", "NET7_0_OR_GREATER", "NET8_0_OR_GREATER"];

    /// <summary>Runs the generator over files.</summary>
    public static GeneratorDriver Run(params AdditionalText[] files) => Run([], files);

    /// <summary>Runs the generator over files, for a project that also has sources of its own.</summary>
    public static GeneratorDriver Run(string[] sources, params AdditionalText[] files) => Driver(files).RunGenerators(Project(sources));

    /// <summary>A generator that remembers what it computed.</summary>
    public static GeneratorDriver Driver(params AdditionalText[] files) => CSharpGeneratorDriver.Create(
        [new ModelGenerator().AsSourceGenerator()],
        files,
        Options(isNet10: true),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>A project that the generator adds to.</summary>
    public static CSharpCompilation Project(IEnumerable<string> sources, bool isNet10 = true) => CSharpCompilation.Create(
        "Project" + Guid.NewGuid().ToString("N"),
        sources.Select(source => CSharpSyntaxTree.ParseText(source, Options(isNet10))),
        isNet10 ? Net100.References.All : Net80.References.All,
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release,
            generalDiagnosticOption: ReportDiagnostic.Error,
            checkOverflow: true,
            nullableContextOptions: NullableContextOptions.Enable,
            warningLevel: 9999));

    /// <summary>A source of the project.</summary>
    public static SyntaxTree Parse(string source) => CSharpSyntaxTree.ParseText(source, Options(isNet10: true));

    /// <summary>The generated files by their names.</summary>
    public static Dictionary<string, string> Sources(this GeneratorDriver driver) => driver.GetRunResult().Results
        .SelectMany(result => result.GeneratedSources)
        .ToDictionary(source => source.HintName, source => source.SourceText.ToString());

    /// <summary>Compiles files as a project would.</summary>
    /// <returns>What the compiler says, informational messages left out.</returns>
    public static IReadOnlyList<Diagnostic> Compile(AdditionalText[] files, string[] sources, bool isNet10, out byte[] assembly, params ResourceDescription[] resources)
    {
        CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], files, Options(isNet10))
            .RunGeneratorsAndUpdateCompilation(Project(sources, isNet10), out Compilation compilation, out ImmutableArray<Diagnostic> reported);
        using var stream = new MemoryStream();
        using var documentation = new MemoryStream();
        ImmutableArray<Diagnostic> emitted = compilation.Emit(stream, xmlDocumentationStream: documentation, manifestResources: resources).Diagnostics;
        assembly = stream.ToArray();
        return [.. reported.Concat(emitted).Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)];
    }

    /// <summary>Compiles files and hands the loaded assembly to a test; it is unloaded after that.</summary>
    public static void Execute(AdditionalText[] files, string source, Action<Assembly> test, params ResourceDescription[] resources)
    {
        using var loaded = new LoadedAssembly(files, source, resources);
        test(loaded.Assembly);
    }

    /// <summary>A plan and its weights as the files that the compiler writes.</summary>
    public static AdditionalText[] Files(ModelPlan plan, byte[] weights)
    {
        string path = $"obj/ModelCompiler/{plan.ClassName}/{plan.ClassName}";
        var planFile = new TextFile(path + ".modelplan", PlanWriter.Write(plan));
        return plan.WeightStorage == WeightStorage.Resource
            ? [planFile]
            : [planFile, new TextFile(path + ".modelweights", Convert.ToBase64String(weights, Base64FormattingOptions.InsertLineBreaks))];
    }

    private static CSharpParseOptions Options(bool isNet10) => new(
        LanguageVersion.CSharp12,
        DocumentationMode.Diagnose,
        preprocessorSymbols: isNet10 ? [.. Net8Symbols, "NET9_0_OR_GREATER", "NET10_0_OR_GREATER"] : Net8Symbols);
}

/// <summary>An additional file in memory.</summary>
internal sealed class TextFile(string path, string text) : AdditionalText
{
    /// <inheritdoc/>
    public override string Path => path;

    /// <inheritdoc/>
    public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
}

/// <summary>A project that was compiled and loaded, until disposed.</summary>
internal sealed class LoadedAssembly : IDisposable
{
    private readonly AssemblyLoadContext context = new("generated", isCollectible: true);
    private readonly string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N") + ".dll");

    /// <summary>Compiles and loads; any warning fails the test.</summary>
    public LoadedAssembly(AdditionalText[] files, string source, params ResourceDescription[] resources)
    {
        Assert.Empty(GeneratorHarness.Compile(files, [source], isNet10: true, out byte[] assembly, resources));

        // A file, as users have it: resources of an assembly in memory lie elsewhere.
        File.WriteAllBytes(path, assembly);
        Assembly = context.LoadFromAssemblyPath(path);
    }

    /// <summary>The assembly.</summary>
    public Assembly Assembly { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        context.Unload();
        File.Delete(path);
    }
}
