using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>What the import of one model shares: the graph being made, the functions, the variables, the findings, the budgets.</summary>
/// <param name="file">Path of the file.</param>
/// <param name="functions">The file's functions by name.</param>
/// <param name="variables">The variables' values.</param>
internal sealed class TensorFlowSession(string file, IReadOnlyDictionary<string, FunctionDef> functions, VariableStore variables)
{
    /// <summary>What stands for every value of the branch of a Switch that is not taken.</summary>
    public const string Unreached = "unreached";

    // Functions within functions multiply; so many nodes are no model.
    private const int MaximumNodes = 200_000;

    // A function within another, so many levels deep, calls itself.
    private const int MaximumDepth = 32;

    private readonly Dictionary<string, int> names = new(StringComparer.Ordinal);
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Variable, string SharedName)> handles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> read = new(StringComparer.Ordinal);
    private readonly List<Diagnostic> diagnostics = [];
    private int nodes;
    private int depth;

    /// <summary>The graph being made.</summary>
    public GraphBuilder Builder { get; } = new();

    /// <summary>Everything found so far.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => diagnostics;

    /// <summary>Values that are random: the number held is one of many between two bounds, the greater not reached.</summary>
    public Dictionary<string, (double Least, double Bound)> Random { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a budget is used up: then nothing more is imported, and nothing more found.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>The file's function of that name, or <see langword="null"/>.</summary>
    public FunctionDef? Function(string name) => functions.GetValueOrDefault(name);

    /// <summary>Records a finding. An operator that is not supported is listed once, at its first node.</summary>
    public void Report(ImportException exception, string node)
    {
        if (exception.Kind != DiagnosticKinds.OperatorUnsupported || reported.Add(exception.Message))
        {
            diagnostics.Add(exception.At(file, node));
        }
    }

    /// <summary>Does something about a node. Whatever goes wrong, because of what the file says, is a finding about that node.</summary>
    public T? Guard<T>(string node, string what, Func<T> action) => ImportGuard.Run(what, action, exception => Report(exception, node));

    /// <summary>A handle on a variable: passed on like a value, but no tensor.</summary>
    /// <param name="variable">The variable's node.</param>
    /// <param name="sharedName">What the node says it is called; may be empty.</param>
    /// <exception cref="ImportException">The node is in a function, where names mean something else.</exception>
    public string HandleOf(string variable, string sharedName)
    {
        if (depth > 0)
        {
            throw ImportException.Attribute("VarHandleOp", "a variable made in a function", "make it outside and pass it as an argument");
        }

        string handle = $"variable {variable}";
        handles[handle] = (variable, sharedName);
        return handle;
    }

    /// <summary>The value of the variable that a handle is on.</summary>
    /// <exception cref="ImportException">It is no handle, or the variable has no value.</exception>
    public string ReadHandle(string handle) =>
        handles.TryGetValue(handle, out (string Variable, string SharedName) variable)
            ? ReadVariable(variable.Variable, variable.SharedName)
            : throw ImportException.Invalid($"'{handle}' is no variable");

    /// <summary>The value of a variable that is named in the file, as a constant.</summary>
    /// <param name="variable">The variable's node.</param>
    /// <param name="sharedName">What the node says it is called; may be empty.</param>
    /// <exception cref="ImportException">There is none.</exception>
    public string ReadVariable(string variable, string sharedName)
    {
        if (!read.TryGetValue(variable, out string? value))
        {
            value = Builder.AddConstant(variables.Read(variable, sharedName), variable);
            read.Add(variable, value);
        }

        return value;
    }

    /// <summary>Whether a value is a handle.</summary>
    public bool IsHandle(string value) => handles.ContainsKey(value);

    /// <summary>A name that no node has had, made of the one given.</summary>
    public string Unique(string name)
    {
        int count = names.GetValueOrDefault(name);
        names[name] = count + 1;
        return count == 0 ? name : Unique(name + "_" + (count + 1).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Counts a node.</summary>
    /// <exception cref="ImportException">There are too many.</exception>
    public void CountNode()
    {
        if (++nodes > MaximumNodes)
        {
            IsExhausted = true;
            throw new ImportException(DiagnosticKinds.TooLarge, "the model's functions expand to very many nodes", $"{MaximumNodes}");
        }
    }

    /// <summary>Does something one level deeper.</summary>
    /// <exception cref="ImportException">That is too deep.</exception>
    public T Nested<T>(string what, Func<T> action)
    {
        if (depth >= MaximumDepth)
        {
            IsExhausted = true;
            throw ImportException.Invalid($"{what} is nested more than {MaximumDepth} deep; it may contain itself");
        }

        depth++;
        try
        {
            return action();
        }
        finally
        {
            depth--;
        }
    }

    /// <summary>Whether anything found ends the import.</summary>
    public bool HasErrors => diagnostics.Any(diagnostic => diagnostic.Kind.Severity == Severity.Error);
}
