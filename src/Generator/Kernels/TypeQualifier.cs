using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace ModelCompiler.Generator.Kernels;

/// <summary>
/// Puts namespaces before the framework's types in generated code. The code lies in the project's own namespace, where a type of the project that is
/// called <c>Math</c> or <c>Span</c> comes before those of any using directive.
/// </summary>
internal static class TypeQualifier
{
    private static readonly Dictionary<string, string> Namespaces = Index(
        ("System", "Action ArgumentException ArgumentNullException ArgumentOutOfRangeException BitConverter GC Half HashCode Int128 InvalidOperationException Math MathF "
            + "Memory MidpointRounding NotSupportedException OverflowException PlatformNotSupportedException ReadOnlyMemory ReadOnlySpan Span UInt128"),
        ("System.Diagnostics.CodeAnalysis", "DoesNotReturn NotNullWhen UnscopedRef"),
        ("System.Numerics", "BitOperations IAdditionOperators IBinaryFloatingPointIeee754 IBinaryInteger IBinaryNumber IComparisonOperators IFloatingPoint "
            + "IFloatingPointIeee754 IMinMaxValue INumber INumberBase ISignedNumber IUnsignedNumber Vector"),
        ("System.Runtime.CompilerServices", "InlineArray MethodImpl MethodImplOptions RuntimeHelpers SkipLocalsInit Unsafe"),
        ("System.Runtime.InteropServices", "LayoutKind Marshal MemoryMarshal StructLayout"),
        ("System.Runtime.Intrinsics", "Vector128 Vector256 Vector512 Vector64"),
        ("System.Runtime.Intrinsics.Arm", "AdvSimd ArmBase Dp Rdm"),
        ("System.Runtime.Intrinsics.X86", "Avx Avx2 Avx512BW Avx512CD Avx512DQ Avx512F Avx512Vbmi AvxVnni Bmi1 Bmi2 Fma Lzcnt Popcnt Sse Sse2 Sse3 Sse41 Sse42 Ssse3 X86Base"),
        ("System.Threading.Tasks", "Parallel ParallelOptions"));

    /// <summary>Whether code that mentions such a name means the framework's type.</summary>
    public static bool Knows(string name) => Namespaces.ContainsKey(name);

    /// <summary>The source with all names of types qualified that are not yet.</summary>
    public static string Qualify(string source, SourceScanner scan)
    {
        var qualified = new StringBuilder(source.Length + (source.Length / 4));
        int copied = 0;
        foreach ((int position, string name) in scan.ShortNames)
        {
            qualified.Append(source, copied, position - copied).Append("global::").Append(Namespaces[name]).Append('.');
            copied = position;
        }

        return qualified.Append(source, copied, source.Length - copied).ToString();
    }

    /// <inheritdoc cref="Qualify(string, SourceScanner)"/>
    public static string Qualify(string source) => Qualify(source, SourceScanner.Scan(source));

    private static Dictionary<string, string> Index(params (string Namespace, string Types)[] types) => types
        .SelectMany(group => group.Types.Split(' ').Select(type => (type, group.Namespace)))
        .ToDictionary(pair => pair.type, pair => pair.Namespace, StringComparer.Ordinal);
}
