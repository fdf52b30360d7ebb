using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Import;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Import;

public class DocumentationTests
{
    [Fact]
    public void The_page_of_operators_is_what_the_tables_say() =>
        Assert.Equal(OperatorCatalog.ToMarkdown(), File.ReadAllText(Docs("supported-operators.md")).ReplaceLineEndings("\n"));

    [Fact]
    public void No_two_rows_claim_the_same_version_of_an_operator() =>
        Assert.All(
            OperatorCatalog.Onnx.GroupBy(entry => (entry.Domain, entry.Name)),
            rows => Assert.True(rows.Zip(rows.Skip(1)).All(pair => pair.First.LastOpset < pair.Second.FirstOpset), $"{rows.Key}"));

    [Fact]
    public void Every_code_has_a_section()
    {
        string[] documented = [.. Regex.Matches(File.ReadAllText(Docs("diagnostics.md")), "^## (MC[0-9]{4})$", RegexOptions.Multiline).Select(match => match.Groups[1].Value)];
        DiagnosticKind[] kinds = [.. typeof(DiagnosticKinds).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (DiagnosticKind)field.GetValue(null)!)];
        Assert.Equal(documented.Order(StringComparer.Ordinal), documented);
        Assert.Equal(documented.Distinct(), documented);
        Assert.Empty(kinds.Select(kind => kind.Code).Except(documented));
    }

    private static string Docs(string page, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "..", "docs", page);
}
