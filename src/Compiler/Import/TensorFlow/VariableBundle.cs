using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>The variables' values that a model was saved with: <c>X.index</c> says where in <c>X.data-00000-of-00001</c> each is.</summary>
internal sealed class VariableBundle
{
    private readonly Dictionary<string, BundleEntryProto> entries = new(StringComparer.Ordinal);
    private readonly string prefix;
    private readonly int shards;

    /// <summary>Reads the index.</summary>
    /// <param name="prefix">Path without <c>.index</c>.</param>
    /// <exception cref="ImportException">It is not there, or damaged.</exception>
    public VariableBundle(string prefix)
    {
        this.prefix = prefix;
        try
        {
            foreach ((string key, byte[] value) in SortedTable.Read(File.ReadAllBytes(prefix + ".index")))
            {
                if (key.Length > 0)
                {
                    entries[key] = BundleEntryProto.Parser.ParseFrom(value);
                    continue;
                }

                var header = BundleHeaderProto.Parser.ParseFrom(value);
                shards = header.Endianness == 0 ? header.NumShards : throw TensorFlowImporter.Malformed("its variables are stored in big-endian order");
            }
        }
        catch (InvalidProtocolBufferException)
        {
            throw TensorFlowImporter.Malformed("variables.index: its parts do not fit together");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImportException(DiagnosticKinds.FileUnreadable, $"'{prefix}.index', where the model's variables are, does not exist; copy the folder 'variables' with the model");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImportException(DiagnosticKinds.FileUnreadable, $"'{prefix}.index': {exception.Message}");
        }
    }

    /// <summary>A variable's value, or <see langword="null"/> when there is none of that name.</summary>
    /// <exception cref="ImportException">Its data is not there, or damaged.</exception>
    public Tensor? Find(string key)
    {
        if (!entries.TryGetValue(key, out BundleEntryProto? entry))
        {
            return null;
        }

        if (entry.Slices.Count > 0)
        {
            throw ImportException.Attribute("RestoreV2", $"variable '{key}' in {entry.Slices.Count} parts", "save the model again without partitioned variables");
        }

        byte[] bytes = Bytes(key, entry);
        return Checksum.OfMasked(bytes) == entry.Crc32C
            ? TensorFlowTensors.FromBytes(entry.Dtype, TensorFlowTensors.ShapeOf(entry.Shape, key), key, bytes)
            : throw TensorFlowImporter.Malformed($"variable '{key}' does not match its checksum");
    }

    private byte[] Bytes(string key, BundleEntryProto entry)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"{prefix}.data-{entry.ShardId:D5}-of-{shards:D5}");
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (entry.Offset < 0 || entry.Size < 0 || entry.Offset > stream.Length || entry.Size > stream.Length - entry.Offset || entry.Size > Array.MaxLength)
            {
                throw TensorFlowImporter.Malformed($"variable '{key}' takes {entry.Size} bytes at {entry.Offset} of '{Path.GetFileName(path)}', which has {stream.Length}");
            }

            var bytes = new byte[entry.Size];
            stream.Position = entry.Offset;
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImportException(DiagnosticKinds.FileUnreadable, $"'{path}', the data of variable '{key}': {exception.Message}");
        }
    }
}
