using System.Collections.Generic;
using System.Globalization;
using System.IO;
using ModelCompiler.Compiler.Reports;
using Spectre.Console;

namespace ModelCompiler.Cli.Output;

/// <summary>What was measured of layers.</summary>
internal static class LayerTable
{
    /// <summary>Prints layers; nothing when there are none.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="output">Where to.</param>
    public static void Print(IEnumerable<LayerReport> layers, TextWriter output)
    {
        Table table = new Table { Border = TableBorder.Simple }
            .AddColumn("layer").AddColumn("kernel").AddColumn("shape").AddColumn("MACs", column => column.RightAligned()).AddColumn("SQNR (dB)", column => column.RightAligned())
            .AddColumn("saturated", column => column.RightAligned()).AddColumn("dead channels", column => column.RightAligned());
        foreach (LayerReport layer in layers)
        {
            table.AddRow(
                new Text(layer.Name),
                new Text(layer.Kernel),
                new Text(layer.Shape),
                new Text(layer.MultiplyAccumulates.ToString("#,0", CultureInfo.InvariantCulture)),
                new Text(layer.Measured?.SignalToNoise?.ToString("0.0", CultureInfo.InvariantCulture) ?? ""),
                new Text(layer.Scale is null ? "" : (layer.Measured?.Saturated ?? 0).ToString("P2", CultureInfo.InvariantCulture)),
                new Text(layer.Measured is { DeadChannels: > 0 } measured ? string.Create(CultureInfo.InvariantCulture, $"{measured.DeadChannels} of {measured.Channels}") : ""));
        }

        if (table.Rows.Count > 0)
        {
            PlainConsole.On(output).Write(table);
        }
    }
}
