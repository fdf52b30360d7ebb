using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using StbImageSharp;
using Xunit;

namespace ModelCompiler.Cli.Tests;

/// <summary>The report of the sample's model, as data and as a page.</summary>
public sealed class ReportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Quantize_says_which_layers_suffer_and_writes_the_report()
    {
        (int exitCode, string output, string error) = Quantize();

        Assert.Equal("", error);
        Assert.Equal(0, exitCode);
        Assert.StartsWith("Digits: Int8, ", output, StringComparison.Ordinal);
        Assert.Contains("SQNR (dB)", output, StringComparison.Ordinal);
        Assert.Equal(["Digits.report.html", "Digits.report.json"], folder.Files);
    }

    [Fact]
    public void The_data_has_what_was_measured_of_each_layer()
    {
        Quantize();

        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(folder["Digits.report.json"]));
        JsonElement[] layers = [.. report.RootElement.GetProperty("layers").EnumerateArray()];
        JsonElement convolution = layers.First(layer => layer.GetProperty("kernel").GetString() == "Conv2DUInt8");
        JsonElement measured = convolution.GetProperty("measured");
        Assert.Equal("stem/conv/Conv", convolution.GetProperty("name").GetString());
        Assert.Equal(28 * 28 * 16 * 9, convolution.GetProperty("multiplyAccumulates").GetInt64());
        Assert.InRange(measured.GetProperty("signalToNoise").GetDouble(), 20, 80);
        Assert.Equal(16, measured.GetProperty("channels").GetInt32());

        // Every element of every example is counted once.
        int samples = report.RootElement.GetProperty("model").GetProperty("measuredSamples").GetInt32();
        long counted = measured.GetProperty("histogram").GetProperty("counts").EnumerateArray().Sum(count => count.GetInt64());
        Assert.Equal(samples * 28L * 28 * 16, counted);
    }

    [Fact]
    public void The_page_needs_nothing_but_itself()
    {
        Quantize();

        string page = File.ReadAllText(folder["Digits.report.html"]);
        Assert.DoesNotMatch(new Regex("<script|<link|<img|src=|@import|url\\(|https?:", RegexOptions.IgnoreCase), page);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.Contains("stem/conv/Conv", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_inputs_give_the_same_report()
    {
        Quantize();
        List<string> first = [File.ReadAllText(folder["Digits.report.json"]), File.ReadAllText(folder["Digits.report.html"])];
        Quantize();

        Assert.Equal(first, (List<string>)[File.ReadAllText(folder["Digits.report.json"]), File.ReadAllText(folder["Digits.report.html"])]);
    }

    [BrowserFact]
    public void A_browser_draws_every_part_of_the_page()
    {
        Quantize();
        string picture = folder["page.png"];
        using Process browser = Process.Start(new ProcessStartInfo(BrowserFactAttribute.Browser!, [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb", "--window-size=1400,4000", "--user-data-dir=" + folder["profile"],
            "--screenshot=" + picture, new Uri(folder["Digits.report.html"]).AbsoluteUri]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string said = browser.StandardError.ReadToEnd();
        browser.WaitForExit();

        Assert.True(File.Exists(picture), said);
        ImageResult image = ImageResult.FromMemory(File.ReadAllBytes(picture), ColorComponents.RedGreenBlue);
        HashSet<(byte, byte, byte)> colours = [.. MemoryMarshal.Cast<byte, (byte, byte, byte)>(image.Data).ToArray()];

        // Text, tables and panels alone are greys: the rest are the drawings, of which the blue of int8 is one.
        Assert.Contains(colours, colour => colour is { Item3: > 180, Item1: < 80 });
        Assert.True(Bands(image) >= 5, $"{Bands(image)} parts are drawn");
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    // Runs of rows that are not of one colour, between which at least 20 rows are.
    private static int Bands(ImageResult image)
    {
        int bands = 0, blank = int.MaxValue;
        for (int row = 0; row < image.Height; row++)
        {
            ReadOnlySpan<byte> pixels = image.Data.AsSpan(row * image.Width * 3, image.Width * 3);
            bool isBlank = pixels[3..].SequenceEqual(pixels[..^3]);
            bands += !isBlank && blank >= 20 ? 1 : 0;
            blank = isBlank ? (blank == int.MaxValue ? blank : blank + 1) : 0;
        }

        return bands;
    }

    private (int ExitCode, string Output, string Error) Quantize()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = new CommandLine(output, error).Run([
            "quantize", Samples.Digits("digits.onnx"), "--calibration", Samples.Digits("calibration/*.png"), "--mean", "33.318421", "--scale", "0.012728", "--report", folder.FullPath]);
        return (exitCode, output.ToString(), error.ToString());
    }
}

/// <summary>A test that looks at a page in Chromium or Chrome, and is skipped where there is none.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    /// <summary>Skips the test unless there is a browser.</summary>
    public BrowserFactAttribute()
    {
        if (Browser is null)
        {
            Skip = "there is no Chromium or Chrome on the path";
        }
    }

    /// <summary>The browser's path, or <see langword="null"/>.</summary>
    public static string? Browser { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(path => Names.Select(name => Path.Combine(path, name))).FirstOrDefault(File.Exists);
}
