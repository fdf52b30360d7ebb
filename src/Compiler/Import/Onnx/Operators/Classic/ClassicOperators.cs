using System.Collections.Generic;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>The operator set of classic machine learning, which converters of scikit-learn, LightGBM and XGBoost write.</summary>
internal static class ClassicOperators
{
    /// <summary>The operator set.</summary>
    public const string Domain = "ai.onnx.ml";

    /// <summary>Its newest version.</summary>
    public const int Newest = 5;

    /// <summary>The rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        .. FeatureOperators.Entries,
        .. LabelOperators.Entries,
        .. LinearOperators.Entries,
        .. TreeOperators.Entries,
        .. VectorMachineOperators.Entries,
    ];

    /// <summary>An operator that has one meaning in all versions.</summary>
    public static OperatorEntry Single(string name, SingleOutputImporter import) => new(name, 1, Newest, import, Domain);
}
