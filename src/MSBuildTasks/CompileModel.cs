using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelCompiler.MSBuildTasks;

/// <summary>
/// Runs <c>dotnet modelc.dll compile @responseFile</c>. The compiler's lines <c>file : error MC1234: text</c> become the build's errors, warnings and
/// messages at that file; everything else it says is shown.
/// </summary>
public sealed class CompileModel : ToolTask
{
    private static readonly Regex InformationLine = new(
        @"^(?<file>.+?) : message (?<code>MC[0-9]{4}): (?<text>.*)$", RegexOptions.CultureInvariant);

    /// <summary>Path of <c>modelc.dll</c>.</summary>
    [Required]
    public string ToolAssembly { get; set; } = "";

    /// <summary>The response file that <see cref="ResolveModelFiles"/> has written.</summary>
    [Required]
    public string ResponseFile { get; set; } = "";

    /// <summary>Path of the <c>dotnet</c> host that runs the build; empty: the one on <c>PATH</c>.</summary>
    public string DotNetHost { get; set; } = "";

    /// <inheritdoc/>
    protected override string ToolName => RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "dotnet.exe" : "dotnet";

    /// <inheritdoc/>
    protected override MessageImportance StandardOutputLoggingImportance => MessageImportance.High;

    /// <inheritdoc/>
    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.High;

    /// <inheritdoc/>
    protected override string GenerateFullPathToTool() => DotNetHost.Length > 0 ? DotNetHost : ToolName;

    /// <inheritdoc/>
    protected override string GenerateCommandLineCommands()
    {
        var commands = new CommandLineBuilder();
        commands.AppendFileNameIfNotNull(ToolAssembly);
        commands.AppendSwitch("compile");
        commands.AppendSwitchIfNotNull("@", ResponseFile);
        return commands.ToString();
    }

    /// <inheritdoc/>
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        // MSBuild itself knows only errors and warnings.
        Match match = InformationLine.Match(singleLine);
        if (match.Success)
        {
            Log.LogMessage(
                subcategory: null, match.Groups["code"].Value, helpKeyword: null, match.Groups["file"].Value, 0, 0, 0, 0, MessageImportance.High, match.Groups["text"].Value);
        }
        else
        {
            base.LogEventsFromTextOutput(singleLine, messageImportance);
        }
    }
}
