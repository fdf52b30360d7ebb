namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Where an operator has what an LSTM needs: numbers of inputs. Gates are in the order input, forget, cell, output.</summary>
/// <param name="Weights">Of the four weights for the input.</param>
/// <param name="Recurrent">Of the four for the state.</param>
/// <param name="Peepholes">Of the three for the cell: the candidate has none.</param>
/// <param name="Biases">Of the four biases.</param>
/// <param name="Projection">Of the weights that the output is projected with; the bias is next.</param>
/// <param name="Auxiliary">Of the four weights for a second input; −1 where there cannot be one.</param>
/// <param name="Normalization">Of the four that normalised gates are multiplied with; −1 where there cannot be any.</param>
/// <param name="State">Of the state.</param>
/// <param name="Cell">Of the cell.</param>
/// <param name="Asymmetry">Of the option that lets rounded inputs be asymmetric.</param>
internal sealed record LstmInputs(
    int Weights, int Recurrent, int Peepholes, int Biases, int Projection, int Auxiliary, int Normalization, int State, int Cell, int Asymmetry)
{
    /// <summary>LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM.</summary>
    public static LstmInputs OneDirection { get; } = new(1, 5, 9, 12, 16, -1, 20, 18, 19, 4);

    /// <summary>BIDIRECTIONAL_SEQUENCE_LSTM, from the beginning.</summary>
    public static LstmInputs Forwards { get; } = new(1, 5, 9, 12, 16, 40, -1, 35, 36, 5);

    /// <summary>The same, from the end.</summary>
    public static LstmInputs Backwards { get; } = new(18, 22, 26, 29, 33, 44, -1, 37, 38, 5);
}
