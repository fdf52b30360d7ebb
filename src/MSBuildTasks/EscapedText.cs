using System.Globalization;
using System.Text;

namespace ModelCompiler.MSBuildTasks;

/// <summary>Text as MSBuild keeps it in items, where some characters mean something unless escaped.</summary>
internal static class EscapedText
{
    private const string Special = "%*?@$();'";

    /// <summary>Writes the characters that mean something to MSBuild as <c>%xx</c>.</summary>
    /// <param name="text">Any text, such as a path.</param>
    public static string Escape(string text)
    {
        if (text.IndexOfAny(Special.ToCharArray()) < 0)
        {
            return text;
        }

        var escaped = new StringBuilder();
        foreach (char character in text)
        {
            if (Special.IndexOf(character) < 0)
            {
                escaped.Append(character);
            }
            else
            {
                escaped.Append('%').Append(((int)character).ToString("x2", CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();
    }
}
