using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Integers below 8 bits and floats of 8 bits and less: what their codes mean, and how numbers become them.</summary>
public class NarrowTypeTests
{
    private const int Seed = 20261;

    /// <summary>The small floats: code, bits of exponent and mantissa, bias, and the greatest magnitude's code.</summary>
    public static TheoryData<int, int, int, int, int> Floats { get; } = new()
    {
        { OnnxTypes.Float8E4M3FN, 4, 3, 7, 0x7E },
        { OnnxTypes.Float8E4M3FNUZ, 4, 3, 8, 0x7F },
        { OnnxTypes.Float8E5M2, 5, 2, 15, 0x7B },
        { OnnxTypes.Float8E5M2FNUZ, 5, 2, 16, 0x7F },
        { OnnxTypes.Float4E2M1, 2, 1, 1, 7 },
    };

    [Theory]
    [InlineData(OnnxTypes.Int2, new[] { 0, 1, -2, -1 })]
    [InlineData(OnnxTypes.UInt2, new[] { 0, 1, 2, 3 })]
    [InlineData(OnnxTypes.Int4, new[] { 0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1 })]
    [InlineData(OnnxTypes.UInt4, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    public void Every_code_of_a_narrow_integer_is_its_number(int type, int[] numbers) =>
        Assert.Equal(numbers.Select(number => (float)number), Numbers(type, numbers.Length));

    [Theory]
    [MemberData(nameof(Floats))]
    public void Every_code_of_a_small_float_is_its_number(int type, int exponentBits, int mantissaBits, int bias, int greatest)
    {
        int signBit = 1 << (exponentBits + mantissaBits);
        float[] numbers = Numbers(type, 2 * signBit);
        for (int code = 0; code <= greatest; code++)
        {
            float magnitude = (float)Magnitude(code, mantissaBits, bias);
            Assert.Equal(magnitude, numbers[code]);
            if (code > 0)
            {
                Assert.Equal(-magnitude, numbers[signBit + code]);
            }
        }

        Assert.Equal(type is OnnxTypes.Float8E4M3FNUZ or OnnxTypes.Float8E5M2FNUZ, float.IsNaN(numbers[signBit]));
    }

    [Fact]
    public void Codes_that_are_no_numbers_are_infinities_and_NaN()
    {
        Assert.All(new[] { 0x7F, 0xFF }, code => Assert.True(float.IsNaN(Numbers(OnnxTypes.Float8E4M3FN, 256)[code])));
        float[] numbers = Numbers(OnnxTypes.Float8E5M2, 256);
        Assert.Equal(float.PositiveInfinity, numbers[0x7C]);
        Assert.Equal(float.NegativeInfinity, numbers[0xFC]);
        Assert.All(new[] { 0x7D, 0x7E, 0x7F, 0xFD, 0xFE, 0xFF }, code => Assert.True(float.IsNaN(numbers[code])));
    }

    [Fact]
    public void Float8e8m0_has_the_powers_of_two_and_NaN()
    {
        float[] numbers = Numbers(OnnxTypes.Float8E8M0, 256);
        Assert.Equal(Enumerable.Range(0, 255).Select(code => (float)Math.Pow(2, code - 127)), numbers[..255]);
        Assert.True(float.IsNaN(numbers[255]));
    }

    [Theory]
    [MemberData(nameof(Floats))]
    public void Numbers_round_to_the_nearest_ties_to_even(int type, int exponentBits, int mantissaBits, int bias, int greatest)
    {
        Assert.InRange(greatest >> mantissaBits, 1, (1 << exponentBits) - 1);
        double[] values = Probes(mantissaBits, bias, greatest);
        foreach (bool saturate in new[] { true, false })
        {
            AttributeProto[] attributes = [Attribute("to", type), Attribute("saturate", saturate ? 1 : 0)];
            float[] doubles = Evaluate("Cast", [Doubles("x", values)], attributes).Values<float>();
            float[] floats = Evaluate("Cast", [Floats("x", [values.Length], [.. values.Select(value => (float)value)])], attributes).Values<float>();
            for (int index = 0; index < values.Length; index++)
            {
                AssertNearest(type, values[index], doubles[index], mantissaBits, bias, greatest, saturate);
                AssertNearest(type, (float)values[index], floats[index], mantissaBits, bias, greatest, saturate);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Floats))]
    public void Numbers_of_the_type_stay_what_they_are(int type, int exponentBits, int mantissaBits, int bias, int greatest)
    {
        Assert.True(bias > 0 && greatest > 0);
        float[] numbers = Numbers(type, 2 << (exponentBits + mantissaBits));
        float[] rounded = Evaluate("Cast", [Floats("x", [numbers.Length], numbers)], Attribute("to", type), Attribute("saturate", 0)).Values<float>();
        Assert.Equal(numbers.Select(BitConverter.SingleToInt32Bits), rounded.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData("up", 2.0, 4.0, 2.0)]
    [InlineData("down", 2.0, 2.0, 1.0)]
    [InlineData("nearest", 2.0, 4.0, 1.0)]
    public void Float8e8m0_rounds_as_it_is_told(string mode, double two, double three, double justAboveOne)
    {
        double next = Math.BitIncrement(1.0);
        double least = Math.Pow(2, -127);
        float[] rounded = Evaluate(
            "Cast", [Doubles("x", 2, 3, next, 0, 1e300, double.PositiveInfinity, double.NaN, least, -1)], Attribute("to", OnnxTypes.Float8E8M0), Attribute("round_mode", mode)).Values<float>();
        Assert.Equal([(float)two, (float)three, (float)justAboveOne, (float)least, (float)Math.Pow(2, 127), (float)Math.Pow(2, 127), float.NaN, (float)least, float.NaN], rounded);
    }

    [Fact]
    public void Float8e8m0_without_saturation_is_NaN_outside_its_range()
    {
        float[] rounded = Evaluate(
            "Cast", [Doubles("x", 0, 1e300, double.PositiveInfinity, 1)], Attribute("to", OnnxTypes.Float8E8M0), Attribute("saturate", 0), Attribute("round_mode", "nearest")).Values<float>();
        Assert.Equal([float.NaN, float.NaN, float.NaN, 1f], rounded);
    }

    [Theory]
    [InlineData(OnnxTypes.Int2, 2, true)]
    [InlineData(OnnxTypes.UInt2, 2, false)]
    [InlineData(OnnxTypes.Int4, 4, true)]
    [InlineData(OnnxTypes.UInt4, 4, false)]
    public void Integers_lose_the_bits_that_do_not_fit(int type, int bits, bool isSigned)
    {
        long[] values = [.. Enumerable.Range(-300, 601)];
        long size = 1L << bits;
        float[] expected = [.. values.Select(value => ((value % size) + size) % size).Select(low => (float)(isSigned && low >= size / 2 ? low - size : low))];
        Assert.Equal(expected, Evaluate("Cast", [Longs("x", values)], Attribute("to", type)).ToFloat32());
        Assert.Equal(expected, Evaluate("Cast", [Floats("x", [values.Length], [.. values.Select(value => value + (value < 0 ? -0.75f : 0.75f))])], Attribute("to", type)).ToFloat32());
    }

    [Fact]
    public void Packed_elements_are_read_from_bytes_and_from_integers()
    {
        byte[] bytes = [0x21, 0xF8, 0x07];
        var typed = new TensorProto { Name = "x", DataType = OnnxTypes.Int4 };
        typed.Dims.Add(5);
        typed.Int32Data.AddRange(bytes.Select(value => (int)value));
        Assert.Equal([1, 2, -8, -1, 7], Evaluate("Identity", [Packed("x", OnnxTypes.Int4, 5, bytes)]).Values<sbyte>());
        Assert.Equal([1, 2, -8, -1, 7], Evaluate("Identity", [typed]).Values<sbyte>());
        Assert.Equal([1, 0, 2, 0, 0, 2, 3, 3, 3], Evaluate("Identity", [Packed("x", OnnxTypes.UInt2, 9, bytes)]).Values<byte>());
    }

    [Theory]
    [InlineData(OnnxTypes.Int4, 5, 2)]
    [InlineData(OnnxTypes.Int4, 5, 5)]
    [InlineData(OnnxTypes.Float8E5M2, 5, 4)]
    public void Bytes_that_do_not_fit_the_shape_are_refused(int type, int count, int bytes)
    {
        ModelProto model = Model(Graph([Node("Identity", "x", "y")], "y", [Packed("x", type, count, new byte[bytes])]));
        Assert.Equal(DiagnosticKinds.FileMalformed, Assert.Single(Refuse(model)).Kind);
    }

    [Theory]
    [InlineData(OnnxTypes.Int4, ElementType.Int8)]
    [InlineData(OnnxTypes.UInt2, ElementType.UInt8)]
    [InlineData(OnnxTypes.Float8E4M3FN, ElementType.Float32)]
    [InlineData(OnnxTypes.Float8E8M0, ElementType.Float32)]
    public void Callers_give_and_get_the_next_type_of_dotnet(int type, ElementType expected)
    {
        Graph graph = Accept(Model(Graph([Node("Reshape", "x s", "y")], "y", [Longs("s", 4)], Input("x", type, 2, 2))));
        Assert.Equal(expected, graph.Values["x"].Type.Type);
        Assert.Equal(expected, graph.Values[graph.Outputs[0].Value].Type.Type);
    }

    [Fact]
    public void CastLike_takes_the_narrow_type_through_movements()
    {
        ModelProto model = Model(Graph(
            [Node("Unsqueeze", "like axis", "l"), Node("CastLike", "x l", "y")], "y", [Longs("axis", 0), Longs("x", 9, -9), Packed("like", OnnxTypes.Int4, 1, 0)]));
        Graph graph = Accept(model);
        Assert.Equal([-7, 7], graph.Constants[graph.Outputs[0].Value].Values<sbyte>());
    }

    [Fact]
    public void Computing_in_a_narrow_type_is_refused_until_it_is_converted()
    {
        Diagnostic problem = Assert.Single(Refuse(Model(Graph([Node("Add", "x x", "y")], "y", null, Input("x", OnnxTypes.Int4, 2)))));
        Assert.Equal("MC1029", problem.Kind.Code);
        Assert.Contains("int4", problem.Message);
        Graph graph = Accept(Model(Graph([Node("Cast", "x", "c", Attribute("to", OnnxTypes.Int8)), Node("Add", "c c", "y")], "y", null, Input("x", OnnxTypes.Int4, 2))));
        Assert.Equal(ElementType.Int8, graph.Values[graph.Outputs[0].Value].Type.Type);
    }

    [Fact]
    public void A_rounding_that_is_none_is_refused()
    {
        ModelProto model = Model([1], [Node("Cast", "x", "y", Attribute("to", OnnxTypes.Float8E8M0), Attribute("round_mode", "sideways"))]);
        Assert.Equal(DiagnosticKinds.GraphInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void The_kernels_round_as_folding_does()
    {
        float[] values = [.. Probes(3, 7, 0x7E).Select(value => (float)value)];
        NodeProto[] nodes = [Node("Cast", "x", "c", Attribute("to", OnnxTypes.Float8E4M3FN)), Node("Cast", "c", "y", Attribute("to", OnnxTypes.Float))];
        float[] executed = Running.Execute(Accept(Model([values.Length], nodes)), Tensor.Of([values.Length], values));
        Assert.Equal(Evaluate("Cast", [Floats("x", [values.Length], values)], Attribute("to", OnnxTypes.Float8E4M3FN)).Values<float>(), executed);
    }

    [Fact]
    public void Quantising_to_four_bits_clamps_and_dequantising_goes_back()
    {
        TensorProto x = Floats("x", [6], -100, -3, 0.25f, 1, 3.5f, 100);
        TensorProto scale = Floats("s", [], 0.5f);
        TensorProto zero = Packed("z", OnnxTypes.Int4, null, 1);
        Tensor quantized = Evaluate("QuantizeLinear", [x, scale, zero]);
        Assert.Equal([-8, -5, 1, 3, 7, 7], quantized.Values<sbyte>());
        Tensor real = Evaluate("DequantizeLinear", [Packed("q", OnnxTypes.Int4, 6, 0xB8, 0x31, 0x77), scale, zero]);
        Assert.Equal([-4.5f, -3f, 0f, 1f, 3f, 3f], real.Values<float>());
        Assert.Equal([0, 0, 0, 2, 7, 15], Evaluate("QuantizeLinear", [x, scale], Attribute("output_dtype", OnnxTypes.UInt4)).Values<byte>());
    }

    [Fact]
    public void Dequantising_small_floats_keeps_their_fractions()
    {
        // 1.5 and −0.75, in blocks of one.
        Tensor real = Evaluate(
            "DequantizeLinear", [Packed("q", OnnxTypes.Float8E4M3FN, 2, 0x3C, 0xB4), Floats("s", [2], 2, 4)], Attribute("axis", 0), Attribute("block_size", 1));
        Assert.Equal([3f, -3f], real.Values<float>());
    }

    private static float[] Numbers(int type, int count)
    {
        int bits = count switch { 4 => 2, 16 => 4, _ => 8 };
        var bytes = new byte[count * bits / 8];
        for (int code = 0; code < count; code++)
        {
            bytes[code * bits / 8] |= (byte)(code << (code * bits % 8));
        }

        return Evaluate("Cast", [Packed("x", type, count, bytes)], Attribute("to", OnnxTypes.Float)).Values<float>();
    }

    private static double Magnitude(int code, int mantissaBits, int bias)
    {
        int exponent = code >> mantissaBits;
        double mantissa = (code % (1 << mantissaBits)) / Math.Pow(2, mantissaBits);
        return exponent == 0 ? mantissa * Math.Pow(2, 1 - bias) : (1 + mantissa) * Math.Pow(2, exponent - bias);
    }

    // The numbers, the middles between neighbours, what lies next to each, the limits, and noise of all sizes; of both signs.
    private static double[] Probes(int mantissaBits, int bias, int greatest)
    {
        var random = new Random(Seed);
        double[] numbers = [.. Enumerable.Range(0, greatest + 2).Select(code => Magnitude(code, mantissaBits, bias))];
        IEnumerable<double> middles = numbers.Zip(numbers.Skip(1), (low, high) => (low + high) / 2);
        IEnumerable<double> noise = Enumerable.Range(0, 500).Select(_ => Math.Pow(2, (random.NextDouble() * 60) - 30));
        return
        [
            .. numbers.Concat(middles).SelectMany(value => new[] { value, Math.BitIncrement(value), Math.BitDecrement(value), MathF.BitIncrement((float)value), MathF.BitDecrement((float)value) })
                .Concat(noise)
                .Concat([float.MaxValue, double.PositiveInfinity, double.NaN, float.Epsilon])
                .SelectMany(value => new[] { value, -value }),
        ];
    }

    // By search: the nearest of all numbers and of the one that would come behind the last.
    private static void AssertNearest(int type, double value, float actual, int mantissaBits, int bias, int greatest, bool saturate)
    {
        bool isFour = type == OnnxTypes.Float4E2M1;
        double size = Math.Abs(value);
        int nearest = Enumerable.Range(0, greatest + 2).MinBy(code => (Math.Abs(Magnitude(code, mantissaBits, bias) - Math.Min(size, 1e9)), code % 2));
        double magnitude = nearest <= greatest ? Magnitude(nearest, mantissaBits, bias)
            : saturate || isFour ? Magnitude(greatest, mantissaBits, bias)
            : type == OnnxTypes.Float8E5M2 ? double.PositiveInfinity
            : double.NaN;
        double expected = double.IsNaN(value) ? (isFour ? 0 : double.NaN) : double.IsNegative(value) ? -magnitude : magnitude;
        Assert.True(expected.Equals(actual), $"{OnnxTypes.NameOf(type)} of {value:R} is {actual}, expected {expected}; saturate {saturate}, seed {Seed}");
        if (expected == 0 && !isFour)
        {
            bool hasNegativeZero = type is OnnxTypes.Float8E4M3FN or OnnxTypes.Float8E5M2;
            Assert.Equal(hasNegativeZero && double.IsNegative(value), float.IsNegative(actual));
        }
    }

    private static TensorProto Packed(string name, int type, int? count, params byte[] bytes)
    {
        var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.AddRange(count is { } extent ? [extent] : []);
        return tensor;
    }

    private static TensorProto Doubles(string name, params double[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTypes.Double };
        tensor.Dims.Add(values.Length);
        tensor.DoubleData.AddRange(values);
        return tensor;
    }
}
