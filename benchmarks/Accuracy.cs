using System.Globalization;
using ModelCompiler.Compiler;
using Spectre.Console;

namespace ModelCompiler.Benchmarks;

/// <summary>What quantisation costs: the digit model in float32 and int8 on images that neither training nor calibration has seen.</summary>
internal static class Accuracy
{
    /// <summary>Runs both over the test set and prints a table.</summary>
    /// <exception cref="BenchmarkException">Data or model are missing.</exception>
    public static void Print()
    {
        MnistTestSet images = MnistTestSet.Load();
        var real = new DigitModel(Precision.Float32);
        var quantized = new DigitModel(Precision.Int8);
        int realCorrect = 0;
        int quantizedCorrect = 0;
        int same = 0;
        for (int index = 0; index < images.Count; index++)
        {
            int realDigit = real.Predict(images.Pixels(index));
            int quantizedDigit = quantized.Predict(images.Pixels(index));
            realCorrect += realDigit == images.Label(index) ? 1 : 0;
            quantizedCorrect += quantizedDigit == images.Label(index) ? 1 : 0;
            same += realDigit == quantizedDigit ? 1 : 0;
        }

        Table table = new Table().AddColumn("digits.onnx").AddColumn(new TableColumn("correct").RightAligned()).AddColumn(new TableColumn("accuracy").RightAligned());
        table.AddRow("float32", Count(realCorrect), Share(realCorrect, images.Count));
        table.AddRow($"int8, calibrated on {Count(quantized.Report.CalibrationSamples)} images", Count(quantizedCorrect), Share(quantizedCorrect, images.Count));
        table.AddRow("difference", (quantizedCorrect - realCorrect).ToString("+#,0;−#,0;0", CultureInfo.InvariantCulture), Points(quantizedCorrect - realCorrect, images.Count));
        table.AddRow("same digit in both", Count(same), Share(same, images.Count));
        AnsiConsole.Write(table);
    }

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Share(int count, int total) => (100.0 * count / total).ToString("0.00", CultureInfo.InvariantCulture) + " %";

    private static string Points(int difference, int total) => (100.0 * difference / total).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) + " points";
}
