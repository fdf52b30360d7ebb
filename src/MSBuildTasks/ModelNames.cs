using System.Globalization;
using System.Linq;
using System.Text;

namespace ModelCompiler.MSBuildTasks;

/// <summary>The C# names that a model gets when the user gives none. The command line compiles this file in, so that both choose the same.</summary>
internal static class ModelNames
{
    /// <summary>Class name for a model file: its name as a PascalCase identifier, <c>keyword-spotting_v2.onnx</c> → <c>KeywordSpottingV2</c>.</summary>
    /// <param name="modelPath">Path of the model file.</param>
    public static string ClassName(string modelPath)
    {
        string path = ModelPath(modelPath);
        string fileName = path.Substring(path.LastIndexOfAny(['/', '\\']) + 1);
        int extension = fileName.LastIndexOf('.');
        var name = new StringBuilder();
        bool startsWord = true;
        foreach (char character in extension > 0 ? fileName.Substring(0, extension) : fileName)
        {
            if (char.IsLetterOrDigit(character))
            {
                name.Append(startsWord ? char.ToUpperInvariant(character) : character);
            }

            startsWord = !char.IsLetter(character);
        }

        return name.Length > 0 && IsIdentifier(name.ToString()) ? name.ToString() : "Model" + name;
    }

    /// <summary>
    /// Path of the model: of <c>saved_model.pb</c> the folder, for TensorFlow's SavedModels are folders that each have a file of this name; of a folder without
    /// a separator at its end.
    /// </summary>
    /// <param name="path">What the user names.</param>
    public static string ModelPath(string path)
    {
        string trimmed = path.TrimEnd('/', '\\');
        int name = trimmed.LastIndexOfAny(['/', '\\']) + 1;
        return name > 1 && trimmed.Substring(name) == "saved_model.pb" ? trimmed.Substring(0, name - 1) : trimmed;
    }

    /// <summary>The namespace with what C# does not allow replaced by <c>_</c>, as a project's name may hold it: <c>my-app.2d</c> → <c>my_app._2d</c>.</summary>
    /// <param name="rootNamespace">A namespace or project name; may be empty.</param>
    public static string SafeNamespace(string rootNamespace) =>
        string.Join(".", rootNamespace.Split('.').Where(part => part.Length > 0).Select(SafeIdentifier));

    /// <summary>Whether the name can be a class: a letter or <c>_</c>, then letters, digits and <c>_</c>.</summary>
    /// <param name="name">The name.</param>
    public static bool IsIdentifier(string name) =>
        name.Length > 0 && IsStart(name[0]) && name.All(character => IsStart(character) || char.IsDigit(character));

    private static string SafeIdentifier(string part)
    {
        string safe = new([.. part.Select(character => IsStart(character) || char.IsDigit(character) ? character : '_')]);
        return IsStart(safe[0]) ? safe : "_" + safe;
    }

    private static bool IsStart(char character) =>
        character == '_' || char.IsLetter(character) || CharUnicodeInfo.GetUnicodeCategory(character) == UnicodeCategory.LetterNumber;
}
