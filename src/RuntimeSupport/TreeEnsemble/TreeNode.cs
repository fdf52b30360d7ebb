using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// A node of a tree. A value at most the threshold goes to the left child, any other, and NaN, to the right one, which is the next node.
/// A leaf has the threshold NaN and is its own right child: it stays where it is, so that trees of different depth walk in step.
/// </summary>
/// <typeparam name="T">The type of the features.</typeparam>
/// <param name="threshold">The greatest value that goes left.</param>
/// <param name="feature">The column, or its complement when NaN goes left.</param>
/// <param name="left">The left child.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct TreeNode<T>(T threshold, int feature, int left)
    where T : unmanaged
{
    /// <summary>The greatest value that goes left.</summary>
    public readonly T Threshold = threshold;

    /// <summary>The column, or its complement when NaN goes left.</summary>
    public readonly int Feature = feature;

    /// <summary>The left child; the right one follows it.</summary>
    public readonly int Left = left;
}
