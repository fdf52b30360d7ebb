namespace Labeling;

/// <summary>What the program has to know of the model that the project file chose.</summary>
internal static class Model
{
#if MOBILENET
    /// <summary>What users know it as.</summary>
    public const string Name = "MobileNet";

    /// <summary>Pixels in a row and a column.</summary>
    public const int Extent = 128;
#else
    /// <summary>What users know it as.</summary>
    public const string Name = "the sample's own model";

    /// <summary>Pixels in a row and a column.</summary>
    public const int Extent = 64;
#endif
}
