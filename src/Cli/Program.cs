using System;
using ModelCompiler.Cli;

return new CommandLine(Console.Out, Console.Error).Run(args);
