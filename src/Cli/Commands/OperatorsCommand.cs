using System.CommandLine;
using System.IO;
using ModelCompiler.Compiler.Import;

namespace ModelCompiler.Cli.Commands;

/// <summary><c>modelc operators</c>: what can be compiled, as the page <c>docs/supported-operators.md</c> has it.</summary>
internal sealed class OperatorsCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="output">Where the page goes.</param>
    public OperatorsCommand(TextWriter output)
    {
        Command = new Command("operators", "Lists the operators that can be compiled, in Markdown.");
        Command.SetAction(_ => output.Write(OperatorCatalog.ToMarkdown()));
    }

    /// <summary>The command.</summary>
    public Command Command { get; }
}
