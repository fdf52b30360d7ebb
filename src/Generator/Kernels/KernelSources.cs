using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

namespace ModelCompiler.Generator.Kernels;

/// <summary>The sources of RuntimeSupport, which lie in this assembly as resources, and which of them need which.</summary>
internal sealed class KernelSources
{
    private const string Folder = "RuntimeSupport/";

    private static readonly Lazy<KernelSources> Lazily = new(() => new KernelSources(ReadResources()));

    private readonly Dictionary<string, List<KernelFile>> filesOfType = new(StringComparer.Ordinal);

    /// <summary>Indexes sources.</summary>
    /// <param name="sources">Paths and texts.</param>
    public KernelSources(IEnumerable<KeyValuePair<string, string>> sources)
    {
        foreach (KeyValuePair<string, string> source in sources.OrderBy(source => source.Key, StringComparer.Ordinal))
        {
            KernelFile file = KernelFile.Parse(source.Key, source.Value);
            foreach (string type in file.Declared)
            {
                if (!filesOfType.TryGetValue(type, out List<KernelFile>? files))
                {
                    filesOfType.Add(type, files = []);
                }

                files.Add(file);
            }
        }
    }

    /// <summary>The kernels that ship with this generator.</summary>
    public static KernelSources Shared => Lazily.Value;

    /// <summary>The names of all types.</summary>
    public IEnumerable<string> Types => filesOfType.Keys;

    /// <summary>Whether there is a type of that name.</summary>
    public bool Contains(string type) => filesOfType.ContainsKey(type);

    /// <summary>The files of some types and of all types that these mention, transitively, in the order of their paths.</summary>
    public IReadOnlyList<KernelFile> Closure(IEnumerable<string> types)
    {
        var files = new SortedDictionary<string, KernelFile>(StringComparer.Ordinal);
        var open = new Stack<string>(types);
        while (open.Count > 0)
        {
            if (!filesOfType.TryGetValue(open.Pop(), out List<KernelFile>? declaring))
            {
                continue;
            }

            foreach (KernelFile file in declaring.Where(file => !files.ContainsKey(file.Path)))
            {
                files.Add(file.Path, file);
                foreach (string word in file.Words)
                {
                    open.Push(word);
                }
            }
        }

        return files.Values.ToList();
    }

    private static IEnumerable<KeyValuePair<string, string>> ReadResources()
    {
        Assembly assembly = typeof(KernelSources).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return new KeyValuePair<string, string>(name.Substring(Folder.Length).Replace('\\', '/'), reader.ReadToEnd());
        }
    }
}
