namespace ModelCompiler.Compiler.Data;

/// <summary>One example input.</summary>
/// <param name="Pixels">Bytes height × width × channels of a picture, or <see langword="null"/>.</param>
/// <param name="Values">Elements in the declared layout of the input, or <see langword="null"/>.</param>
public sealed record Sample(byte[]? Pixels, float[]? Values);
