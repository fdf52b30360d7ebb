using System;

namespace ModelCompiler.RuntimeSupport;

/// <content>Functions of real numbers. Those of the C library may differ in the last place between platforms.</content>
public static partial class ElementwiseMath
{
    /// <summary>e to the power of x.</summary>
    /// <param name="x">The exponent.</param>
    /// <returns>The power.</returns>
    public static float Exp(float x) => Exponential.Of(x);

    /// <inheritdoc cref="Exp(float)"/>
    public static double Exp(double x) => Math.Exp(x);

    /// <summary>The natural logarithm.</summary>
    /// <param name="x">A number.</param>
    /// <returns>The logarithm; −∞ of 0, NaN of negative numbers.</returns>
    public static float Log(float x) => MathF.Log(x);

    /// <inheritdoc cref="Log(float)"/>
    public static double Log(double x) => Math.Log(x);

    /// <summary>The square root.</summary>
    /// <param name="x">A number.</param>
    /// <returns>The root; NaN of negative numbers.</returns>
    public static float Sqrt(float x) => MathF.Sqrt(x);

    /// <inheritdoc cref="Sqrt(float)"/>
    public static double Sqrt(double x) => Math.Sqrt(x);

    /// <summary>Rounds down.</summary>
    /// <param name="x">A number.</param>
    /// <returns>The largest whole number that is not larger.</returns>
    public static float Floor(float x) => MathF.Floor(x);

    /// <inheritdoc cref="Floor(float)"/>
    public static double Floor(double x) => Math.Floor(x);

    /// <summary>Rounds up.</summary>
    /// <param name="x">A number.</param>
    /// <returns>The smallest whole number that is not smaller.</returns>
    public static float Ceiling(float x) => MathF.Ceiling(x);

    /// <inheritdoc cref="Ceiling(float)"/>
    public static double Ceiling(double x) => Math.Ceiling(x);

    /// <summary>Rounds to the nearest whole number, ties to the even one.</summary>
    /// <param name="x">A number.</param>
    /// <returns>The nearest whole number.</returns>
    public static float Round(float x) => MathF.Round(x, MidpointRounding.ToEven);

    /// <inheritdoc cref="Round(float)"/>
    public static double Round(double x) => Math.Round(x, MidpointRounding.ToEven);

    /// <summary>The sine.</summary>
    /// <param name="x">An angle in radians.</param>
    /// <returns>−1…1.</returns>
    public static float Sin(float x) => MathF.Sin(x);

    /// <inheritdoc cref="Sin(float)"/>
    public static double Sin(double x) => Math.Sin(x);

    /// <summary>The cosine.</summary>
    /// <param name="x">An angle in radians.</param>
    /// <returns>−1…1.</returns>
    public static float Cos(float x) => MathF.Cos(x);

    /// <inheritdoc cref="Cos(float)"/>
    public static double Cos(double x) => Math.Cos(x);

    /// <summary>The tangent.</summary>
    /// <param name="x">An angle in radians.</param>
    /// <returns>Any number.</returns>
    public static float Tan(float x) => MathF.Tan(x);

    /// <inheritdoc cref="Tan(float)"/>
    public static double Tan(double x) => Math.Tan(x);

    /// <summary>The inverse sine.</summary>
    /// <param name="x">−1…1.</param>
    /// <returns>An angle in radians, −π/2…π/2; NaN outside.</returns>
    public static float Asin(float x) => MathF.Asin(x);

    /// <inheritdoc cref="Asin(float)"/>
    public static double Asin(double x) => Math.Asin(x);

    /// <summary>The inverse cosine.</summary>
    /// <param name="x">−1…1.</param>
    /// <returns>An angle in radians, 0…π; NaN outside.</returns>
    public static float Acos(float x) => MathF.Acos(x);

    /// <inheritdoc cref="Acos(float)"/>
    public static double Acos(double x) => Math.Acos(x);

    /// <summary>The inverse tangent.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>An angle in radians, −π/2…π/2.</returns>
    public static float Atan(float x) => MathF.Atan(x);

    /// <inheritdoc cref="Atan(float)"/>
    public static double Atan(double x) => Math.Atan(x);

    /// <summary>The hyperbolic sine.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>Any number.</returns>
    public static float Sinh(float x) => MathF.Sinh(x);

    /// <inheritdoc cref="Sinh(float)"/>
    public static double Sinh(double x) => Math.Sinh(x);

    /// <summary>The hyperbolic cosine.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>At least 1.</returns>
    public static float Cosh(float x) => MathF.Cosh(x);

    /// <inheritdoc cref="Cosh(float)"/>
    public static double Cosh(double x) => Math.Cosh(x);

    /// <summary>The hyperbolic tangent.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>−1…1.</returns>
    public static float Tanh(float x) => Exponential.Tanh(x);

    /// <inheritdoc cref="Tanh(float)"/>
    public static double Tanh(double x) => Math.Tanh(x);

    /// <summary>The inverse hyperbolic sine.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>Any number.</returns>
    public static float Asinh(float x) => MathF.Asinh(x);

    /// <inheritdoc cref="Asinh(float)"/>
    public static double Asinh(double x) => Math.Asinh(x);

    /// <summary>The inverse hyperbolic cosine.</summary>
    /// <param name="x">At least 1.</param>
    /// <returns>At least 0; NaN outside.</returns>
    public static float Acosh(float x) => MathF.Acosh(x);

    /// <inheritdoc cref="Acosh(float)"/>
    public static double Acosh(double x) => Math.Acosh(x);

    /// <summary>The inverse hyperbolic tangent.</summary>
    /// <param name="x">−1…1.</param>
    /// <returns>Any number; NaN outside.</returns>
    public static float Atanh(float x) => MathF.Atanh(x);

    /// <inheritdoc cref="Atanh(float)"/>
    public static double Atanh(double x) => Math.Atanh(x);

    /// <summary>The logistic function 1 / (1 + e^−x).</summary>
    /// <param name="x">Any number.</param>
    /// <returns>0…1.</returns>
    public static float Sigmoid(float x) => Exponential.Sigmoid(x);

    /// <inheritdoc cref="Sigmoid(float)"/>
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
