using System;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class SByteEdgeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(37)]
    [InlineData(256)]
    public void Int8_is_uint8_less_128_and_back(int count)
    {
        byte[] inside = Enumerable.Range(0, count).Select(value => (byte)(value * 77)).ToArray();
        sbyte[] outside = Enumerable.Repeat((sbyte)5, count + 1).ToArray();
        byte[] again = Enumerable.Repeat((byte)5, count + 1).ToArray();

        ExtractSByte.Run(inside, outside, count);
        InsertSByte.Run(outside, again, count);

        Assert.Equal(inside.Select(value => (sbyte)(value - 128)).Append((sbyte)5), outside);
        Assert.Equal(inside.Append((byte)5), again);
    }

    [Fact]
    public void Works_in_place()
    {
        byte[] values = Enumerable.Range(0, 100).Select(value => (byte)value).ToArray();
        ExtractSByte.Run(values, MemoryMarshal.Cast<byte, sbyte>(values.AsSpan()), 100);
        Assert.Equal(Enumerable.Range(0, 100).Select(value => (byte)(value + 128)), values);
    }

    [Theory]
    [InlineData(3, 4, 4)]
    [InlineData(4, 3, 4)]
    [InlineData(4, 4, -1)]
    public void Short_spans_are_refused(int inputLength, int outputLength, int count)
    {
        Assert.Throws<ArgumentException>(() => ExtractSByte.Run(new byte[inputLength], new sbyte[outputLength], count));
        Assert.Throws<ArgumentException>(() => InsertSByte.Run(new sbyte[inputLength], new byte[outputLength], count));
    }
}
