using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Walks over up to three strided tensors of one shape: the innermost dimension, as long as merging makes it, is the caller's loop; the
/// dimensions around it are walked here.
/// </summary>
internal ref struct ElementwiseWalk
{
    /// <summary>Integers that the constructor needs room for.</summary>
    public const int ScratchLength = 5 * ExtentGuard.MaximumRank;

    private readonly Span<int> extents;
    private readonly Span<int> leftStrides;
    private readonly Span<int> rightStrides;
    private readonly Span<int> outputStrides;
    private readonly Span<int> index;

    /// <summary>A walk at its first row. Kernels of one input give its strides twice.</summary>
    /// <param name="scratch">Room for <see cref="ScratchLength"/> integers.</param>
    /// <param name="shape">Extents, at most <see cref="ExtentGuard.MaximumRank"/>, none 0.</param>
    /// <param name="left">Strides of the first input.</param>
    /// <param name="right">Strides of the second input.</param>
    /// <param name="output">Strides of the output.</param>
    public ElementwiseWalk(Span<int> scratch, ReadOnlySpan<int> shape, ReadOnlySpan<int> left, ReadOnlySpan<int> right, ReadOnlySpan<int> output)
    {
        extents = scratch.Slice(0, ExtentGuard.MaximumRank);
        leftStrides = scratch.Slice(ExtentGuard.MaximumRank, ExtentGuard.MaximumRank);
        rightStrides = scratch.Slice(2 * ExtentGuard.MaximumRank, ExtentGuard.MaximumRank);
        outputStrides = scratch.Slice(3 * ExtentGuard.MaximumRank, ExtentGuard.MaximumRank);
        index = scratch.Slice(4 * ExtentGuard.MaximumRank, ExtentGuard.MaximumRank);
        index.Clear();
        int rank = 0;
        for (int dimension = 0; dimension < shape.Length; dimension++)
        {
            int extent = shape[dimension];
            if (extent == 1)
            {
                continue;
            }

            // A dimension whose stride is the whole of the next one in all tensors is one loop with it.
            bool joins = rank > 0
                && leftStrides[rank - 1] == (long)left[dimension] * extent
                && rightStrides[rank - 1] == (long)right[dimension] * extent
                && outputStrides[rank - 1] == (long)output[dimension] * extent;
            if (!joins)
            {
                extents[rank] = 1;
                rank++;
            }

            extents[rank - 1] *= extent;
            leftStrides[rank - 1] = left[dimension];
            rightStrides[rank - 1] = right[dimension];
            outputStrides[rank - 1] = output[dimension];
        }

        int outer = Math.Max(rank - 1, 0);
        Length = rank == 0 ? 1 : extents[outer];
        LeftStride = rank == 0 ? 1 : leftStrides[outer];
        RightStride = rank == 0 ? 1 : rightStrides[outer];
        OutputStride = rank == 0 ? 1 : outputStrides[outer];
        extents = extents.Slice(0, outer);
    }

    /// <summary>Elements of a row.</summary>
    public readonly int Length;

    /// <summary>Stride of the first input along a row.</summary>
    public readonly int LeftStride;

    /// <summary>Stride of the second input along a row.</summary>
    public readonly int RightStride;

    /// <summary>Stride of the output along a row.</summary>
    public readonly int OutputStride;

    /// <summary>Where the row begins in the first input.</summary>
    public nint Left;

    /// <summary>Where the row begins in the second input.</summary>
    public nint Right;

    /// <summary>Where the row begins in the output.</summary>
    public nint Output;

    /// <summary>Moves to the next row.</summary>
    /// <returns>False after the last one.</returns>
    public bool MoveNext()
    {
        for (int dimension = extents.Length - 1; dimension >= 0; dimension--)
        {
            Left += leftStrides[dimension];
            Right += rightStrides[dimension];
            Output += outputStrides[dimension];
            if (++index[dimension] < extents[dimension])
            {
                return true;
            }

            Left -= (nint)leftStrides[dimension] * extents[dimension];
            Right -= (nint)rightStrides[dimension] * extents[dimension];
            Output -= (nint)outputStrides[dimension] * extents[dimension];
            index[dimension] = 0;
        }

        return false;
    }
}
