using System;
using System.Collections.Generic;
using System.Globalization;

namespace ModelCompiler.RuntimeSupport.SelfCheck;

/// <summary>Results of a function in a number: two machines that print the same one agree, which no test on either of them can show.</summary>
internal static class Fingerprint
{
    // A prime near 2^14: about 262,000 floats of every sign and magnitude.
    private const uint BitStep = 16411;

    /// <summary>One line a function. Those that the C library computes are missing (logarithm, tangent and such): they differ in the last place.</summary>
    public static IEnumerable<string> All()
    {
        yield return Line("Exponential.Of", Exponential.Of);
        yield return Line("Exponential.Sigmoid", Exponential.Sigmoid);
        yield return Line("Exponential.Tanh", Exponential.Tanh);
        yield return Line("ElementwiseMath.Erf", ElementwiseMath.Erf);
        yield return Line("ElementwiseMath.Modulo", x => ElementwiseMath.Modulo(x, 0.7f));
        yield return Line("ElementwiseMath.ToInt32", x => ElementwiseMath.ToInt32(x));
        yield return Line("ElementwiseMath.Quantize", x => ElementwiseMath.Quantize(x, 1.7f, 100));
    }

    private static string Line(string name, Func<float, float> function)
    {
        // FNV-1a of the bits, 32 at a time; all NaN count as one.
        ulong hash = 14695981039346656037;
        for (ulong bits = 0; bits <= uint.MaxValue; bits += BitStep)
        {
            float result = function(BitConverter.UInt32BitsToSingle((uint)bits));
            hash = (hash ^ (float.IsNaN(result) ? 0x7FC00000 : BitConverter.SingleToUInt32Bits(result))) * 1099511628211;
        }

        return string.Create(CultureInfo.InvariantCulture, $"Fingerprint of {name}: {hash:X16}");
    }
}
