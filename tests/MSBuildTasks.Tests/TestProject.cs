using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace ModelCompiler.MSBuildTasks.Tests;

/// <summary>A project in a temporary folder that uses the targets of this repository with a fake compiler.</summary>
internal sealed class TestProject : IDisposable
{
    private readonly string log;

    public TestProject(string items, string properties = "")
    {
        Folder = Directory.CreateTempSubdirectory("modelcompiler-msbuild-").FullName;
        log = Path.Combine(Folder, "started");
        WriteProject(items, properties);
        Write("Code.cs", "namespace App { public static class Code { } }\n");
    }

    public string Folder { get; }

    private static string RepositoryRoot
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Directory.Packages.props")))
            {
                folder = folder.Parent;
            }

            return folder.FullName;
        }
    }

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public void WriteProject(string items, string properties = "") => Write("App.csproj", $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            {properties}
            <TargetFramework Condition="'$(TargetFrameworks)' == ''">net10.0</TargetFramework>
            <ModelCompilerToolPath>{RepositoryRoot}/tests/MSBuildTasks.Tests/FakeCompiler/bin/{Configuration}/net10.0/modelc.dll</ModelCompilerToolPath>
            <ModelCompilerTaskAssembly>{RepositoryRoot}/src/MSBuildTasks/bin/{Configuration}/netstandard2.0/ModelCompiler.MSBuildTasks.dll</ModelCompilerTaskAssembly>
          </PropertyGroup>
          <Import Project="{RepositoryRoot}/src/MSBuildTasks/build/ModelCompiler.props" />
          <ItemGroup>
            {items}
          </ItemGroup>
          <Target Name="PrintItems" AfterTargets="CoreCompile">
            <Message Importance="high" Text="additional: @(AdditionalFiles)" />
            <Message Importance="high" Text="resources: @(EmbeddedResource->'%(Identity) as %(LogicalName)')" />
          </Target>
          <Import Project="{RepositoryRoot}/src/MSBuildTasks/build/ModelCompiler.targets" />
        </Project>
        """);

    public void Write(string file, string text)
    {
        string path = Path.Combine(Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public bool Exists(string file) => Path.Exists(Path.Combine(Folder, file));

    /// <summary>Runs MSBuild with these arguments, such as <c>-t:Clean</c>.</summary>
    public BuildOutcome Build(params string[] arguments)
    {
        if (Directory.Exists(log))
        {
            Directory.Delete(log, recursive: true);
        }

        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = Folder, RedirectStandardOutput = true };
        foreach (string argument in (string[])["msbuild", "-nologo", "-tl:off", "-nodeReuse:false", "-v:minimal", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["FAKE_COMPILER_LOG"] = log;
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string[][] started = Directory.Exists(log) ? [.. Directory.EnumerateFiles(log).Select(File.ReadAllLines)] : [];
        return new BuildOutcome(process.ExitCode, output, started);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>How a build went.</summary>
/// <param name="ExitCode">Of MSBuild.</param>
/// <param name="Output">All it printed.</param>
/// <param name="Started">The arguments of each start of the compiler.</param>
internal sealed record BuildOutcome(int ExitCode, string Output, IReadOnlyList<string[]> Started);
