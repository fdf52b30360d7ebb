using System;
using System.Linq;
using System.Reflection;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Generator.Tests;

/// <summary>Models with loops and with state, from ONNX to the class at work.</summary>
public class LoopTests
{
    private const int Inputs = 5;
    private const int Hidden = 12;
    private const int Chunk = 3;
    private const int Chunks = 4;

    private const string WholeCaller =
        """
        using System;

        internal static class Caller
        {
            public static float[] Run(float[] x)
            {
                var model = new Layer();
                float[] y = new float[144];
                model.Run(x, y);
                long before = GC.GetAllocatedBytesForCurrentThread();
                model.Run(x, y);
                if (GC.GetAllocatedBytesForCurrentThread() != before)
                {
                    throw new InvalidOperationException("allocated");
                }

                return y;
            }
        }
        """;

    private const string ChunkCaller =
        """
        using System;

        internal static class Caller
        {
            public static float[] Run(float[] x)
            {
                var model = new Layer();
                float[] y = new float[144];
                Chunks(model, x, y);
                model.ResetState();
                Array.Clear(y, 0, y.Length);
                Chunks(model, x, y);
                return y;
            }

            private static void Chunks(Layer model, float[] x, float[] y)
            {
                for (int chunk = 0; chunk < 4; chunk++)
                {
                    model.Run(x.AsSpan(chunk * 15, 15), y.AsSpan(chunk * 36, 36));
                }
            }
        }
        """;

    [Theory]
    [InlineData("LSTM", 4)]
    [InlineData("GRU", 3)]
    public void Chunk_by_chunk_with_state_is_the_same_as_all_at_once(string operatorName, int gates)
    {
        LoweredModel whole = Lower(Layer(operatorName, gates, Chunk * Chunks, hasState: false), []);
        string[] states = operatorName == "LSTM" ? ["h", "c"] : ["h"];
        LoweredModel streaming = Lower(Layer(operatorName, gates, Chunk, hasState: true), [.. states.Select(state => new StateLink(state + "_out", state))]);
        Assert.Equal(["x"], streaming.Plan.Inputs.Select(port => port.Name));
        Assert.Equal(["y"], streaming.Plan.Outputs.Select(port => port.Name));

        float[] x = Numbers(7, Chunk * Chunks * Inputs);
        float[] expected = Execute(whole, x);
        float[] chunked = [];
        var executor = new PlanExecutor(streaming.Plan, streaming.Weights);
        foreach (float[] part in x.Chunk(Chunk * Inputs))
        {
            executor.Feed<float>("x", part);
            executor.Infer();
            chunked = [.. chunked, .. executor.Fetch<float>("y")];
        }

        Assert.Equal(expected, chunked);
        Assert.Equal(expected, Generated(whole, WholeCaller, x));
        Assert.Equal(expected, Generated(streaming, ChunkCaller, x));
    }

    [Fact]
    public void The_code_of_a_loop_is_written_once_whatever_the_number_of_iterations()
    {
        string few = Source(8), many = Source(512);
        Assert.InRange(many.Length, few.Length - 200, few.Length + 200);
        Assert.Contains("for (int iteration = 0; iteration < 512; iteration++)", many, StringComparison.Ordinal);

        static string Source(int steps)
        {
            LoweredModel model = Lower(Layer("GRU", 3, steps, hasState: false), []);
            return GeneratorHarness.Run(GeneratorHarness.Files(model.Plan, model.Weights)).Sources()["Layer.g.cs"];
        }
    }

