using Microsoft.CodeAnalysis.Text;

namespace ModelCompiler.Generator.Emission;

/// <summary>A namespace that needs a <c>Prediction</c>.</summary>
/// <param name="Namespace">The namespace, or empty.</param>
/// <param name="IsPublic">Whether a public class returns one.</param>
internal sealed record PredictionType(string Namespace, bool IsPublic);

/// <summary>Writes <c>Prediction</c>, which all classifiers of a namespace return.</summary>
internal static class PredictionEmitter
{
    public static SourceText Write(PredictionType type)
    {
        SourceWriter writer = EmissionContext.BeginFile(type.Namespace, "enable", []);
        writer.Lines(
            $$"""
            /// <summary>A class that a model predicts.</summary>
            /// <param name="Index">Number of the class, from 0.</param>
            /// <param name="Label">Its label, or its number as text when the model came without labels.</param>
            /// <param name="Score">Its score: a probability from 0 to 1, unless the model gives other scores or was compiled for raw ones.</param>
            {{(type.IsPublic ? "public" : "internal")}} readonly record struct Prediction(int Index, string Label, float Score);
            """);
        return writer.ToSource();
    }
}
