using System;
using System.Collections.Generic;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Sums over places: of what a group of a layer's channels reads in the quantised program and in the float program, and of their products.</summary>
/// <param name="terms">Numbers of a place.</param>
internal sealed class MomentSums(int terms)
{
    // Of the products among quantised inputs, which are symmetric, the lower half.
    private readonly double[] products = new double[terms * terms];
    private readonly double[] crossProducts = new double[terms * terms];
    private readonly double[] totals = new double[terms];
    private readonly double[] realTotals = new double[terms];

    /// <summary>Places seen.</summary>
    public long Count { get; private set; }

    /// <summary>The mean inputs in the quantised program.</summary>
    public double[] Means => Array.ConvertAll(totals, total => total / Count);

    /// <summary>The mean inputs in the float program.</summary>
    public double[] RealMeans => Array.ConvertAll(realTotals, total => total / Count);

    /// <summary>All of several.</summary>
    public static MomentSums Total(IEnumerable<MomentSums> parts)
    {
        MomentSums[] all = [.. parts];
        var sum = new MomentSums(all[0].Means.Length);
        foreach (MomentSums part in all)
        {
            sum.Count += part.Count;
            Rows.Add(sum.products, part.products, 1);
            Rows.Add(sum.crossProducts, part.crossProducts, 1);
            Rows.Add(sum.totals, part.totals, 1);
            Rows.Add(sum.realTotals, part.realTotals, 1);
        }

        return sum;
    }

    /// <summary>Adds a place.</summary>
    /// <param name="quantized">What it reads in the quantised program.</param>
    /// <param name="real">What it reads in the float program.</param>
    public void Add(ReadOnlySpan<double> quantized, ReadOnlySpan<double> real)
    {
        Count++;
        Rows.Add(totals, quantized, 1);
        Rows.Add(realTotals, real, 1);
        for (int row = 0; row < terms; row++)
        {
            if (quantized[row] != 0)
            {
                Rows.Add(products.AsSpan(row * terms, row + 1), quantized, quantized[row]);
                Rows.Add(crossProducts.AsSpan(row * terms, terms), real, quantized[row]);
            }
        }
    }

    /// <summary>Mean products of each two quantised inputs' differences from some numbers, such as their means; row by row.</summary>
    public double[] Products(double[] centres)
    {
        double[] centred = Centred(products, Means, centres, Means, centres);
        for (int row = 0; row < terms; row++)
        {
            for (int column = 0; column < row; column++)
            {
                centred[(column * terms) + row] = centred[(row * terms) + column];
            }
        }

        return centred;
    }

    /// <summary>The same of a quantised input, the row, and a real one, the column.</summary>
    public double[] CrossProducts(double[] centres, double[] realCentres) => Centred(crossProducts, Means, centres, RealMeans, realCentres);

    // (x − a)(y − b) = xy − a·y − (x − a)·b
    private double[] Centred(double[] sums, double[] rowMeans, double[] rowCentres, double[] columnMeans, double[] columnCentres)
    {
        double[] centred = Array.ConvertAll(sums, sum => sum / Count);
        for (int row = 0; row < terms; row++)
        {
            Span<double> target = centred.AsSpan(row * terms, terms);
            Rows.Add(target, columnMeans, -rowCentres[row]);
            Rows.Add(target, columnCentres, rowCentres[row] - rowMeans[row]);
        }

        return centred;
    }
}
