using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.FlatBuffers;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>An operator of a subgraph: numbers of tensors, −1 for those left out.</summary>
/// <param name="Code">The format's number of the operator.</param>
/// <param name="CustomName">The name, when the number says that it is none of the format's own.</param>
/// <param name="Version">The operator's version.</param>
/// <param name="Inputs">Tensors read.</param>
/// <param name="Outputs">Tensors made.</param>
/// <param name="Options">The operator's options.</param>
/// <param name="CustomOptions">The options of an operator that is none of the format's own.</param>
/// <param name="Intermediates">Tensors that the operator keeps to itself.</param>
internal sealed record LiteNode(
    int Code, string CustomName, int Version, int[] Inputs, int[] Outputs, FlatTable? Options, ArraySegment<byte> CustomOptions, int[] Intermediates)
{
    /// <summary>The operator's name.</summary>
    public string OperatorName => Code == LiteOperatorNames.Custom ? CustomName : LiteOperatorNames.Of(Code);
}

/// <summary>A graph of the file.</summary>
internal sealed class LiteSubgraph(FlatTable table)
{
    private const int MostOperands = 1 << 16;

    private readonly Dictionary<int, LiteTensor> tensors = [];

    /// <summary>The tensors given to it.</summary>
    public int[] Inputs { get; } = table.Integers(1, MostOperands) ?? [];

    /// <summary>The tensors it gives.</summary>
    public int[] Outputs { get; } = table.Integers(2, MostOperands) ?? [];

    /// <summary>Number of operators.</summary>
    public int NodeCount => table.TableCount(3);

    /// <summary>Number of tensors.</summary>
    public int TensorCount => table.TableCount(0);

    /// <summary>The description of a tensor.</summary>
    /// <exception cref="ImportException">There is none, or it makes no sense.</exception>
    public LiteTensor Tensor(int index)
    {
        if (!tensors.TryGetValue(index, out LiteTensor? tensor))
        {
            tensor = new LiteTensor(table.TableAt(0, index), index);
            tensors.Add(index, tensor);
        }

        return tensor;
    }

    /// <summary>An operator.</summary>
    /// <param name="model">The file.</param>
    /// <param name="index">Its place.</param>
    public LiteNode Node(LiteModel model, int index)
    {
        FlatTable node = table.TableAt(3, index);
        FlatTable code = model.OperatorCode((uint)node.Integer(0));

        // The byte came first; later operators have numbers that do not fit.
        return new LiteNode(
            Math.Max(code.Byte(0), code.Integer(3)),
            code.Text(1),
            code.Integer(2, 1),
            node.Integers(1, MostOperands) ?? [],
            node.Integers(2, MostOperands) ?? [],
            node.Table(4) ?? node.Table(12),
            node.Bytes(5) ?? ArraySegment<byte>.Empty,
            node.Integers(8, MostOperands) ?? []);
    }
}

/// <summary>A TensorFlow Lite file.</summary>
internal sealed class LiteModel
{
    private const string Identifier = "TFL3";
    private const int Version = 3;
    private const long MaximumFileBytes = int.MaxValue - 64;

    private readonly FlatTable table;

    private LiteModel(FlatTable table, byte[] content)
    {
        this.table = table;
        Content = content;
        Subgraphs = [.. Enumerable.Range(0, table.TableCount(2)).Select(index => new LiteSubgraph(table.TableAt(2, index)))];
    }

    /// <summary>The file.</summary>
    public byte[] Content { get; }

    /// <summary>The graphs; the first is the model.</summary>
    public ImmutableArray<LiteSubgraph> Subgraphs { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ImportException">It cannot be read, or is not of the format.</exception>
    public static LiteModel Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaximumFileBytes)
            {
                throw new ImportException(DiagnosticKinds.TooLarge, $"the file has {stream.Length >> 20} MB", $"{MaximumFileBytes >> 20} MB");
            }

            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return Read(content);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImportException(DiagnosticKinds.FileUnreadable, exception.Message);
        }
    }

    /// <summary>Reads the content of a file.</summary>
    /// <exception cref="ImportException">It is not of the format.</exception>
    public static LiteModel Read(byte[] content)
    {
        if (content.Length == 0)
        {
            throw FlatTable.Damaged("it is empty");
        }

        if (content.AsSpan().StartsWith("version https://git-lfs"u8))
        {
            throw FlatTable.Damaged("it is a pointer to a Git LFS file; run 'git lfs pull'");
        }

        var bytes = new ByteBuffer(content);

        // The identifier stands behind the offset of the root. Files of the first converters have none.
        if (content.Length < 8 || (!content.AsSpan(4, 4).SequenceEqual("TFL3"u8) && content.AsSpan(4, 3).SequenceEqual("TFL"u8)))
        {
            throw FlatTable.Damaged($"it does not begin as files of version {Identifier} do");
        }

        FlatTable root = FlatTable.Root(bytes);
        if (root.Integer(0) != Version)
        {
            throw FlatTable.Damaged($"its version is {root.Integer(0)}, not {Version}");
        }

        return new LiteModel(root, content);
    }

    /// <summary>Which operator a number in the file's nodes means.</summary>
    public FlatTable OperatorCode(uint index) => table.TableAt(1, index);

    /// <summary>The bytes of a buffer; empty when it has none.</summary>
    /// <exception cref="ImportException">There is no such buffer, or its bytes are elsewhere.</exception>
    public ReadOnlyMemory<byte> Buffer(long index)
    {
        FlatTable buffer = table.TableAt(4, index);
        return buffer.Long(1) > 1
            ? throw new ImportException(DiagnosticKinds.TooLarge, "the file keeps weights behind its tables", "2 GB in all")
            : (ReadOnlyMemory<byte>)(buffer.Bytes(0) ?? ArraySegment<byte>.Empty);
    }

    /// <summary>What the file says of itself under a name, or <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? Metadata(string name)
    {
        for (int index = 0; index < table.TableCount(6); index++)
        {
            if (table.TableAt(6, index) is var entry && entry.Text(0) == name)
            {
                return Buffer((uint)entry.Integer(1));
            }
        }

        return null;
    }

    /// <summary>Names that the model's author gave inputs and outputs: tensors of the first graph, by number.</summary>
    /// <param name="field">3… of a signature: 0 for inputs, 1 for outputs.</param>
    public Dictionary<int, string> SignatureNames(int field)
    {
        var names = new Dictionary<int, string>();
        if (table.TableCount(7) == 1 && table.TableAt(7, 0) is var signature && signature.Integer(4) == 0)
        {
            for (int index = 0; index < signature.TableCount(field); index++)
            {
                FlatTable entry = signature.TableAt(field, index);
                if (entry.Text(0) is { Length: > 0 } name)
                {
                    names[entry.Integer(1)] = name;
                }
            }
        }

        return names;
    }
}
