using System;
using System.Threading;
using Microsoft.CodeAnalysis;

namespace ModelCompiler.Generator.Input;

/// <summary>Decoded weights, or what is wrong with them.</summary>
internal sealed class WeightsFile : IEquatable<WeightsFile>
{
    public const string Extension = ".modelweights";

    private readonly string path;
    private readonly int hash;

    private WeightsFile(string path, ulong[] data, string? problem)
    {
        this.path = path;
        Data = data;
        Problem = problem;
        foreach (ulong item in data)
        {
            hash = unchecked((hash * 31) + item.GetHashCode());
        }
    }

    /// <summary>The bytes, eight at a time, the lowest first.</summary>
    public ulong[] Data { get; }

    /// <summary>What is wrong, or <see langword="null"/>.</summary>
    public string? Problem { get; }

    public static WeightsFile Read(AdditionalText file, CancellationToken cancellation)
    {
        try
        {
            byte[] bytes = Convert.FromBase64String(file.GetText(cancellation)?.ToString() ?? "");
            return bytes.Length % sizeof(ulong) == 0
                ? new WeightsFile(file.Path, Pack(bytes), null)
                : new WeightsFile(file.Path, [], "their length is not a multiple of 8");
        }
        catch (FormatException)
        {
            return new WeightsFile(file.Path, [], "they are not in base64");
        }
    }

    /// <summary>Whether the weights lie beside a plan and have its name.</summary>
    public bool BelongsTo(string planPath) =>
        path.Length - Extension.Length == planPath.Length - PlanFile.Extension.Length
        && string.Compare(path, 0, planPath, 0, planPath.Length - PlanFile.Extension.Length, StringComparison.Ordinal) == 0;

    public bool Equals(WeightsFile? other)
    {
        if (other is null || path != other.path || Problem != other.Problem || hash != other.hash || Data.Length != other.Data.Length)
        {
            return false;
        }

        for (int index = 0; index < Data.Length; index++)
        {
            if (Data[index] != other.Data[index])
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as WeightsFile);

    public override int GetHashCode() => hash;

    private static ulong[] Pack(byte[] bytes)
    {
        ulong[] data = new ulong[bytes.Length / sizeof(ulong)];
        for (int index = bytes.Length - 1; index >= 0; index--)
        {
            data[index / sizeof(ulong)] = (data[index / sizeof(ulong)] << 8) | bytes[index];
        }

        return data;
    }
}
