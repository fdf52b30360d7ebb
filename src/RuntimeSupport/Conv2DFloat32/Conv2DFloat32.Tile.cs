using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    /// <summary>What an instruction set contributes to <see cref="RunTiled{TTile}"/>. A row is an output pixel.</summary>
    internal interface ITile
    {
        /// <summary>Rows of a full tile.</summary>
        static abstract int Rows { get; }

        /// <summary>From this width on tiles are cut at the ends of image rows, where that spares gathering windows: in narrower images the tiles would be too short.</summary>
        static abstract int ShortestRow { get; }

        /// <summary>Results are written in multiples of so many channels.</summary>
        static abstract int Lanes { get; }

        /// <summary>Multiplies rows × channels × inputs, at most a stretch of these.</summary>
        static abstract void Multiply<TOrder>(
            ref float activations, ref int order, nint rowStride, in Weights weights, nint inputs, in Ends ends, int rows, int channels)
            where TOrder : struct, IOrder;

        /// <summary>Copies numbers that do not overlap.</summary>
        static abstract void Copy(ref float from, ref float to, nint length);
    }

    /// <summary>Where the inputs of a window are.</summary>
    internal interface IOrder
    {
        /// <summary>How far an input is from the first.</summary>
        static abstract nint At(ref int order, nint input);
    }

    /// <summary>One behind the other.</summary>
    internal readonly struct Neighbours : IOrder
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint At(ref int order, nint input) => input;
    }

    /// <summary>Where a list says.</summary>
    internal readonly struct Listed : IOrder
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint At(ref int order, nint input) => Unsafe.Add(ref order, input);
    }

    /// <summary>A stretch of a panel's weights.</summary>
    internal readonly ref struct Weights(ref float panel, nint blockLength, nint first, int inPairs)
    {
        private readonly ref float panel = ref panel;

        /// <summary>So many blocks alternate, two by two.</summary>
        private readonly int inPairs = inPairs;

        /// <summary>Where a block begins.</summary>
        public ref float this[int block] => ref Unsafe.Add(
            ref panel, block < inPairs ? ((block & ~1) * blockLength) + ((2 * first) + (block & 1)) * BlockChannels : (block * blockLength) + (first * BlockChannels));

        /// <summary>From an input's weights in a block to the next one's.</summary>
        public nint InputStride(int block) => block < inPairs ? 2 * BlockChannels : BlockChannels;

        /// <summary>From a block's weights to the next one's, if neither or both are in pairs.</summary>
        public nint BlockStride(int block) => block < inPairs ? BlockChannels : blockLength;

        /// <summary>Whether a block alternates with its neighbour.</summary>
        public bool IsInPair(int block) => block < inPairs;
    }

    /// <summary>Where the chains of a tile begin and end: <c>target = clamp(before + chain(start))</c>.</summary>
    internal readonly ref struct Ends(ref float start, ref float before, nint beforeStride, ref float target, nint targetStride, float minimum, float maximum)
    {
        /// <summary>Where chains begin, the same for all rows.</summary>
        public readonly ref float Start = ref start;

        /// <summary>The sums of the stretches before.</summary>
        public readonly ref float Before = ref before;

        /// <summary>From a row of these to the next.</summary>
        public readonly nint BeforeStride = beforeStride;

        /// <summary>Where results go.</summary>
        public readonly ref float Target = ref target;

        /// <summary>From a row of results to the next.</summary>
        public readonly nint TargetStride = targetStride;

        public readonly float Minimum = minimum;
        public readonly float Maximum = maximum;

        /// <summary>The same for a tile whose corner is elsewhere.</summary>
        public Ends At(nint row, nint channel) => new(
            ref Unsafe.Add(ref Start, channel),
            ref Unsafe.Add(ref Before, (row * BeforeStride) + channel),
            BeforeStride,
            ref Unsafe.Add(ref Target, (row * TargetStride) + channel),
            TargetStride,
            Minimum,
            Maximum);
    }
}
