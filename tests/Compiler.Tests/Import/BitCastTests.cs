using System;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class BitCastTests
{
    private static readonly float[] Values = [0, -0f, 1, -1.5f, float.MaxValue, float.Epsilon, float.PositiveInfinity, float.NegativeInfinity];

    [Fact]
    public void Bits_of_float32_are_those_of_integers_and_back()
    {
        int[] bits = [.. Values.Select(BitConverter.SingleToInt32Bits)];
        Assert.Equal(bits, BitCast(Floats("x", [Values.Length], Values), OnnxTypes.Int32).Values<int>());
        Assert.Equal(bits.Select(value => (uint)value), BitCast(Floats("x", [Values.Length], Values), OnnxTypes.UInt32).Values<uint>());
        Assert.Equal(Values.Select(BitConverter.SingleToInt32Bits), BitCast(Raw(OnnxTypes.Int32, bits), OnnxTypes.Float).Values<float>().Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(Values.Select(BitConverter.SingleToInt32Bits), BitCast(Raw(OnnxTypes.UInt32, bits), OnnxTypes.Float).Values<float>().Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Bits_of_float64_are_those_of_integers_and_back()
    {
        double[] values = [0, -0d, Math.PI, double.MinValue, double.Epsilon];
        long[] bits = [.. values.Select(BitConverter.DoubleToInt64Bits)];
        Assert.Equal(values, BitCast(Raw(OnnxTypes.Int64, bits), OnnxTypes.Double).Values<double>());
        Assert.Equal(values, BitCast(Raw(OnnxTypes.UInt64, bits), OnnxTypes.Double).Values<double>());
        Assert.Equal(bits, BitCast(Raw(OnnxTypes.Double, values), OnnxTypes.Int64).Values<long>());
    }

    [Fact]
    public void Integers_of_a_size_share_their_bits()
    {
        Assert.Equal([-1, short.MinValue, 7], BitCast(Raw<ushort>(OnnxTypes.UInt16, 65535, 32768, 7), OnnxTypes.Int16).Values<short>());
        Assert.Equal([255, 128], BitCast(Raw<sbyte>(OnnxTypes.Int8, -1, -128), OnnxTypes.UInt8).Values<byte>());
        Assert.Equal([1, 0], BitCast(Raw<byte>(OnnxTypes.Boolean, 1, 0), OnnxTypes.UInt8).Values<byte>());
    }

    [Fact]
    public void Integers_of_four_bits_share_their_bits()
    {
        var tensor = new TensorProto { Name = "x", DataType = OnnxTypes.Int4, RawData = ByteString.CopyFrom(0x8F) };
        tensor.Dims.Add(2);
        Assert.Equal([15, 8], BitCast(tensor, OnnxTypes.UInt4).Values<byte>());
    }

    [Theory]
    [InlineData(OnnxTypes.Float, OnnxTypes.Int64, "MC1013")]
    [InlineData(OnnxTypes.Int8, OnnxTypes.Int16, "MC1013")]
    [InlineData(OnnxTypes.Int16, OnnxTypes.Float16, "MC1011")]
    [InlineData(OnnxTypes.Float8E5M2, OnnxTypes.UInt8, "MC1011")]
    [InlineData(OnnxTypes.Int4, OnnxTypes.Int8, "MC1011")]
    public void What_has_another_size_or_is_not_held_as_bits_is_refused(int from, int to, string code)
    {
        ModelProto model = Model(Graph([Node("BitCast", "x", "y", Attribute("to", to))], "y", null, Input("x", from, 2)), opset: 26);
        Assert.Equal(code, Assert.Single(Refuse(model)).Kind.Code);
    }

    private static Tensor BitCast(TensorProto input, int to) => Evaluate(26, Node("BitCast", "x", "y", Attribute("to", to)), input)[0];

    private static TensorProto Raw<T>(int type, params T[] values)
        where T : unmanaged
    {
        var tensor = new TensorProto { Name = "x", DataType = type, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan())) };
        tensor.Dims.Add(values.Length);
        return tensor;
    }
}
