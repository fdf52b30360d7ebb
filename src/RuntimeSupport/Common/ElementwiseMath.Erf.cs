using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <content>The error function.</content>
public static partial class ElementwiseMath
{
    /// <summary>The error function 2/√π ∫₀ˣ e^(−t²) dt.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>−1…1, within 0.6 units in the last place; the same bits on every platform.</returns>
    /// <remarks>
    /// x · P(x²)/Q(x²), in double precision, with P and Q of degree 6 and 5 fitted for the least greatest relative error (2·10⁻⁹) on
    /// |x| ≤ 3.95, beyond which the function is 1 in single precision.
    /// </remarks>
    public static float Erf(float x)
    {
        const float One = 3.95f;
        double limited = x < -One ? -One : x > One ? One : x;
        double square = limited * limited;
        double numerator = Polynomial(
            square,
            [1.1283791692059255, 0.1851772108060912, 0.054275003810767386, 0.003843598383267886, 0.00037790675991040745, 4.639421993042115E-06, -1.2962369212450773E-08]);
        double denominator = Polynomial(
            square,
            [1, 0.49744243854516, 0.11391362284278538, 0.015444062768438668, 0.0013040692348761079, 6.268300697405753E-05]);
        return (float)(limited * numerator / denominator);
    }

    /// <summary>The error function 2/√π ∫₀ˣ e^(−t²) dt.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>−1…1, within 4 units in the last place.</returns>
    /// <remarks>The rational approximations of W. J. Cody, Rational Chebyshev Approximations for the Error Function, Math. Comp. 23 (1969), 631–637.</remarks>
    public static double Erf(double x)
    {
        double size = Math.Abs(x);
        if (size <= 0.46875)
        {
            return x * ErfNearZero(size * size);
        }

        // Beyond 6 the rest is less than half a unit in the last place of 1; NaN comes out of the last form as itself.
        double rest = size > 6 ? 0 : size > 4 ? ErfcFar(size) : ErfcMiddle(size);
        return Math.CopySign(1 - rest, x);
    }

    private static double ErfNearZero(double square) =>
        Polynomial(square, [3.20937758913846947E+03, 3.77485237685302021E+02, 1.13864154151050156E+02, 3.16112374387056560, 1.85777706184603153E-01])
        / Polynomial(square, [2.84423683343917062E+03, 1.28261652607737228E+03, 2.44024637934444173E+02, 2.36012909523441209E+01, 1]);

    private static double ErfcMiddle(double x)
    {
        double numerator = Polynomial(
            x,
            [
                1.23033935479799725E+03, 2.05107837782607147E+03, 1.71204761263407058E+03, 8.81952221241769090E+02, 2.98635138197400131E+02,
                6.61191906371416295E+01, 8.88314979438837594, 5.64188496988670089E-01, 2.15311535474403846E-08,
            ]);
        double denominator = Polynomial(
            x,
            [
                1.23033935480374942E+03, 3.43936767414372164E+03, 4.36261909014324716E+03, 3.29079923573345963E+03, 1.62138957456669019E+03,
                5.37181101862009858E+02, 1.17693950891312499E+02, 1.57449261107098347E+01, 1,
            ]);
        return Math.Exp(-x * x) * numerator / denominator;
    }

    private static double ErfcFar(double x)
    {
        const double InverseRootOfPi = 0.56418958354775628695;
        double inverse = 1 / (x * x);
        double numerator = Polynomial(
            inverse,
            [6.58749161529837803E-04, 1.60837851487422766E-02, 1.25781726111229246E-01, 3.60344899949804439E-01, 3.05326634961232344E-01, 1.63153871373020978E-02]);
        double denominator = Polynomial(
            inverse,
            [2.33520497626869185E-03, 6.05183413124413191E-02, 5.27905102951428412E-01, 1.87295284992346725, 2.56852019228982242, 1]);
        return Math.Exp(-x * x) / x * (InverseRootOfPi - (inverse * numerator / denominator));
    }

    // Horner's rule; coefficients from the constant term up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Polynomial(double x, ReadOnlySpan<double> coefficients)
    {
        double sum = 0;
        for (int power = coefficients.Length - 1; power >= 0; power--)
        {
            sum = (sum * x) + coefficients[power];
        }

        return sum;
    }
}
