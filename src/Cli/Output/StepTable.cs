using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Execution;
using ModelCompiler.Plans;
using Spectre.Console;

namespace ModelCompiler.Cli.Output;

/// <summary>How long each step takes.</summary>
internal static class StepTable
{
    /// <summary>Prints the steps in order.</summary>
    /// <param name="steps">The steps and their times.</param>
    /// <param name="output">Where to.</param>
    public static void Print(IReadOnlyList<(PlanStep Step, Measurement Time)> steps, TextWriter output)
    {
        double total = steps.Sum(step => step.Time.MedianMicroseconds);
        Table table = new Table { Border = TableBorder.Simple }
            .AddColumn("step").AddColumn("kernel").AddColumn("µs", column => column.RightAligned()).AddColumn("share", column => column.RightAligned()).AddColumn("note");
        foreach ((PlanStep step, Measurement time) in steps)
        {
            string share = total > 0 ? (time.MedianMicroseconds / total).ToString("P1", CultureInfo.InvariantCulture) : "";
            table.AddRow(
                new Text(step.Name), new Text(step.Kernel), new Text(time.MedianMicroseconds.ToString("0.0", CultureInfo.InvariantCulture)), new Text(share), new Text(step.Note));
        }

        PlainConsole.On(output).Write(table);
    }
}
