extern alias generator;

using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Benchmarks.Models;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>A form in which an application is published, beside the usual one, which leaves all machine code to the first run.</summary>
/// <param name="Name">As the tables have it.</param>
/// <param name="Folder">For what is published.</param>
/// <param name="Properties">Of the project.</param>
/// <param name="ShippedFile">What an application ships of it.</param>
internal sealed record PublishedForm(string Name, string Folder, ImmutableArray<string> Properties, string ShippedFile)
{
    /// <summary>The forms in the order of the table. The instruction set is that of the machine that publishes, which is the one that measures.</summary>
    public static ImmutableArray<PublishedForm> All { get; } =
    [
        new(GeneratedContender.Title + ", ReadyToRun", "readytorun", ["PublishReadyToRun=true"], AssemblyName),
        new(
            GeneratedContender.Title + ", ReadyToRun with kernels",
            "readytorun-kernels",
            ["PublishReadyToRun=true", "DefineConstants=MODELCOMPILER_READYTORUN", "PublishReadyToRunCrossgen2ExtraArgs=--instruction-set:native"],
            AssemblyName),
        new(GeneratedContender.Title + ", NativeAOT", "nativeaot", ["PublishAot=true", "IlcInstructionSet=native"], ExecutableName),
    ];

    /// <summary>The program's file.</summary>
    public static string ExecutableName => OperatingSystem.IsWindows() ? "Published.exe" : "Published";

    private static string AssemblyName => "Published.dll";
}

/// <summary>A program around one generated class – the project beside, in <c>benchmarks/Published</c> – published in one form.</summary>
/// <param name="Form">The form.</param>
/// <param name="Program">The program.</param>
internal sealed record PublishedProgram(PublishedForm Form, string Program)
{
    /// <summary>Bytes of what an application ships.</summary>
    public long ShippedBytes => new FileInfo(Path.Combine(Path.GetDirectoryName(Program)!, Form.ShippedFile)).Length;

    /// <summary>What <see cref="ColdStart"/> starts it by.</summary>
    public ImmutableArray<string> Recipe => [nameof(PublishedProgram), Program];

    /// <summary>Publishes a model.</summary>
    /// <param name="compiled">The model.</param>
    /// <param name="form">The form.</param>
    /// <param name="problem">Why this machine cannot; empty if it can.</param>
    /// <returns>The program, or <see langword="null"/>.</returns>
    public static PublishedProgram? Publish(CompiledModel compiled, PublishedForm form, out string problem)
    {
        string folder = Path.Combine(Repository.Artifacts, "benchmarks", "published", compiled.Model.Name);
        string plan = Path.Combine(folder, "plan");
        string output = Path.Combine(folder, form.Folder);
        WritePlan(compiled, plan);
        string[] properties =
        [
            .. form.Properties,
            $"Plan={plan}",
            $"AdapterName={AdapterSource.NameOf(compiled.Plan)}",
            $"GeneratorPath={typeof(generator::ModelCompiler.Generator.ModelGenerator).Assembly.Location}",
            $"BaseIntermediateOutputPath={Path.Combine(output, "obj")}/",
            $"OutputPath={Path.Combine(output, "bin")}/",
            $"PublishDir={output}/",
        ];
        problem = Build(properties);
        return problem.Length == 0 ? new PublishedProgram(form, Path.Combine(output, PublishedForm.ExecutableName)) : null;
    }

    private static void WritePlan(CompiledModel compiled, string folder)
    {
        ModelPlan plan = compiled.Plan;
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, plan.ClassName + ".modelplan"), PlanWriter.Write(plan));
        File.WriteAllText(Path.Combine(folder, "Adapter.cs"), AdapterSource.Write(plan));
        if (plan.WeightStorage == WeightStorage.Literals)
        {
            File.WriteAllText(Path.Combine(folder, plan.ClassName + ".modelweights"), Convert.ToBase64String(compiled.Weights, Base64FormattingOptions.InsertLineBreaks));
        }
        else
        {
            File.WriteAllBytes(Path.Combine(folder, plan.WeightResource), compiled.Weights);
        }
    }

    // What the SDK says of the first thing that it cannot do: a package that no source has, a linker that is not installed. Nothing of it stays at work behind what is measured.
    private static string Build(IEnumerable<string> properties)
    {
        string project = Path.Combine(Repository.Root, "benchmarks", "Published", "Published.csproj");
        string[] arguments =
        [
            "publish", project, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--nologo", "-v", "quiet", "-nodeReuse:false", "-p:UseSharedCompilation=false",
            .. properties.Select(property => "-p:" + property),
        ];
        using Process process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments) { RedirectStandardOutput = true })!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0
            ? ""
            : lines.Select(Problem).FirstOrDefault(problem => problem.Length > 0) ?? "dotnet publish ended with " + process.ExitCode.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What a line of the SDK says of an error, without the files that are before and behind it; empty where it says nothing of one.</summary>
    internal static string Problem(string line)
    {
        const string error = "error ";
        int begin = line.IndexOf(error, StringComparison.Ordinal), end = line.LastIndexOf(" [", StringComparison.Ordinal);
        return begin < 0 ? "" : line[(begin + error.Length)..(end > begin ? end : line.Length)].Trim();
    }
}
