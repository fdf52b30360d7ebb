using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// A sum of float32 products as layers and matrix products make it. The products are cut into stretches of <see cref="Stretch"/>. Each
/// stretch is one chain of fused multiply-adds, the first from where the sum starts, the others from 0; their results are added in order. Errors thus grow with the
/// length of a stretch and the number of stretches, not with the number of products.
/// </summary>
/// <param name="start">Where the first stretch starts: the bias.</param>
/// <param name="before">What the stretches' results are added to.</param>
internal struct ProductSum(float start, float before = ProductSum.Nothing)
{
    /// <summary>Products in a stretch.</summary>
    public const int Stretch = 128;

    /// <summary>Added to anything, this leaves every bit, where +0 would lose the sign of −0: the sum of no stretches.</summary>
    public const float Nothing = -0f;

    private float before = before;
    private float chain = start;
    private int count;

    /// <summary>The sum of the products so far.</summary>
    public readonly float Value => before + chain;

    /// <summary>Adds the next product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float left, float right)
    {
        if (count == Stretch)
        {
            before += chain;
            chain = 0;
            count = 0;
        }

        chain = FusedMultiplyAdd.Of(left, right, chain);
        count++;
    }
}
