using System.IO;
using System.Linq;
using Xunit;

namespace ModelCompiler.Cli.Tests;

public sealed class FilePatternTests
{
    [Theory]
    [InlineData("*.png", "a.png,b.png")]
    [InlineData("?.png", "a.png,b.png")]
    [InlineData("sub*/c.png", "sub/c.png")]
    [InlineData("**/*.png", "a.png,b.png,sub/c.png,sub/deep/d.png")]
    [InlineData("sub/**/d.*", "sub/deep/d.png")]
    [InlineData("none/*.png", "")]
    [InlineData("*.bmp", "")]
    [InlineData("missing.png", "missing.png")]
    public void Wildcards_find_files_in_ordinal_order(string pattern, string expected)
    {
        using var folder = new TemporaryFolder();
        foreach (string file in (string[])["b.png", "a.png", "note.txt", "sub/c.png", "sub/deep/d.png"])
        {
            folder.Write(file, "");
        }

        var found = FilePattern.Expand(folder[pattern]).Select(file => Path.GetRelativePath(folder.FullPath, file).Replace('\\', '/'));

        Assert.Equal(expected, string.Join(",", found));
    }
}
