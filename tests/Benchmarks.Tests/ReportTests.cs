using System;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Benchmarks.Measuring;
using ModelCompiler.Benchmarks.Models;
using ModelCompiler.Benchmarks.Reporting;
using Xunit;

namespace ModelCompiler.Benchmarks.Tests;

/// <summary>What is made of measurements.</summary>
public sealed class ReportTests : IDisposable
{
    private static readonly Machine Here = new("Processor", "AVX2", 2, "X64 Linux", ".NET 10", "1.31", "2.9");

    private readonly string file = Path.GetTempFileName();

    [Fact]
    public void A_ratio_is_that_of_neighbours_so_that_a_slow_minute_cancels_out()
    {
        var ours = new Times([10, 10, 1000], 10, 0);
        var peer = new Times([20, 20, 2000], 20, 0);

        Assert.Equal(2, peer.Over(ours));
        Assert.Equal(10, ours.Median);
    }

    [Fact]
    public void The_share_of_the_roof_is_that_of_the_arithmetic()
    {
        Results results = Measured("resnet18-int8", ours: 100, real: 50);
        ModelResult model = results.Models[0];

        Assert.Equal(0.1, results.RoofShare(model, model.Contenders[0]), 6);
        Assert.Equal(0.4, results.RoofShare(model, model.Find(OnnxRuntimeContender.Float)!), 6);
    }

    [Fact]
    public void Models_that_are_not_measured_again_stay_as_they_were()
    {
        Write(Measured("resnet18-int8", 100, 50));

        Results merged = Measured("kws-int8", 10, 5).WithEarlier(file);

        Assert.Equal(["kws-int8", "resnet18-int8"], merged.Models.Select(model => model.Name));
        Assert.Equal(merged.ToJson(), Measured("kws-int8", 10, 5).WithEarlier(file).ToJson());
    }

    [Fact]
    public void A_model_that_is_measured_again_is_replaced()
    {
        Write(Measured("kws-int8", 100, 50));

        Assert.Equal(10, Assert.Single(Measured("kws-int8", 10, 5).WithEarlier(file).Models).Contenders[0].LeastMicroseconds);
    }

    [Fact]
    public void Results_of_another_machine_are_not_kept()
    {
        Write(Measured("resnet18-int8", 100, 50) with { Machine = Here with { Processor = "Other" } });

        Assert.Equal("kws-int8", Assert.Single(Measured("kws-int8", 10, 5).WithEarlier(file).Models).Name);
    }

    [Fact]
    public void A_file_that_holds_something_else_is_refused()
    {
        File.WriteAllText(file, "[1");

        Assert.Throws<BenchmarkException>(() => Measured("kws-int8", 10, 5).WithEarlier(file));
    }

