using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.FlatBuffers;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>Reads what a file says of how it is used: a FlatBuffers file of its own in one of the model's buffers, and the label files behind the model.</summary>
internal static class LiteMetadata
{
    private const string Name = "TFLITE_METADATA";

    // Kinds of what is done to a tensor, and of files that belong to one.
    private const int Normalization = 1, AxisLabels = 2;

    /// <summary>Reads it.</summary>
    /// <param name="model">The file.</param>
    /// <param name="inputs">Names of the inputs in the file's order.</param>
    /// <param name="outputs">Names of the outputs.</param>
    /// <exception cref="ImportException">It is damaged.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or does not make sense.</exception>
    public static ModelNotes Read(LiteModel model, string[] inputs, string[] outputs)
    {
        if (model.Metadata(Name) is not { } bytes)
        {
            return ModelNotes.None;
        }

        if (bytes.Length < 8 || !bytes.Span[4..8].SequenceEqual("M001"u8))
        {
            throw new InvalidDataException("it does not begin as metadata does");
        }

        FlatTable root = FlatTable.Root(new ByteBuffer(bytes.ToArray()));
        if (root.TableCount(3) == 0)
        {
            return ModelNotes.None;
        }

        FlatTable graph = root.TableAt(3, 0);
        ModelNotes notes = ModelNotes.None;
        for (int index = 0; index < Math.Min(inputs.Length, graph.TableCount(2)); index++)
        {
            if (notes.Input.Length == 0 && Normalized(graph.TableAt(2, index)) is var (mean, scale))
            {
                notes = notes with { Input = inputs[index], Mean = mean, Scale = scale };
            }
        }

        for (int index = 0; index < Math.Min(outputs.Length, graph.TableCount(3)); index++)
        {
            if (notes.Output.Length == 0 && LabelFile(graph.TableAt(3, index)) is { } file)
            {
                notes = notes with { Output = outputs[index], Labels = LiteArchive.Lines(model.Content, file) };
            }
        }

        return notes;
    }

    // (x − mean) / deviation.
    private static (ImmutableArray<float> Mean, ImmutableArray<float> Scale)? Normalized(FlatTable tensor)
    {
        for (int index = 0; index < tensor.TableCount(4); index++)
        {
            FlatTable unit = tensor.TableAt(4, index);
            if (unit.Byte(0) == Normalization && unit.Table(1) is { } options)
            {
                float[] scales = [.. options.Floats(1).Select(deviation => 1 / deviation)];
                return options.Floats(0).Concat(scales).All(float.IsFinite) && scales.All(scale => scale != 0)
                    ? ([.. options.Floats(0)], [.. scales])
                    : throw new InvalidDataException($"the normalisation is by the mean {string.Join(", ", options.Floats(0))} and the deviation {string.Join(", ", options.Floats(1))}");
            }
        }

        return null;
    }

    // The first; others are in other languages.
    private static string? LabelFile(FlatTable tensor) => Enumerable.Range(0, tensor.TableCount(6))
        .Select(index => tensor.TableAt(6, index)).Where(file => file.Byte(2) == AxisLabels).Select(file => file.Text(0)).FirstOrDefault();
}
