using System;
using System.IO;
using System.Runtime.InteropServices;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>
/// TensorFlow Lite's C interface, version 2.9 (tensorflow/lite/c/c_api.h and delegates/xnnpack/xnnpack_delegate.h of that version): the library that
/// TFLITE_LIB names, or that benchmarks/fetch-tflite.sh has fetched.
/// </summary>
internal static class TensorFlowLiteLibrary
{
    private const string Name = "tensorflowlite_c";

    // Without it the library would be looked for where the system keeps its own.
    static TensorFlowLiteLibrary() => NativeLibrary.SetDllImportResolver(
        typeof(TensorFlowLiteLibrary).Assembly,
        (name, _, _) => name == Name ? NativeLibrary.Load(Path) : IntPtr.Zero);

    /// <summary>Element types.</summary>
    public enum TensorType
    {
        /// <summary>float.</summary>
        Float32 = 1,

        /// <summary>byte.</summary>
        UInt8 = 3,

        /// <summary>sbyte.</summary>
        Int8 = 9,
    }

    /// <summary>Where the library is, or would be.</summary>
    public static string Path => Environment.GetEnvironmentVariable("TFLITE_LIB") is { Length: > 0 } named
        ? System.IO.Path.GetFullPath(named)
        : System.IO.Path.Combine(Repository.Artifacts, "tflite", OperatingSystem.IsWindows() ? Name + ".dll" : OperatingSystem.IsMacOS() ? $"lib{Name}.dylib" : $"lib{Name}.so");

    /// <summary>The library's version, or <see langword="null"/> when there is no library.</summary>
    public static string? Version => File.Exists(Path) ? Marshal.PtrToStringUTF8(TfLiteVersion()) : null;

    [DllImport(Name)]
    public static extern IntPtr TfLiteModelCreateFromFile([MarshalAs(UnmanagedType.LPUTF8Str)] string path);

    [DllImport(Name)]
    public static extern void TfLiteModelDelete(IntPtr model);

    [DllImport(Name)]
    public static extern IntPtr TfLiteInterpreterOptionsCreate();

    [DllImport(Name)]
    public static extern void TfLiteInterpreterOptionsDelete(IntPtr options);

    [DllImport(Name)]
    public static extern void TfLiteInterpreterOptionsSetNumThreads(IntPtr options, int threads);

    [DllImport(Name)]
    public static extern void TfLiteInterpreterOptionsAddDelegate(IntPtr options, IntPtr delegated);

    [DllImport(Name)]
    public static extern IntPtr TfLiteInterpreterCreate(IntPtr model, IntPtr options);

    [DllImport(Name)]
    public static extern void TfLiteInterpreterDelete(IntPtr interpreter);

    [DllImport(Name)]
    public static extern int TfLiteInterpreterAllocateTensors(IntPtr interpreter);

    [DllImport(Name)]
    public static extern int TfLiteInterpreterInvoke(IntPtr interpreter);

    [DllImport(Name)]
    public static extern int TfLiteInterpreterGetInputTensorCount(IntPtr interpreter);

    [DllImport(Name)]
    public static extern int TfLiteInterpreterGetOutputTensorCount(IntPtr interpreter);

    [DllImport(Name)]
    public static extern IntPtr TfLiteInterpreterGetInputTensor(IntPtr interpreter, int index);

    [DllImport(Name)]
    public static extern IntPtr TfLiteInterpreterGetOutputTensor(IntPtr interpreter, int index);

    [DllImport(Name)]
    public static extern TensorType TfLiteTensorType(IntPtr tensor);

    [DllImport(Name)]
    public static extern nuint TfLiteTensorByteSize(IntPtr tensor);

    [DllImport(Name)]
    public static extern int TfLiteTensorCopyFromBuffer(IntPtr tensor, byte[] buffer, nuint bytes);

    [DllImport(Name)]
    public static extern int TfLiteTensorCopyToBuffer(IntPtr tensor, byte[] buffer, nuint bytes);

    [DllImport(Name)]
    public static extern IntPtr TfLiteXNNPackDelegateCreate(in XnnpackOptions options);

    [DllImport(Name)]
    public static extern void TfLiteXNNPackDelegateDelete(IntPtr delegated);

    [DllImport(Name)]
    private static extern IntPtr TfLiteVersion();

    /// <summary>TfLiteXNNPackDelegateOptions of version 2.9.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct XnnpackOptions
    {
        private const uint SignedInt8 = 1;
        private const uint UnsignedInt8 = 2;

        /// <summary>Size of the pool of threads.</summary>
        private readonly int threads;

        /// <summary>What beside float32 the delegate takes over.</summary>
        private readonly uint flags;

        /// <summary>Packed weights to share between delegates; none.</summary>
        private readonly IntPtr weightsCache;

        private XnnpackOptions(int threads, uint flags)
        {
            this.threads = threads;
            this.flags = flags;
            weightsCache = IntPtr.Zero;
        }

        /// <summary>One thread, quantised layers of both kinds.</summary>
        public static XnnpackOptions SingleThread => new(1, SignedInt8 | UnsignedInt8);
    }
}
