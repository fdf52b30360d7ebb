using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using StbImageSharp;
using Xunit;

namespace ModelCompiler.Consumer.Tests;

/// <summary>A console project in a temporary folder that uses the package from a local feed; packed and built once for all tests.</summary>
public sealed class ConsumerProject : IDisposable
{
    private const string Program = """
        using System;
        using System.IO;
        using System.Linq;
        using Shop;

        var digits = new Digits();
        foreach (string file in Directory.GetFiles(args[0], "*.pixels").Order(StringComparer.Ordinal))
        {
            Prediction prediction = digits.Predict(File.ReadAllBytes(file));
            Console.WriteLine($"{Path.GetFileNameWithoutExtension(file)} {prediction.Label} {BitConverter.SingleToUInt32Bits(prediction.Score):X8}");
        }
        """;

    private const string WebProgram = """
        using System;
        using System.IO;
        using System.Linq;
        using System.Reflection;
        using Shop;

        var digits = new Digits();
        Assembly assembly = Assembly.GetExecutingAssembly();
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".pixels", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var pixels = new MemoryStream();
            assembly.GetManifestResourceStream(name)!.CopyTo(pixels);
            Prediction prediction = digits.Predict(pixels.ToArray());
            Console.WriteLine($"{Path.GetFileNameWithoutExtension(name)} {prediction.Label} {BitConverter.SingleToUInt32Bits(prediction.Score):X8}");
        }
        """;

    private const string WebStart = """
        import { dotnet } from './_framework/dotnet.js';
        await dotnet.run();
        """;

    private const string ModelItem = """<ModelFile Include="digits.onnx" Precision="Int8" Calibration="calibration/*.png" Labels="labels.txt" Mean="33.3" Scale="0.0127" />""";

    // A version that no cache has ever seen.
    private readonly string version = $"0.0.1-consumer.{DateTime.UtcNow.Ticks}";

    public ConsumerProject()
    {
        Folder = Directory.CreateTempSubdirectory("modelcompiler-consumer-").FullName;
        string repository = RepositoryRoot();
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        Run("dotnet", repository, "pack", "src/Package/Package.csproj", "--no-build", "-c", configuration, "-o", Path.Combine(Folder, "feed"), $"-p:PackageVersion={version}");
        WriteFiles(Path.Combine(repository, "samples", "DigitClassifier"));
        FirstBuild = Dotnet("build", "-c", "Release");
    }

    public string Folder { get; }

    public string FirstBuild { get; }

    public static string Runtime => RuntimeInformation.RuntimeIdentifier;

    /// <summary>Runs <c>dotnet</c> in the project and returns what it printed.</summary>
    public string Dotnet(params string[] arguments) => Run("dotnet", Path.Combine(Folder, "app"), arguments);

    /// <summary>Publishes the project to a folder of that name and returns its path.</summary>
    public string Publish(string name, params string[] arguments)
    {
        string folder = Path.Combine(Folder, name);
        Dotnet(["publish", "-c", "Release", "-warnaserror", "-o", folder, .. arguments]);
        return folder;
    }

    /// <summary>Runs a published program on the test digits and returns its predictions.</summary>
    public string[] Predict(string publishedFolder) =>
        Lines(Run(Path.Combine(publishedFolder, OperatingSystem.IsWindows() ? "app.exe" : "app"), publishedFolder, Path.Combine(Folder, "digits")));

    /// <summary>Runs the built program on the test digits and returns its predictions.</summary>
    public string[] Predict() => Lines(Dotnet("run", "-c", "Release", "--no-build", "--", Path.Combine(Folder, "digits")));

    /// <summary>Publishes a Blazor WebAssembly project with the same model, runs it in Node.js on the test digits and returns its predictions.</summary>
    public string[] PredictInWebAssembly()
    {
        string web = Directory.CreateDirectory(Path.Combine(Folder, "web")).FullName;
        File.WriteAllText(Path.Combine(web, "Program.cs"), WebProgram);
        File.WriteAllText(Path.Combine(web, "web.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk.BlazorWebAssembly">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <RootNamespace>Shop</RootNamespace>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Microsoft.AspNetCore.Components.WebAssembly" Version="10.0.*" />
                <PackageReference Include="ModelCompiler" Version="{version}" PrivateAssets="all" />
                {ModelItem}
                <EmbeddedResource Include="../digits/*.pixels" LogicalName="%(Filename)%(Extension)" />
              </ItemGroup>
            </Project>
            """);
        CopyModel(Path.Combine(RepositoryRoot(), "samples", "DigitClassifier"), web);
        Run("dotnet", web, "publish", "-c", "Release", "-warnaserror", "-o", "published");
        string site = Path.Combine(web, "published", "wwwroot");
        File.WriteAllText(Path.Combine(site, "start.mjs"), WebStart);
        return Lines(Run("node", site, "start.mjs"));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Directory.Packages.props")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    private static string Run(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["MSBUILDTERMINALLOGGER"] = "off";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}{Environment.NewLine}{output}");
        return output;
    }

    private void WriteFiles(string sample)
    {
        string app = Directory.CreateDirectory(Path.Combine(Folder, "app")).FullName;
        File.WriteAllText(Path.Combine(app, "Program.cs"), Program);
        File.WriteAllText(Path.Combine(app, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <RootNamespace>Shop</RootNamespace>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <InvariantGlobalization>true</InvariantGlobalization>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="ModelCompiler" Version="{version}" PrivateAssets="all" />
                {ModelItem}
              </ItemGroup>
            </Project>
            """);

        // The sources of the machine stay; packages that it has already are not fetched again.
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(cache);
        File.WriteAllText(Path.Combine(Folder, "NuGet.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <fallbackPackageFolders><add key="machine" value="{cache}" /></fallbackPackageFolders>
              <packageSources><add key="packed" value="feed" /></packageSources>
            </configuration>
            """);

        CopyModel(sample, app);

        // The program has no image decoder, so it gets the bare pixels.
        string digits = Directory.CreateDirectory(Path.Combine(Folder, "digits")).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(sample, "test"), "*.png"))
        {
            byte[] pixels = ImageResult.FromMemory(File.ReadAllBytes(file), ColorComponents.Grey).Data;
            File.WriteAllBytes(Path.Combine(digits, Path.GetFileNameWithoutExtension(file) + ".pixels"), pixels);
        }
    }

    private static void CopyModel(string sample, string folder)
    {
        File.Copy(Path.Combine(sample, "digits.onnx"), Path.Combine(folder, "digits.onnx"));
        File.Copy(Path.Combine(sample, "labels.txt"), Path.Combine(folder, "labels.txt"));
        Directory.CreateDirectory(Path.Combine(folder, "calibration"));
        foreach (string file in Directory.GetFiles(Path.Combine(sample, "calibration"), "*.png"))
        {
            File.Copy(file, Path.Combine(folder, "calibration", Path.GetFileName(file)));
        }
    }
}
