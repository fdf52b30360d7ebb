using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>
/// What the model keeps from one prediction to the next: tensors that the file calls variable, and resources with a name. Each becomes an input
/// that an output of the prediction before fills; all begin with zeros.
/// </summary>
internal sealed class LiteVariables
{
    private readonly Dictionary<string, Variable> variables = new(StringComparer.Ordinal);

    /// <summary>The value of a variable.</summary>
    /// <param name="builder">The model's graph.</param>
    /// <param name="key">The variable.</param>
    /// <param name="name">A name for it.</param>
    /// <param name="type">Its type.</param>
    public string Read(GraphBuilder builder, string key, string name, TensorType type)
    {
        if (!variables.TryGetValue(key, out Variable? variable) || variable.Value is null)
        {
            if (variable?.Initial is { } initial && initial.ToFloat64().Any(element => element != 0))
            {
                throw ImportException.Attribute("READ_VARIABLE", $"the variable '{name}', which begins with other numbers than zero and changes", "let it begin with zeros");
            }

            string input = builder.AddInput(builder.Unique(name), type);
            variable = new Variable(input, input, variable?.Initial);
            variables[key] = variable;
        }

        return variable.Value!;
    }

    /// <summary>Gives a variable a value.</summary>
    public void Write(string key, string value) => variables[key] = variables.TryGetValue(key, out Variable? variable) ? variable with { Value = value } : new Variable(null, value, null);

    /// <summary>Says what a variable holds before the first prediction.</summary>
    public void Initialize(string key, Tensor value) => variables[key] = new Variable(null, null, value);

    /// <summary>What a variable that never changes holds, or <see langword="null"/>.</summary>
    public Tensor? InitialOf(string key) => variables.GetValueOrDefault(key)?.Initial;

    /// <summary>The outputs that keep the variables which are read before they are written, and what becomes of them.</summary>
    public IEnumerable<(GraphOutput Output, StateLink Link)> Kept() => variables
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Where(pair => pair.Value.Input is not null)
        .Select(pair => (new GraphOutput(pair.Value.Input + ".next", pair.Value.Value!), new StateLink(pair.Value.Input + ".next", pair.Value.Input!)));

    private sealed record Variable(string? Input, string? Value, Tensor? Initial);
}
