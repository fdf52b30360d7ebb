namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    internal readonly partial struct Avx512Tile
    {
        /// <summary>How many rows a tile has, known when it is compiled: only the heights that a model needs are.</summary>
        private interface IRows
        {
            static abstract int Count { get; }
        }

        /// <summary>How the weights of two blocks lie, known when it is compiled.</summary>
        private interface IBlocks
        {
            /// <summary>From an input's weights in a block to the next one's.</summary>
            static abstract int InputStride { get; }
        }

        private readonly struct Apart : IBlocks
        {
            public static int InputStride => BlockChannels;
        }

        private readonly struct Alternating : IBlocks
        {
            public static int InputStride => 2 * BlockChannels;
        }

        private readonly struct Rows1 : IRows
        {
            public static int Count => 1;
        }

        private readonly struct Rows2 : IRows
        {
            public static int Count => 2;
        }

        private readonly struct Rows3 : IRows
        {
            public static int Count => 3;
        }

        private readonly struct Rows4 : IRows
        {
            public static int Count => 4;
        }

        private readonly struct Rows5 : IRows
        {
            public static int Count => 5;
        }

        private readonly struct Rows6 : IRows
        {
            public static int Count => 6;
        }

        private readonly struct Rows7 : IRows
        {
            public static int Count => 7;
        }

        private readonly struct Rows8 : IRows
        {
            public static int Count => 8;
        }

        private readonly struct Rows9 : IRows
        {
            public static int Count => 9;
        }

        private readonly struct Rows10 : IRows
        {
            public static int Count => 10;
        }

        private readonly struct Rows11 : IRows
        {
            public static int Count => 11;
        }

        private readonly struct Rows12 : IRows
        {
            public static int Count => 12;
        }

        private readonly struct Rows13 : IRows
        {
            public static int Count => 13;
        }

        private readonly struct Rows14 : IRows
        {
            public static int Count => 14;
        }
    }
}
