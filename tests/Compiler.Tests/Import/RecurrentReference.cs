using System;
using System.Linq;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>RNN, GRU and LSTM written down as the standard defines them: one sequence, one step, one element at a time, in double precision.</summary>
internal sealed class RecurrentReference
{
    public required string Operator { get; init; }

    public required string Direction { get; init; }

    public required int Steps { get; init; }

    public required int Batch { get; init; }

    public required int Inputs { get; init; }

    public required int Hidden { get; init; }

    /// <summary>f, g, h for each direction.</summary>
    public required Func<double, double>[] Activations { get; init; }

    public double Clip { get; init; } = double.PositiveInfinity;

    public bool LinearBeforeReset { get; init; }

    public bool InputForget { get; init; }

    /// <summary>[steps, batch, inputs].</summary>
    public required float[] X { get; init; }

    public required float[] W { get; init; }

    public required float[] R { get; init; }

    public float[]? B { get; init; }

    public int[]? Lengths { get; init; }

    public float[]? InitialHidden { get; init; }

    public float[]? InitialCell { get; init; }

    public float[]? P { get; init; }

    public int Directions => Direction == "bidirectional" ? 2 : 1;

    public int Gates => Operator switch { "RNN" => 1, "GRU" => 3, _ => 4 };

    /// <summary>Y [steps, directions, batch, hidden], the last hidden and the last cell states [directions, batch, hidden].</summary>
    public (float[] Y, float[] Hidden, float[] Cell) Run()
    {
        var y = new float[Steps * Directions * Batch * Hidden];
        var lastHidden = new float[Directions * Batch * Hidden];
        var lastCell = new float[lastHidden.Length];
        for (int direction = 0; direction < Directions; direction++)
        {
            for (int batch = 0; batch < Batch; batch++)
            {
                RunSequence(direction, batch, y, lastHidden, lastCell);
            }
        }

        return (y, lastHidden, lastCell);
    }

    private void RunSequence(int direction, int batch, float[] y, float[] lastHidden, float[] lastCell)
    {
        int state = ((direction * Batch) + batch) * Hidden;
        double[] hidden = [.. Enumerable.Range(state, Hidden).Select(index => (double)(InitialHidden?[index] ?? 0))];
        double[] cell = [.. Enumerable.Range(state, Hidden).Select(index => (double)(InitialCell?[index] ?? 0))];
        int length = Math.Min(Steps, Lengths?[batch] ?? Steps);
        bool backwards = Direction == "reverse" || direction == 1;
        for (int count = 0; count < length; count++)
        {
            int step = backwards ? length - 1 - count : count;
            (hidden, cell) = Step(direction, step, batch, hidden, cell);
            for (int unit = 0; unit < Hidden; unit++)
            {
                y[(((((step * Directions) + direction) * Batch) + batch) * Hidden) + unit] = (float)hidden[unit];
            }
        }

        for (int unit = 0; unit < Hidden; unit++)
        {
            lastHidden[state + unit] = (float)hidden[unit];
            lastCell[state + unit] = (float)cell[unit];
        }
    }

    private (double[] Hidden, double[] Cell) Step(int direction, int step, int batch, double[] hidden, double[] cell)
    {
        double Input(int gate, int unit) => Enumerable.Range(0, Inputs).Sum(index =>
            (double)X[(((step * Batch) + batch) * Inputs) + index] * W[((((direction * Gates) + gate) * Hidden) + unit) * Inputs + index]) + Bias(gate, unit);
        double Recurrent(double[] state, int gate, int unit) => Enumerable.Range(0, Hidden).Sum(index =>
            state[index] * R[((((direction * Gates) + gate) * Hidden) + unit) * Hidden + index]) + Bias(Gates + gate, unit);
        double Bias(int gate, int unit) => B?[(((direction * 2 * Gates) + gate) * Hidden) + unit] ?? 0;
        double Peephole(int gate, int unit) => P?[(((direction * 3) + gate) * Hidden) + unit] ?? 0;
        double Activate(int function, double x) => Activations[(direction * (Activations.Length / Directions)) + function](Math.Clamp(x, -Clip, Clip));
        double[] Each(Func<int, double> function) => [.. Enumerable.Range(0, Hidden).Select(function)];

        switch (Operator)
        {
            case "RNN":
                return (Each(unit => Activate(0, Input(0, unit) + Recurrent(hidden, 0, unit))), cell);
            case "GRU":
                double[] update = Each(unit => Activate(0, Input(0, unit) + Recurrent(hidden, 0, unit)));
                double[] reset = Each(unit => Activate(0, Input(1, unit) + Recurrent(hidden, 1, unit)));
                double[] resetHidden = Each(unit => reset[unit] * hidden[unit]);
                double[] candidate = Each(unit => Activate(
                    1, Input(2, unit) + (LinearBeforeReset ? reset[unit] * Recurrent(hidden, 2, unit) : Recurrent(resetHidden, 2, unit))));
                return (Each(unit => ((1 - update[unit]) * candidate[unit]) + (update[unit] * hidden[unit])), cell);
            default:
                double[] input = Each(unit => Activate(0, Input(0, unit) + Recurrent(hidden, 0, unit) + (Peephole(0, unit) * cell[unit])));
                double[] forget = Each(unit => InputForget ? 1 - input[unit] : Activate(0, Input(2, unit) + Recurrent(hidden, 2, unit) + (Peephole(2, unit) * cell[unit])));
                double[] newCell = Each(unit => (forget[unit] * cell[unit]) + (input[unit] * Activate(1, Input(3, unit) + Recurrent(hidden, 3, unit))));
                double[] output = Each(unit => Activate(0, Input(1, unit) + Recurrent(hidden, 1, unit) + (Peephole(1, unit) * newCell[unit])));
                return (Each(unit => output[unit] * Activate(2, newCell[unit])), newCell);
        }
    }
}
