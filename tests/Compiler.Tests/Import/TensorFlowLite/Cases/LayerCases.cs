using System;
using System.Collections.Generic;
using System.Linq;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases.LiteCases;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;

/// <summary>Layers with weights: in float, in integers of each width, hybrid, and with weights of half precision.</summary>
internal static class LayerCases
{
    private const sbyte Same = 0, Valid = 1;

    public static IEnumerable<LiteCase> All =>
    [
        Convolution("", 3, 3, Same, 2, 1, 0, -1),
        Convolution("a scale for each filter", 3, 2, Valid, 1, 1, 1, 0),
        Convolution("dilated", 2, 2, Same, 1, 2, 3, 0),
        Convolution("one tap", 1, 1, Valid, 1, 1, 0, 0),
        Grouped(),
        Depthwise("", 2, 1, Same, 2, 1, -1),
        Depthwise("several channels of each", 3, 2, Valid, 1, 1, 3),
        Depthwise("dilated", 2, 1, Same, 1, 2, 3),
        Transposed("", Same, [1, 4, 6, 2], 2, -1),
        Transposed("all of it", Valid, [1, 5, 7, 2], 2, 0),
        Volume(Same, 1),
        Volume(Valid, 2),
        TransposedVolume(),
        FullyConnected("", -1, 0, LiteForms.Layer, isKept: false),
        FullyConnected("a scale for each unit", 0, 1, LiteForms.Float | LiteForms.Int8 | LiteForms.Int16, isKept: true),
        new("without bias", "FULLY_CONNECTED", "x w _", "y", [Given("x", [2, 3]), Weights("w", [2, 3]), Made("y", [2, 2])], v => [Product(v.Narrowed(v["x"], 2), v["w"], 2, 3, 2, null)]) { Forms = LiteForms.Layer, Tolerance = 4e-6 },
        new("asymmetric inputs", "FULLY_CONNECTED", "x w b", "y", [Given("x", [2, 3], 0, 4), Weights("w", [2, 3]), Bias("b", 2), Made("y", [2, 2])], v => [Product(v.Narrowed(v["x"], 2, isAsymmetric: true), v["w"], 2, 3, 2, v["b"])], new LiteOption(3, true))
        {
            Forms = LiteForms.Hybrid,
            Tolerance = 4e-6,
        },
        new("", "BATCH_MATMUL", "x z", "y", [Given("x", [2, 2, 3]), Given("z", [2, 3, 2], -1, 2), Made("y", [2, 2, 2])], v => [[.. Places([2, 2, 2]).Select(p => Enumerable.Range(0, 3).Sum(k => v["x"][(p[0] * 6) + (p[1] * 3) + k] * v["z"][(p[0] * 6) + (k * 2) + p[2]]))]])
        {
            Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.Int16,
            Tolerance = 4e-6,
        },
        new("transposed", "BATCH_MATMUL", "x z", "y", [Given("x", [3, 2]), Given("z", [4, 3], -1, 2), Made("y", [2, 4])], v => [[.. Places([2, 4]).Select(p => Enumerable.Range(0, 3).Sum(k => v["x"][(k * 2) + p[0]] * v["z"][(p[1] * 3) + k]))]], new(0, true), new(1, true))
        {
            Forms = LiteForms.Float | LiteForms.Int8,
            Tolerance = 4e-6,
        },
        new("constant weights", "BATCH_MATMUL", "x w", "y", [Given("x", [1, 2, 3]), Weights("w", [1, 3, 2]), Made("y", [1, 2, 2])], v => [[.. Places([2, 2]).Select(p => Enumerable.Range(0, 3).Sum(k => v["x"][(p[0] * 3) + k] * v["w"][(k * 2) + p[1]]))]])
        {
            Forms = LiteForms.Float | LiteForms.Int8 | LiteForms.Half,
            Tolerance = 4e-6,
        },
    ];

    /// <summary>Rows times the transpose of weights.</summary>
    public static double[] Product(double[] rows, double[] weights, int count, int inner, int units, double[]? bias) =>
        [.. Places([count, units]).Select(p => Enumerable.Range(0, inner).Sum(k => rows[(p[0] * inner) + k] * weights[(p[1] * inner) + k]) + (bias?[p[1]] ?? 0))];

