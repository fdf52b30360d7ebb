using System;
using System.IO;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HandlebarsDotNet;

namespace ModelCompiler.Compiler.Reports;

/// <summary>Writes reports: as data, and as a page that needs nothing but itself.</summary>
public static class ReportWriter
{
    private const string Template = "ModelCompiler.Compiler.Reports.report.handlebars";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The report as JSON.</summary>
    public static string ToJson(ModelReport report) => JsonSerializer.Serialize(report, Json) + "\n";

    /// <summary>The report as a page of HTML without scripts, fonts or pictures from elsewhere.</summary>
    public static string ToHtml(ModelReport report)
    {
        HandlebarsTemplate<object, object> page = Handlebars.Create().Compile(ReadTemplate());
        return page(new ReportView(report));
    }

    private static string ReadTemplate()
    {
        using Stream stream = typeof(ReportWriter).Assembly.GetManifestResourceStream(Template) ?? throw new InvalidOperationException($"{Template} is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