    [Fact]
    public void Loops_within_loops_pass_both_iterations_on()
    {
        GraphProto inner = Graph([Node("Add", "a e", "b"), Node("Identity", "b", "s")], "b s", null, Free("a"), Free("e"));
        GraphProto outer = Graph(
            [Node("Scan", "zero row", "last sums", Attribute("body", inner), Attribute("num_scan_inputs", 1L)), Node("Identity", "state", "same")],
            "same sums",
            [Floats("zero", [], 0)],
            Free("state"),
            Free("row"));
        Graph graph = Accept(Model(
            [12, 12], [Node("Scan", "start x", "end y", Attribute("body", outer), Attribute("num_scan_inputs", 1L), Integers("scan_input_directions", 1))], Floats("start", [], 0)));
        LoweredModel model = ModelLowering.Lower(PassList.Run(graph, Precision.Float32), Options([]));
        float[] x = Numbers(5, 144);
        float[] expected = new float[144];
        for (int row = 0; row < 12; row++)
        {
            float sum = 0;
            for (int column = 0; column < 12; column++)
            {
                expected[(row * 12) + column] = sum += x[((11 - row) * 12) + column];
            }
        }

        Assert.Equal(expected, Execute(model, x));
        Assert.Equal(expected, Generated(model, WholeCaller, x));
    }

    [Theory]
    [InlineData("+i0*100000")]
    [InlineData("+i0*1+i1*1")]
    [InlineData("+i0*-1")]
    public void A_plan_that_leaves_its_memory_in_a_loop_is_refused(string strides)
    {
        LoweredModel model = Lower(Layer("GRU", 3, 8, hasState: false), []);
        string text = PlanWriter.Write(model.Plan);
        int place = text.IndexOf("+i0*", StringComparison.Ordinal);
        int end = text.IndexOf('\n', place);
        string damaged = text[..place] + strides + text[end..];
        var file = new TextFile("obj/Layer.modelplan", damaged);
        Assert.Contains(GeneratorHarness.Run(file).GetRunResult().Diagnostics, diagnostic => diagnostic.Id.StartsWith("MC8", StringComparison.Ordinal));
    }

    private static ModelProto Layer(string operatorName, int gates, int steps, bool hasState)
    {
        bool hasCell = operatorName == "LSTM";
        string inputs = "x w r b" + (hasState ? " _ h" + (hasCell ? " c" : "") : "");
        string outputs = "s" + (hasState ? " h_out" + (hasCell ? " c_out" : "") : "");
        ValueInfoProto[] states = !hasState ? [] : [Input("h", OnnxTypes.Float, 1, 1, Hidden), .. hasCell ? [Input("c", OnnxTypes.Float, 1, 1, Hidden)] : Array.Empty<ValueInfoProto>()];
        return Model(Graph(
            [Node(operatorName, inputs, outputs), Node("Relu", "s", "y")],
            "y" + outputs[1..],
            [
                Floats("w", [1, gates * Hidden, Inputs], Numbers(1, gates * Hidden * Inputs)),
                Floats("r", [1, gates * Hidden, Hidden], Numbers(2, gates * Hidden * Hidden)),
                Floats("b", [1, 2 * gates * Hidden], Numbers(3, 2 * gates * Hidden)),
            ],
            [Input("x", OnnxTypes.Float, steps, 1, Inputs), .. states]));
    }

    private static LoweredModel Lower(ModelProto model, StateLink[] state) => ModelLowering.Lower(PassList.Run(Accept(model), Precision.Float32), Options(state));

    private static CompileOptions Options(StateLink[] state) => new() { ModelPath = "layer.onnx", ClassName = "Layer", State = [.. state] };

    private static float[] Execute(LoweredModel model, float[] x)
    {
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<float>("x", x);
        executor.Infer();
        return executor.Fetch<float>("y");
    }

    private static float[] Generated(LoweredModel model, string caller, float[] x)
    {
        float[] y = [];
        GeneratorHarness.Execute(
            GeneratorHarness.Files(model.Plan, model.Weights),
            caller,
            assembly => y = (float[])assembly.GetType("Caller")!.GetMethod("Run", BindingFlags.Public | BindingFlags.Static)!.Invoke(null, [x])!);
        return y;
    }

    private static ValueInfoProto Free(string name) => new() { Name = name };

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
