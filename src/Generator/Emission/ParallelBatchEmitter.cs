using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>
/// Writes the members that share a batch among threads: each takes a part of it with an instance of its own, because an instance's arena holds one prediction.
/// They take memory, not spans, which no other thread may see, and have names of their own, because an array would fit both.
/// </summary>
internal static class ParallelBatchEmitter
{
    /// <summary>Writes them.</summary>
    public static void Members(SourceWriter writer, EmissionContext context)
    {
        foreach (PlanConversion conversion in BatchEmitter.PredictConversions(context))
        {
            Predict(writer, context, context.ClassifierInput, conversion);
        }

        if (BatchEmitter.RunPorts(context) is { Count: > 0 } ports)
        {
            Run(writer, context, ports);
        }

        Share(writer, context);
    }

    private static void Predict(SourceWriter writer, EmissionContext context, PlanPort input, PlanConversion conversion)
    {
        string name = PredictEmitter.ParameterOf(context, input, conversion);
        string elements = Literals.Integer(PlanSteps.Elements(conversion.Shape));
        writer.Line();
        Summary(writer, context, "Classifies", " <see cref=\"Scores\"/> mean nothing afterwards.");
        writer.Line($"/// <param name=\"{name.TrimStart('@')}\">For each prediction {elements} {RunEmitter.ShapeText(input, conversion)}.</param>");
        writer.Line("/// <param name=\"predictions\">Takes the class with the highest score of each.</param>");
        writer.Line("/// <exception cref=\"ArgumentException\">The first memory is not as long as the second wants.</exception>");
        using (writer.Block($"public void PredictBatchParallel(ReadOnlyMemory<{PlanSteps.CallerType(input, conversion).Keyword()}> {name}, Memory<Prediction> predictions)"))
        {
            writer.Line(BatchEmitter.Check(input, conversion, name, "predictions.Length"));
            writer.Line($"ShareBatch(predictions.Length, (worker, start, length) => worker.PredictBatch({Part(name, elements, "start", "length")}, predictions.Span.Slice(start, length)));");
        }
    }

    private static void Run(SourceWriter writer, EmissionContext context, IReadOnlyList<BatchPort> ports)
    {
        var names = new NameTable([.. ports.Select(port => port.Name)]);
        string count = names.Unique("count");
        string worker = names.Unique("worker");
        string start = names.Unique("start");
        string length = names.Unique("length");
        writer.Line();
        Summary(writer, context, "Runs the model on a batch", "");
        BatchEmitter.RunParameters(writer, ports, count);
        using (writer.Block($"public void RunBatchParallel(int {count}, {string.Join(", ", ports.Select(port => $"{(port.IsInput ? "ReadOnlyMemory" : "Memory")}<{port.Keyword}> {port.Name}"))})"))
        {
            foreach (BatchPort port in ports)
            {
                writer.Line(BatchEmitter.Check(port.Port, port.Conversion, port.Name, count));
            }

            string parts = string.Join(", ", ports.Select(port => Part(port.Name, port.Elements, start, length)));
            writer.Line($"ShareBatch({count}, ({worker}, {start}, {length}) => {worker}.RunBatch({length}, {parts}));");
        }
    }

    private static void Share(SourceWriter writer, EmissionContext context)
    {
        string threads = Literals.Integer(context.Plan.Threads);
        writer.Line();
        writer.Line("// Each thread takes neighbouring elements, as many as the others or one more.");
        using (writer.Block($"private void ShareBatch(int count, Action<{context.ClassName}, int, int> share)"))
        {
            writer.Lines(
                $$"""
                if (workers.Length == 0)
                {
                    workers = new {{context.ClassName}}[{{threads}}];
                    workers[0] = this;
                }

                int threads = Math.Min({{threads}}, count);
                Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = {{threads}} }, index =>
                {
                    int start = (int)((long)count * index / threads);
                    int end = (int)((long)count * (index + 1) / threads);
                    share(workers[index] ??= new {{context.ClassName}}(), start, end - start);
                });
                """);
        }
    }

    private static void Summary(SourceWriter writer, EmissionContext context, string what, string also)
    {
        writer.Line($"/// <summary>{what}, shared among up to {Literals.Integer(context.Plan.Threads)} threads. Each has a working memory of its own, {Literals.Bytes(context.Plan.ArenaBytes)}, made when it is first needed.{also}</summary>");
    }

    private static string Part(string name, string elements, string start, string length) => $"{name}.Span.Slice({start} * {elements}, {length} * {elements})";
}