    [Fact]
    public void The_page_has_every_model_and_says_which_goals_are_reached()
    {
        string page = PerformancePage.Write(Measured("resnet18-int8", ours: 100, real: 300));

        Assert.Contains("| resnet18-int8 | 1.00 | 100 | 100 | 10 % | 300 (3.00×) | – | – |", page, StringComparison.Ordinal);
        Assert.Contains("| resnet18-int8 | ONNX Runtime float32 | 2.5 | 3.00 | reached |", page, StringComparison.Ordinal);
        Assert.Contains("| resnet18-int8 | the measured roof | 0.6 | 0.10 | **not yet** |", page, StringComparison.Ordinal);
        Assert.Contains("| resnet50-int8 | ONNX Runtime float32 | 2.5 | – | not measured |", page, StringComparison.Ordinal);
        Assert.Contains("resnet18-int8 without TensorFlow Lite: no library.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_programs_are_rows_of_their_own_and_change_no_goal()
    {
        Results built = WithStarts(Measured("kws-int8", 10, 5));
        Results published = built with { Models = [built.Models[0] with { Published = [new PublishedResult(PublishedForm.All[0].Name, 40, 20, 28_000_000, 320_000)] }] };

        string page = PerformancePage.Write(published);

        Assert.Contains("|  | ModelCompiler, ReadyToRun | 40.0 (20.0) | 28.0 | 0.32 |  |  |  |", page, StringComparison.Ordinal);
        Assert.Contains("| kws-int8 | 2.50 | – | – |", page, StringComparison.Ordinal);
        Assert.Contains("| kws-int8 | ONNX Runtime int8, cold process to first prediction | 1.5 | 1.25 | **not yet** |", page, StringComparison.Ordinal);
        Assert.Equal(Goals.All.Select(goal => goal.Value(built)), Goals.All.Select(goal => goal.Value(published)));
        Assert.DoesNotContain("ReadyToRun | 4", PerformancePage.Write(built), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sdk/a.targets(12,5): error NETSDK1102: Not supported. [/home/a/Published.csproj]", "NETSDK1102: Not supported.")]
    [InlineData("MSBUILD : error MSB1006: Property is not valid.", "MSB1006: Property is not valid.")]
    [InlineData("Determining projects to restore...", "")]
    public void Why_a_program_is_not_published_is_said_without_paths(string line, string problem) => Assert.Equal(problem, PublishedProgram.Problem(line));

    [Fact]
    public void Published_programs_that_are_not_measured_again_stay_as_they_were()
    {
        var form = new PublishedResult("form", 40, 20, 28_000_000, 320_000);
        Results earlier = Measured("resnet18-int8", 100, 50);
        Write(earlier with { Models = [earlier.Models[0] with { Published = [form] }] });

        Results merged = Measured("kws-int8", 10, 5).WithEarlier(file);

        Assert.Null(merged.Models[0].Published);
        Assert.Equal(form, Assert.Single(merged.Models[1].Published!.Value));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1)]
    [InlineData(100000)]
    public void The_chart_is_a_picture_within_its_borders(double real)
    {
        XElement chart = XElement.Parse(RatioChart.Draw(Measured("resnet18-int8", 100, real)));

        double width = double.Parse(chart.Attribute("viewBox")!.Value.Split(' ')[2]);
        XElement[] bars = [.. chart.Descendants().Where(element => element.Name.LocalName == "rect" && element.Attribute("x") is not null)];
        Assert.NotEmpty(bars);
        Assert.All(bars, bar => Assert.InRange((double)bar.Attribute("x")! + (double)bar.Attribute("width")!, 0, width));
    }

    [Fact]
    public void Every_goal_is_of_models_that_are_measured()
    {
        string[] names = [.. ModelCatalog.All.Select(model => model.Name)];

        Assert.Equal(names.Distinct(), names);
        Assert.All(Goals.Published, model => Assert.Contains(model, names));
        Assert.All(Goals.All.Where(goal => !goal.Model.Contains(' ', StringComparison.Ordinal)), goal => Assert.Contains(goal.Model, names));
    }

    [Fact]
    public void Models_are_found_by_parts_of_their_names_and_unknown_names_are_refused()
    {
        Assert.Equal(["resnet18-int8", "resnet18-float32"], ModelCatalog.Find(["RESNET18"]).Select(model => model.Name));
        Assert.Equal(["mobilenet_v2-int8"], ModelCatalog.Find(["mobilenet_v2-int8"]).Select(model => model.Name));
        Assert.Equal(ModelCatalog.All.Length, ModelCatalog.Find([]).Length);
        Assert.Throws<BenchmarkException>(() => ModelCatalog.Find(["resnet18", "alexnet"]));
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(file);

    private static Results Measured(string model, double ours, double real) => new(
        Here, 100, 50, 60, 30_000_000,
        [
            new ModelResult(model, "file", IsInt8: true, 1_000_000, 5, 1.5, 2, 1000, 900, new ColdBuild(2.5, 300_000_000),
                [
                    new ContenderResult(GeneratedContender.Title, ours, ours, null, null, 0, 80, 20, 40_000_000, 100_000),
                    new ContenderResult(OnnxRuntimeContender.Float, real, real, real / ours, real / ours, 300, 160, 90, 60_000_000, 30_000_000),
                ],
                ["TensorFlow Lite: no library"]),
        ]);

    // ONNX Runtime int8 takes 100 ms.
    private static Results WithStarts(Results results) => results with
    {
        Models = [results.Models[0] with { Contenders = [.. results.Models[0].Contenders, new ContenderResult(OnnxRuntimeContender.Int8, 5, 5, 0.5, 0.5, 300, 100, 60, 60_000_000, 30_000_000)] }],
    };

    private void Write(Results results) => File.WriteAllText(file, results.ToJson());
}
