extern alias generator;

using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Plans;

namespace ModelCompiler.Cli.Output;

/// <summary>Runs the generator that the C# compiler runs, for those who build without MSBuild.</summary>
internal static class GeneratedSources
{
    /// <summary>Writes the C# files of a plan.</summary>
    /// <param name="directory">Where to; made if need be.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="weights">The constants.</param>
    /// <returns>What the generator found wrong, as canonical lines; nothing is written then.</returns>
    public static ImmutableArray<string> Write(string directory, ModelPlan plan, byte[] weights)
    {
        List<AdditionalText> files = [new MemoryText(plan.ClassName + ".modelplan", PlanWriter.Write(plan))];
        if (plan.WeightStorage == WeightStorage.Literals)
        {
            files.Add(new MemoryText(plan.ClassName + ".modelweights", PlanFiles.Base64Lines(weights)));
        }

        CSharpParseOptions language = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp12);
        GeneratorDriverRunResult result = CSharpGeneratorDriver
            .Create([new generator::ModelCompiler.Generator.ModelGenerator().AsSourceGenerator()], files, language)
            .RunGenerators(CSharpCompilation.Create(plan.ClassName, options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)))
            .GetRunResult();
        ImmutableArray<string> errors = [.. result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString())];
        if (errors.IsEmpty)
        {
            Directory.CreateDirectory(directory);
            foreach (GeneratedSourceResult source in result.Results.SelectMany(generated => generated.GeneratedSources))
            {
                PlanFiles.WriteWhole(Path.Combine(directory, source.HintName), Encoding.UTF8.GetBytes(source.SourceText.ToString()));
            }
        }

        return errors;
    }

    private sealed class MemoryText(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
    }
}
