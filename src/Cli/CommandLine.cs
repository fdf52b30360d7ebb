using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using ModelCompiler.Cli.Commands;

namespace ModelCompiler.Cli;

/// <summary>The whole of <c>modelc</c>: arguments in, text and exit code out.</summary>
/// <param name="output">Where results go.</param>
/// <param name="error">Where errors go.</param>
internal sealed class CommandLine(TextWriter output, TextWriter error)
{
    /// <summary>Runs a command. Whatever goes wrong is one line, never a stack trace.</summary>
    /// <param name="arguments">As given to the process.</param>
    /// <returns>0 when all went well, otherwise 1.</returns>
    public int Run(IReadOnlyList<string> arguments)
    {
        var root = new RootCommand("Compiles machine learning models to C#.")
        {
            new CompileCommand(output, error).Command,
            new InspectCommand(output, error).Command,
            new RunCommand(output, error).Command,
            new QuantizeCommand(output, error).Command,
            new ExportCommand(output, error).Command,
            new OperatorsCommand(output).Command,
        };
        ParseResult parsed = root.Parse(arguments.Count == 0 ? ["--help"] : arguments, new ParserConfiguration { ResponseFileTokenReplacer = ResponseFile.TryRead });
        if (parsed.Errors.Count > 0)
        {
            error.WriteLine($"modelc : error MC4002: {parsed.Errors[0].Message.ReplaceLineEndings(" ")} See modelc --help");
            return 1;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"modelc : error MC4004: {exception.Message.ReplaceLineEndings(" ")}");
        }
#pragma warning disable CA1031 // The last resort: a user gets a sentence to report, not a stack trace.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            error.WriteLine($"modelc : error MC9001: internal error: {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}; please report it with the model");
        }

        return 1;
    }
}
