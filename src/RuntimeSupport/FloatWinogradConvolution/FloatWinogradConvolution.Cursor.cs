using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class FloatWinogradConvolution
{
    /// <summary>Walks the tiles of all images, row by row.</summary>
    private struct TileCursor(ConvolutionGeometry geometry)
    {
        private readonly ConvolutionGeometry geometry = geometry;
        private int batch;
        private int row;
        private int column;

        /// <summary>Number of tiles.</summary>
        public readonly int Tiles => geometry.Batches * Extents(geometry.OutputHeight) * Extents(geometry.OutputWidth);

        /// <summary>Where the tile's inputs begin.</summary>
        public readonly int Input => (batch * geometry.InputBatchStride) + (row * geometry.InputRowStep) + (column * geometry.InputPixelStep);

        /// <summary>Rows of the tile within the image.</summary>
        public readonly int Rows => Math.Min(TileExtent, geometry.OutputHeight - row);

        /// <summary>Columns of the tile within the image.</summary>
        public readonly int Columns => Math.Min(TileExtent, geometry.OutputWidth - column);

        /// <summary>From the tile's first row of inputs to the last one within the image; one that is beyond is needed for outputs beyond only.</summary>
        public readonly int LastRow => (Rows + Kernel - 2) * geometry.InputRowStep;

        /// <summary>The same of columns.</summary>
        public readonly int LastColumn => (Columns + Kernel - 2) * geometry.InputPixelStep;

        /// <summary>Where the tile's pixels begin in an image of the outputs' extents.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly int OutputOf(in ConvolutionGeometry image) =>
            (batch * image.OutputBatchStride) + (row * image.OutputRowStride) + (column * image.OutputPixelStride);

        /// <summary>Moves to the next tile.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void MoveNext()
        {
            column += TileExtent;
            if (column < geometry.OutputWidth)
            {
                return;
            }

            column = 0;
            row += TileExtent;
            if (row >= geometry.OutputHeight)
            {
                row = 0;
                batch++;
            }
        }

        private static int Extents(int pixels) => (pixels + TileExtent - 1) / TileExtent;
    }
}
