using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Execution;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Spectre.Console;

namespace ModelCompiler.Cli.Output;

/// <summary>What a model made of its inputs: the best classes with their scores, or the first elements of each output.</summary>
internal sealed class ResultTable
{
    private const int ShownElements = 8;

    private readonly ModelPlan plan;
    private readonly int top;
    private readonly Table table = new Table { Border = TableBorder.Simple }.AddColumn("input");

    /// <summary>Starts a table.</summary>
    /// <param name="plan">The model's plan.</param>
    /// <param name="top">How many classes are shown for each input.</param>
    public ResultTable(ModelPlan plan, int top)
    {
        this.plan = plan;
        this.top = top;
        string[] columns = plan.Classifier is null ? ["output", "shape", "elements"] : ["class", "score"];
        foreach (string column in columns)
        {
            table.AddColumn(column);
        }
    }

    /// <summary>Adds an input.</summary>
    /// <param name="file">Path of the input.</param>
    /// <param name="executor">The model after the prediction.</param>
    public void Add(string file, PlanExecutor executor)
    {
        if (plan.Classifier is not null)
        {
            AddClasses(file, executor, plan.Classifier);
            return;
        }

        foreach (PlanPort port in plan.Outputs)
        {
            double[] values = OutputValues.Read(executor, port);
            string elements = string.Join(" ", values.Take(ShownElements).Select(value => value.ToString("G6", CultureInfo.InvariantCulture)));
            table.AddRow(new Text(file), new Text(port.Name), new Text(string.Join(" × ", executor.ShapeOf(port.Name))), new Text(elements + (values.Length > ShownElements ? " …" : "")));
        }
    }

    /// <summary>Prints the table.</summary>
    /// <param name="output">Where to.</param>
    public void Print(TextWriter output) => PlainConsole.On(output).Write(table);

    private void AddClasses(string file, PlanExecutor executor, PlanClassifier classifier)
    {
        PlanPort port = plan.Outputs.First(port => port.Name == classifier.Output);
        float[] scores = OutputValues.Scores(OutputValues.Real(OutputValues.Read(executor, port), port), classifier.Scores);
        foreach (int index in OutputValues.Best(scores, top))
        {
            string label = index < plan.Labels.Count ? plan.Labels[index] : index.ToString(CultureInfo.InvariantCulture);
            table.AddRow(new Text(file), new Text(label), new Text(scores[index].ToString("0.0000", CultureInfo.InvariantCulture)));
            file = "";
        }
    }
}
