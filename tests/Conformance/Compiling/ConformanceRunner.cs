using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ModelCompiler.Compiler;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Reporting;

namespace ModelCompiler.Conformance.Compiling;

/// <summary>Takes tests from their models to their verdicts, many models in one assembly at a time.</summary>
/// <param name="precision">How models are compiled.</param>
/// <param name="rounding">How int8 layers round, unless the compiler decides.</param>
/// <param name="fixInputs">Whether inputs that decide shapes are fixed with <c>InputValue</c>.</param>
/// <param name="log">Told each step, or <see langword="null"/>.</param>
internal sealed class ConformanceRunner(Precision precision, Rounding? rounding, bool fixInputs, TextWriter? log = null)
{
    private const int BatchSize = 64;

    /// <summary>Runs tests.</summary>
    /// <returns>A verdict each, in the order of the tests.</returns>
    public ImmutableArray<Verdict> Run(IReadOnlyList<ConformanceCase> cases)
    {
        string folder = Directory.CreateTempSubdirectory("conformance-").FullName;
        try
        {
            var verdicts = new List<Verdict>();
            int first = 0;
            foreach (ConformanceCase[] batch in Batches(cases))
            {
                verdicts.AddRange(RunBatch(batch, first, folder));
                first += batch.Length;
            }

            return [.. verdicts];
        }
        finally
        {
            Delete(folder);
        }
    }

    private static IEnumerable<ConformanceCase[]> Batches(IReadOnlyList<ConformanceCase> cases) =>
        cases.Chunk(BatchSize).SelectMany(chunk => chunk.Any(test => test.IsLarge) ? chunk.Select(test => new[] { test }) : [chunk]);

    private Verdict[] RunBatch(ConformanceCase[] batch, int first, string folder)
    {
        var compiler = new CaseCompiler(precision, rounding, fixInputs, folder);
        var compiled = new (CompiledCase? Compiled, Verdict? Verdict)[batch.Length];
        Parallel.For(0, batch.Length, index =>
        {
            Log("compile", batch[index].Name);
            compiled[index] = compiler.Compile(batch[index], string.Create(CultureInfo.InvariantCulture, $"Case{first + index:D5}"));
        });
        CompiledCase[] models = [.. compiled.Select(item => item.Compiled).OfType<CompiledCase>()];
        Dictionary<string, Verdict> verdicts = RunModels(models, Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"Batch{first:D5}")))
            .ToDictionary(verdict => verdict.Case, StringComparer.Ordinal);
        return [.. batch.Zip(compiled, (test, item) => item.Verdict ?? verdicts[test.Name])];
    }

    private Verdict[] RunModels(CompiledCase[] models, string path)
    {
        if (models.Length == 0)
        {
            return [];
        }

        ImmutableArray<string> errors = BatchCompiler.Compile(models, path + ".dll");
        if (errors.IsEmpty)
        {
            using var loaded = new LoadedBatch(path + ".dll");
            return [.. models.Select(item => Run(loaded, item))];
        }

        // Only the culprits are to fail. The errors are in files that begin with their class's name.
        CompiledCase[] culprits = [.. models.Where(item => errors.Any(error => error.Contains(item.Plan.ClassName, StringComparison.Ordinal)))];
        if (culprits.Length == 0 || models.Length == 1)
        {
            return [.. models.Select(item => Verdict.Failed(item.Name, $"{errors.Length} errors of the C# compiler, the first: {errors[0]}"))];
        }

        return
        [
            .. culprits.Select(item =>
            {
                string[] own = [.. errors.Where(error => error.Contains(item.Plan.ClassName, StringComparison.Ordinal))];
                return Verdict.Failed(item.Name, $"{own.Length} errors of the C# compiler, the first: {own[0]}");
            }),
            .. RunModels([.. models.Except(culprits)], path + "x"),
        ];
    }

    private Verdict Run(LoadedBatch loaded, CompiledCase item)
    {
        Log("run", item.Name);
        return CaseRunner.Run(loaded, item);
    }

    private void Log(string step, string name)
    {
        if (log is not null)
        {
            lock (log)
            {
                log.WriteLine($"{step} {name}");
                log.Flush();
            }
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Where loaded files cannot be deleted, the system's cleaning of temporary files will.
        }
    }
}
