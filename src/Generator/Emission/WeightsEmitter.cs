using System.Globalization;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>
/// Writes the weights. As literals they become data of the assembly's file, which is mapped and never copied; <c>ulong</c>s cost the C# compiler
/// an eighth of what bytes do. A large model's weights are a resource instead, whose mapped memory is used as it lies. Those in between are copied to
/// where a cache line begins: data of an assembly begin anywhere in one, and vectors that lie across two lines take longer to load.
/// </summary>
internal static class WeightsEmitter
{
    private const int LiteralsInLine = 6;

    /// <summary>Bytes from which on literals are copied: fewer stay in the first cache, and most kernels' own copies of them begin with a line.</summary>
    private const int LeastCopied = 1 << 16;

    private const int CacheLine = 64;

    /// <summary>The file <c>Class.Weights.g.cs</c>.</summary>
    public static SourceText Write(ModelWeights weights)
    {
        bool isResource = weights.Storage == WeightStorage.Resource;

        // Nullable analysis of so many literals takes gigabytes. Nothing is scanned for names here: they are written in full.
        SourceWriter writer = EmissionContext.BeginFile(weights.Namespace, "disable", ["System.IO"]);
        using (writer.Block($"partial class {Identifiers.EscapeType(weights.ClassName)}"))
        {
            using (writer.Block("private static class Weights"))
            {
                foreach (int type in weights.Types)
                {
                    Accessor(writer, (ElementType)type, "Bytes.Slice");
                }

                if (isResource)
                {
                    Resource(writer, weights);
                }
                else
                {
                    Data(writer, weights.File);
                }

                if (weights.Uniform.Count > 0)
                {
                    writer.Line();
                    Uniform(writer, weights);
                }
            }
        }

        return writer.ToSource();
    }

    private static void Accessor(SourceWriter writer, ElementType type, string slice)
    {
        string keyword = type.Keyword();
        string bytes = $"{slice}(offset, length{(type.SizeOf() == 1 ? "" : " * sizeof(" + keyword + ")")})";
        writer.Line($"internal static global::System.ReadOnlySpan<{keyword}> {type}(int offset, int length) =>");
        using (writer.Indent())
        {
            writer.Line(type == ElementType.UInt8 ? $"{bytes};" : $"global::System.Runtime.InteropServices.MemoryMarshal.Cast<byte, {keyword}>({bytes});");
        }

        writer.Line();
    }

    private static void Uniform(SourceWriter writer, ModelWeights weights)
    {
        writer.Line("// Constants whose elements are all equal are not stored, but filled in when the first of them is read.");
        using (writer.Block("internal static class Uniform"))
        {
            foreach (int type in weights.UniformTypes)
            {
                Accessor(writer, (ElementType)type, "All.Slice");
            }

            writer.Line("private static readonly byte[] Bytes = Fill();");
            writer.Line();
            writer.Line("private static global::System.ReadOnlySpan<byte> All => Bytes;");
            writer.Line();
            using (writer.Block("private static byte[] Fill()"))
            {
                writer.Line($"byte[] bytes = new byte[{Literals.Integer(weights.Uniform.Max(PlanConstants.End))}];");
                foreach (PlanConstant constant in weights.Uniform)
                {
                    string region = $"new global::System.Span<byte>(bytes, {Literals.Integer(constant.Offset)}, {Literals.Integer(PlanConstants.End(constant) - constant.Offset)})";
                    string elements = constant.Type == ElementType.UInt8 ? region : $"global::System.Runtime.InteropServices.MemoryMarshal.Cast<byte, {constant.Type.Keyword()}>({region})";
                    writer.Line($"{elements}.Fill({Literals.Of(constant.Uniform!.Value, constant.Type)});");
                }

                writer.Line("return bytes;");
            }
        }
    }

