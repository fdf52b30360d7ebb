using System;
using System.IO;
using Spectre.Console;

namespace ModelCompiler.Cli.Output;

/// <summary>A console for tables: as wide as the terminal, or unbroken lines when the output goes elsewhere.</summary>
internal static class PlainConsole
{
    private const int UnbrokenWidth = 400;

    /// <summary>Makes a console that writes to a text.</summary>
    /// <param name="output">Where to.</param>
    public static IAnsiConsole On(TextWriter output)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        if (Console.IsOutputRedirected || output != Console.Out)
        {
            console.Profile.Width = UnbrokenWidth;
        }

        return console;
    }
}