    private static LiteCase FullyConnected(string title, int channels, int activation, LiteForms forms, bool isKept) =>
        new(title, "FULLY_CONNECTED", "x w b", "y", [Given("x", [2, 2, 3]), Weights("w", [5, 3], channels), Bias("b", 5), Made("y", isKept ? [2, 2, 5] : [4, 5])], v => [[.. Product(v.Narrowed(v["x"], 4), v["w"], 4, 3, 5, v["b"]).Select(x => Limited(x, activation))]], new(0, (sbyte)activation), new(2, isKept))
        {
            Forms = forms,
            Tolerance = 4e-6,
        };

    // Where a window's first tap lies before the image; the odd element of padding goes behind.
    private static int Before(int length, int taps, int stride, int dilation, sbyte padding) =>
        padding == Valid ? 0 : Math.Max(0, (((length + stride - 1) / stride) - 1) * stride + ((taps - 1) * dilation) + 1 - length) / 2;

    private static int Windows(int length, int taps, int stride, int dilation, sbyte padding) =>
        padding == Same ? (length + stride - 1) / stride : (length - ((taps - 1) * dilation) - 1 + stride) / stride;

    private static double Pixel(double[] image, int[] shape, params int[] place) => place.Zip(shape).All(pair => pair.First >= 0 && pair.First < pair.Second) ? image[At(shape, place)] : 0;

    private static LiteCase Convolution(string title, int rows, int columns, sbyte padding, int stride, int dilation, int activation, int channels)
    {
        int[] image = [1, 5, 6, 3], filters = [4, rows, columns, 3];
        int[] made = [1, Windows(5, rows, stride, dilation, padding), Windows(6, columns, stride, dilation, padding), 4];
        (int top, int left) = (Before(5, rows, stride, dilation, padding), Before(6, columns, stride, dilation, padding));
        double[][] Expected(LiteValues v)
        {
            double[] x = v.Narrowed(v["x"], 1, isAsymmetric: channels >= 0);
            return [[.. Places(made).Select(p => Limited(v["b"][p[3]] + Places(filters[1..]).Sum(tap =>
                Pixel(x, image, 0, (p[1] * stride) - top + (tap[0] * dilation), (p[2] * stride) - left + (tap[1] * dilation), tap[2]) * v["w"][At(filters, [p[3], .. tap])]), activation))]];
        }

        return new(title, "CONV_2D", "x w b", "y", [Given("x", image), Weights("w", filters, channels), Bias("b", 4), Made("y", made)], Expected, new(0, padding), new(1, stride), new(2, stride), new(3, (sbyte)activation), new(4, dilation), new(5, dilation))
        {
            Forms = channels < 0 ? LiteForms.Layer : LiteForms.Layer & ~LiteForms.UInt8,
            Tolerance = 1e-5,
        };
    }

    private static LiteCase Grouped() =>
        new("groups", "CONV_2D", "x w _", "y", [Given("x", [1, 1, 3, 4]), Weights("w", [2, 1, 1, 2]), Made("y", [1, 1, 3, 2])], v => [[.. Places([3, 2]).Select(p => Enumerable.Range(0, 2).Sum(k => v["x"][(p[0] * 4) + (p[1] * 2) + k] * v["w"][(p[1] * 2) + k]))]], new(0, Valid), new(1, 1), new(2, 1))
        {
            Forms = LiteForms.Float | LiteForms.Int8,
        };

    private static LiteCase Depthwise(string title, int taps, int multiplier, sbyte padding, int stride, int dilation, int channels)
    {
        int[] image = [1, 5, 4, 3], filters = [1, taps, taps, 3 * multiplier];
        int[] made = [1, Windows(5, taps, stride, dilation, padding), Windows(4, taps, stride, dilation, padding), 3 * multiplier];
        (int top, int left) = (Before(5, taps, stride, dilation, padding), Before(4, taps, stride, dilation, padding));
        double[][] Expected(LiteValues v)
        {
            double[] x = v.Narrowed(v["x"], 1, isAsymmetric: true);
            return [[.. Places(made).Select(p => v["b"][p[3]] + Places([taps, taps]).Sum(tap =>
                Pixel(x, image, 0, (p[1] * stride) - top + (tap[0] * dilation), (p[2] * stride) - left + (tap[1] * dilation), p[3] / multiplier) * v["w"][At(filters, 0, tap[0], tap[1], p[3])]))]];
        }

        return new(title, "DEPTHWISE_CONV_2D", "x w b", "y", [Given("x", image), Weights("w", filters, channels), Bias("b", 3 * multiplier), Made("y", made)], Expected, new(0, padding), new(1, stride), new(2, stride), new(3, multiplier), new(5, dilation), new(6, dilation))
        {
            Forms = channels < 0 ? LiteForms.Layer : LiteForms.Layer & ~LiteForms.UInt8,
            Tolerance = 1e-5,
        };
    }

