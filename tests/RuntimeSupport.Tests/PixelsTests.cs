using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class PixelsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 7, 3)]
    [InlineData(5, 32, 3)]
    [InlineData(4, 9, 1)]
    [InlineData(2, 11, 4)]
    [InlineData(2, 6, 2)]
    [InlineData(2, 5, 6)]
    [InlineData(0, 5, 3)]
    [InlineData(5, 0, 3)]
    public void Pixels_become_an_input_in_every_layout(int height, int width, int channels)
    {
        var random = new Random(800 + height + width + channels);
        byte[] pixels = new byte[height * width * channels];
        byte[] tables = new byte[channels * 256];
        random.NextBytes(pixels);
        random.NextBytes(tables);
        float[] scales = Enumerable.Range(0, channels).Select(_ => random.NextSingle()).ToArray();
        float[] offsets = Enumerable.Range(0, channels).Select(_ => random.NextSingle() * 200).ToArray();
        int[][] layouts =
        [
            [width * channels, channels, 1],
            [((width + 2) * channels) + 1, channels, 1], // a padded buffer
            [width, 1, height * width], // planar
            [width * (channels + 1), channels + 1, 1], // one channel more in memory
        ];
        foreach (int[] strides in layouts)
        {
            foreach (bool reverse in new[] { false, true })
            {
                int length = 1 + new[] { height, width, channels }.Select((extent, dimension) => Math.Max(extent - 1, 0) * strides[dimension]).Sum();
                byte[] bytes = Enumerable.Repeat((byte)77, length).ToArray();
                float[] floats = Enumerable.Repeat(77f, length).ToArray();
                byte[] expectedBytes = bytes.ToArray();
                float[] expectedFloats = floats.ToArray();
                foreach (int[] index in StridedNaive.Indices([height, width, channels]))
                {
                    int channel = reverse ? channels - 1 - index[2] : index[2];
                    byte pixel = pixels[(((index[0] * width) + index[1]) * channels) + channel];
                    int position = StridedNaive.Position(index, strides, 0);
                    expectedBytes[position] = tables[(index[2] * 256) + pixel];
                    expectedFloats[position] = (pixel - offsets[index[2]]) * scales[index[2]];
                }

                PixelsToUInt8.Run(pixels, tables, bytes, height, width, channels, strides[0], strides[1], strides[2], reverse);
                PixelsToFloat32.Run(pixels, scales, offsets, floats, height, width, channels, strides[0], strides[1], strides[2], reverse);

                Assert.Equal(expectedBytes, bytes);
                Assert.Equal(expectedFloats, floats);
            }
        }
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PixelsToUInt8.Run(new byte[11], new byte[768], new byte[12], 2, 2, 3, 6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToUInt8.Run(new byte[12], new byte[767], new byte[12], 2, 2, 3, 6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToUInt8.Run(new byte[12], new byte[768], new byte[11], 2, 2, 3, 6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToUInt8.Run(new byte[12], new byte[768], new byte[12], 2, 2, 3, -6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToUInt8.Run(new byte[12], new byte[768], new byte[12], -2, 2, -3, 6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToFloat32.Run(new byte[11], new float[3], new float[3], new float[12], 2, 2, 3, 6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToFloat32.Run(new byte[12], new float[2], new float[3], new float[12], 2, 2, 3, 6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToFloat32.Run(new byte[12], new float[3], new float[2], new float[12], 2, 2, 3, 6, 3, 1, false));
        Assert.Throws<ArgumentException>(() => PixelsToFloat32.Run(new byte[12], new float[3], new float[3], new float[11], 2, 2, 3, 6, 3, 1, false));
    }
}
