using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Xunit;

namespace ModelCompiler.Consumer.Tests;

[Trait("Category", "Slow")]
public sealed class PackageTests(ConsumerProject project) : IClassFixture<ConsumerProject>
{
    [Fact]
    public void The_package_compiles_the_model_once_and_the_program_knows_its_digits()
    {
        string[] predictions = project.Predict();

        // A line is "03_7 7 3F7FF2A1": number and true digit, the label, the bits of the score.
        Assert.Equal(20, predictions.Length);
        Assert.InRange(predictions.Count(line => line.Split('_', ' ')[1] == line.Split(' ')[1]), 19, 20);
        Assert.Contains("Digits: Int8, ", project.FirstBuild, StringComparison.Ordinal);
        Assert.DoesNotContain("Digits: Int8, ", project.Dotnet("build", "-c", "Release"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_program_holds_nothing_but_itself()
    {
        string folder = project.Publish("published");

        Assert.Equal(
            ["app" + (OperatingSystem.IsWindows() ? ".exe" : ""), "app.deps.json", "app.dll", "app.pdb", "app.runtimeconfig.json"],
            Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        using JsonDocument dependencies = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "app.deps.json")));
        Assert.Equal("project", Assert.Single(dependencies.RootElement.GetProperty("libraries").EnumerateObject()).Value.GetProperty("type").GetString());
        Assert.Equal(project.Predict(), project.Predict(folder));
    }

    [Fact]
    public void A_trimmed_program_predicts_the_same() =>
        Assert.Equal(project.Predict(), project.Predict(project.Publish("trimmed", "-r", ConsumerProject.Runtime, "--self-contained", "-p:PublishTrimmed=true")));

    [SkippableFact]
    public void A_native_program_predicts_the_same()
    {
        Skip.IfNot(OperatingSystem.IsWindows() || IsOnPath("clang") || IsOnPath("gcc"), "NativeAOT links with clang or gcc, and there is neither.");
        Skip.If(OperatingSystem.IsWindows() && !IsOnPath("link.exe"), "NativeAOT links with Visual Studio's link.exe, which is not on the path.");

        bool avx2 = RuntimeInformation.ProcessArchitecture == Architecture.X64 && Avx2.IsSupported;
        string folder = project.Publish("native", ["-r", ConsumerProject.Runtime, "-p:PublishAot=true", .. avx2 ? ["-p:IlcInstructionSet=x86-64-v3"] : Array.Empty<string>()]);

        Assert.DoesNotContain(Directory.GetFiles(folder), file => file.EndsWith(".dll", StringComparison.Ordinal));
        Assert.Equal(project.Predict(), project.Predict(folder));
    }

    [SkippableFact]
    public void A_program_in_WebAssembly_predicts_the_same()
    {
        Skip.IfNot(IsOnPath("node"), "Node.js runs WebAssembly here, and it is not on the path.");

        Assert.Equal(project.Predict(), project.PredictInWebAssembly());
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
