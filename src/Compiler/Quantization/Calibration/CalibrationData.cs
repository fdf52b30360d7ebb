using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>The example inputs of a model. Read anew each time rather than kept: there may be many.</summary>
public sealed class CalibrationData
{
    private readonly PlanPort input;

    /// <summary>Names the files.</summary>
    /// <param name="paths">Their paths, in any order.</param>
    /// <param name="input">The input that they are for.</param>
    public CalibrationData(IEnumerable<string> paths, PlanPort input)
    {
        this.input = input;
        Paths = [.. paths.Order(StringComparer.Ordinal)];
    }

    /// <summary>The files, in the order in which they are read: that of their names.</summary>
    public ImmutableArray<string> Paths { get; }

    /// <summary>The examples of all files.</summary>
    /// <exception cref="DiagnosticException">A file cannot be used.</exception>
    public IEnumerable<Sample> Samples() => Paths.SelectMany(path => Samples(path));

    /// <summary>The examples of one file: usually one.</summary>
    /// <exception cref="DiagnosticException">The file cannot be used.</exception>
    public ImmutableArray<Sample> Samples(string path) => SampleReader.ReadAll(path, input);

    /// <summary>What stands for the files' names – not their folders, which differ from machine to machine – and contents.</summary>
    /// <exception cref="DiagnosticException">A file cannot be read.</exception>
    public string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Paths)
        {
            try
            {
                using FileStream stream = File.OpenRead(path);
                hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(path)));
                hash.AppendData(SHA256.HashData(stream));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new DiagnosticException(DiagnosticKinds.CalibrationUnreadable.At(path, "", exception.Message));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