    // Every element of the image adds its multiple of the filter to the result.
    private static LiteCase Transposed(string title, sbyte padding, int[] made, int stride, int channels)
    {
        int[] image = [1, 2, 3, 3], filters = [2, 3, 3, 3];
        double[][] Expected(LiteValues v)
        {
            double[] sums = [.. Places(made).Select(p => v["b"][p[3]])];
            int top = Math.Max(0, ((image[1] - 1) * stride) + 3 - made[1]) / 2, left = Math.Max(0, ((image[2] - 1) * stride) + 3 - made[2]) / 2;
            foreach (int[] p in Places(image))
            {
                foreach (int[] tap in Places([3, 3, 2]))
                {
                    (int row, int column) = ((p[1] * stride) + tap[0] - top, (p[2] * stride) + tap[1] - left);
                    if (row >= 0 && row < made[1] && column >= 0 && column < made[2])
                    {
                        sums[At(made, 0, row, column, tap[2])] += v["x"][At(image, p)] * v["w"][At(filters, tap[2], tap[0], tap[1], p[3])];
                    }
                }
            }

            return [sums];
        }

        return new(title, "TRANSPOSE_CONV", "s w x b", "y", [Vector("s", [.. made.Select(extent => (double)extent)]), Given("x", image), Weights("w", filters, channels), Bias("b", 2), Made("y", made)], Expected, new(0, padding), new(1, stride), new(2, stride))
        {
            Forms = LiteForms.Float | LiteForms.Half | LiteForms.Int8 | LiteForms.Int16 | (channels < 0 ? LiteForms.UInt8 : LiteForms.None),
            Tolerance = 1e-5,
        };
    }

    private static LiteCase Volume(sbyte padding, int stride)
    {
        int[] volume = [1, 3, 4, 4, 2], filters = [2, 2, 3, 2, 3];
        int[] made = [1, Windows(3, 2, stride, 1, padding), Windows(4, 2, stride, 1, padding), Windows(4, 3, stride, 1, padding), 3];
        int[] before = [Before(3, 2, stride, 1, padding), Before(4, 2, stride, 1, padding), Before(4, 3, stride, 1, padding)];
        double[][] Expected(LiteValues v) => [[.. Places(made).Select(p => Math.Max(0, v["b"][p[4]] + Places(filters[..4]).Sum(tap =>
            Pixel(v["x"], volume, 0, (p[1] * stride) - before[0] + tap[0], (p[2] * stride) - before[1] + tap[1], (p[3] * stride) - before[2] + tap[2], tap[3]) * v["w"][At(filters, [.. tap, p[4]])])))]];
        return new($"padding {padding}", "CONV_3D", "x w b", "y", [Given("x", volume), Weights("w", filters), Bias("b", 3), Made("y", made)], Expected, new(0, padding), new(1, stride), new(2, stride), new(3, stride), new(4, (sbyte)1), new(5, 1), new(6, 1), new(7, 1))
        {
            Forms = LiteForms.Float | LiteForms.Half,
            Tolerance = 1e-5,
        };
    }

    private static LiteCase TransposedVolume()
    {
        int[] volume = [1, 2, 2, 3, 2], filters = [2, 3, 2, 2, 2], made = [1, 4, 4, 6, 2];
        double[][] Expected(LiteValues v)
        {
            double[] sums = [.. Places(made).Select(p => v["b"][p[4]])];
            foreach (int[] p in Places(volume))
            {
                foreach (int[] tap in Places(filters[..4]))
                {
                    // Of five rows that the sum spans, the last is cut.
                    (int plane, int row, int column) = ((p[1] * 2) + tap[0], (p[2] * 2) + tap[1], (p[3] * 2) + tap[2]);
                    if (row < made[2])
                    {
                        sums[At(made, 0, plane, row, column, tap[3])] += v["x"][At(volume, p)] * v["w"][At(filters, [.. tap, p[4]])];
                    }
                }
            }

            return [sums];
        }

        return new("", "CONV_3D_TRANSPOSE", "s w x b", "y", [Vector("s", [.. made.Select(extent => (double)extent)]), Given("x", volume), Weights("w", filters), Bias("b", 2), Made("y", made)], Expected, new(0, Same), new(1, 2), new(2, 2), new(3, 2), new(4, (sbyte)0), new(5, 1), new(6, 1), new(7, 1))
        {
            Forms = LiteForms.Float | LiteForms.Half,
            Tolerance = 1e-5,
        };
    }
}
