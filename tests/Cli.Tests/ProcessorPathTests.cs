using System;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace ModelCompiler.Cli.Tests;

/// <summary>A whole model on each instruction set that this processor can be kept from using. The report holds what every layer of the float and of the quantised program gave.</summary>
public sealed class ProcessorPathTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("Int8Only")]
    [InlineData("Int8")]
    public void Every_instruction_set_gives_the_same_bits(string precision)
    {
        string all = Report(precision, "");

        foreach (string without in new[] { "EnableAVX512", "EnableAVX2", "EnableHWIntrinsic" })
        {
            Assert.True(all == Report(precision, without), $"{precision} without {without} gives other numbers.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    private string Report(string precision, string without)
    {
        string target = folder[$"{precision}-{without}"];
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "modelc.dll"), "quantize", Samples.Digits("digits.onnx"), "--precision", precision,
                "--calibration", Samples.Digits("calibration/00*.png"), "--mean", "33.318421", "--scale", "0.012728", "--report", target,
            ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        if (without.Length > 0)
        {
            start.Environment["DOTNET_" + without] = "0";
        }

        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return File.ReadAllText(Path.Combine(target, "Digits.report.json"));
    }
}