    private static void Data(SourceWriter writer, WeightsFile? file)
    {
        ulong[] data = file?.Data ?? [];
        if (data.Length * sizeof(ulong) < LeastCopied)
        {
            writer.Line("private static global::System.ReadOnlySpan<byte> Bytes => global::System.Runtime.InteropServices.MemoryMarshal.AsBytes(Data);");
        }
        else
        {
            Copy(writer, data.Length * sizeof(ulong));
        }

        writer.Line();
        writer.Line("private static global::System.ReadOnlySpan<ulong> Data => new ulong[]");
        writer.Line("{");
        var line = new StringBuilder();
        for (int index = 0; index < data.Length; index++)
        {
            line.Append("0x").Append(data[index].ToString("X16", CultureInfo.InvariantCulture)).Append(',');
            if (index % LiteralsInLine == LiteralsInLine - 1 || index == data.Length - 1)
            {
                writer.Verbatim(line.Append('\n').ToString());
                line.Clear();
            }
        }

        writer.Line("};");
    }

    private static void Copy(SourceWriter writer, int length) => writer.Lines(
        $$"""
        private const int Length = {{Literals.Integer(length)}};

        // Pinned, so that it begins with a cache line for good.
        private static readonly byte[] Aligned = global::System.GC.AllocateUninitializedArray<byte>(Length + {{Literals.Integer(CacheLine - 1)}}, pinned: true);

        private static readonly nint Address = Copy();

        private static global::System.ReadOnlySpan<byte> Bytes =>
            global::System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref global::System.Runtime.CompilerServices.Unsafe.AddByteOffset(ref global::System.Runtime.CompilerServices.Unsafe.NullRef<byte>(), Address), Length);

        private static nint Copy()
        {
            nint begin = global::System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(Aligned, 0);
            int skipped = (int)(-begin & {{Literals.Integer(CacheLine - 1)}});
            global::System.Runtime.InteropServices.MemoryMarshal.AsBytes(Data).CopyTo(new global::System.Span<byte>(Aligned, skipped, Length));
            return begin + skipped;
        }
        """);

    private static void Resource(SourceWriter writer, ModelWeights weights) => writer.Lines(
        $$"""
        private const int Length = {{Literals.Integer(weights.Bytes)}};

        private const string ResourceName = {{Literals.Text(weights.Resource)}};

        // The owner keeps the memory alive.
        private static readonly (nint Address, object Owner) Memory = Locate();

        private static global::System.ReadOnlySpan<byte> Bytes =>
            global::System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref global::System.Runtime.CompilerServices.Unsafe.AddByteOffset(ref global::System.Runtime.CompilerServices.Unsafe.NullRef<byte>(), Memory.Address), Length);

        private static (nint Address, object Owner) Locate()
        {
            global::System.IO.Stream stream = typeof({{Identifiers.EscapeType(weights.ClassName)}}).Assembly.GetManifestResourceStream(ResourceName);
            if (stream is null || stream.Length != Length)
            {
                throw new global::System.InvalidOperationException($"The weights are missing: the assembly should have a resource '{ResourceName}' of {Length} bytes. Rebuild the project.");
            }

            nint address = MappedAddress(stream);
            if (address != 0)
            {
                return (address, stream);
            }

            byte[] copy = global::System.GC.AllocateUninitializedArray<byte>(Length, pinned: true);
            stream.ReadExactly(copy);
            return (global::System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(copy, 0), copy);
        }

        // A resource is a part of the mapped file. Its address is only to be had as a pointer, which this class, made of safe code, cannot name:
        // reflection carries it from the stream to a number. 0 when that does not work; the weights are then copied.
        private static nint MappedAddress(global::System.IO.Stream stream)
        {
            try
            {
                object pointer = stream is global::System.IO.UnmanagedMemoryStream
                    ? typeof(global::System.IO.UnmanagedMemoryStream).GetProperty(nameof(global::System.IO.UnmanagedMemoryStream.PositionPointer))?.GetValue(stream)
                    : null;
                foreach (global::System.Reflection.ConstructorInfo constructor in typeof(nint).GetConstructors())
                {
                    global::System.Reflection.ParameterInfo[] parameters = constructor.GetParameters();
                    if (pointer is not null && parameters.Length == 1 && parameters[0].ParameterType.IsPointer)
                    {
                        return (nint)constructor.Invoke(new[] { pointer });
                    }
                }
            }
            catch (global::System.Exception exception) when (exception is global::System.NotSupportedException or global::System.MemberAccessException or global::System.Reflection.TargetInvocationException or global::System.ArgumentException)
            {
            }

            return 0;
        }
        """);
}
