using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace ModelCompiler.Conformance.Cases;

/// <summary>ONNX's own tests.</summary>
internal static class OnnxSuite
{
    private const string LightOutput = "_output_0.pb";

    /// <summary>Every folder, at any depth, with a <c>model.onnx</c> and its data; every <c>light_X.onnx</c> with its output beside it.</summary>
    public static IReadOnlyList<ConformanceCase> Find(string folder)
    {
        var cases = new List<ConformanceCase>();
        foreach (string model in Directory.EnumerateFiles(folder, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string parent = Path.GetDirectoryName(model)!;
            string[] data = Directory.GetDirectories(parent, "test_data_set_*");
            string light = Path.Combine(parent, Path.GetFileNameWithoutExtension(model) + LightOutput);
            if (Path.GetFileName(model) == "model.onnx" && data.Length > 0)
            {
                cases.Add(new OnnxCase(NameOf(folder, parent), model, [.. data.Order(StringComparer.Ordinal)]));
            }
            else if (File.Exists(light))
            {
                cases.Add(new LightCase(Path.GetFileNameWithoutExtension(model), model, light));
            }
        }

        return cases;
    }

    private static string NameOf(string folder, string parent) =>
        Path.GetFullPath(parent) == Path.GetFullPath(folder) ? Path.GetFileName(parent) : Path.GetRelativePath(folder, parent).Replace('\\', '/');
}
