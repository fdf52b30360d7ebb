namespace ModelCompiler.Generator;

/// <summary>The names of the generator's stages, by which tests see what was computed anew.</summary>
public static class TrackingNames
{
    /// <summary>A plan's text, read.</summary>
    public const string Plans = nameof(Plans);

    /// <summary>A weights' text, decoded.</summary>
    public const string Weights = nameof(Weights);

    /// <summary>All decoded weights.</summary>
    public const string AllWeights = nameof(AllWeights);

    /// <summary>The classes that all plans make.</summary>
    public const string AllClasses = nameof(AllClasses);

    /// <summary>A plan that is the first to make its class, or what is wrong with it.</summary>
    public const string Models = nameof(Models);

    /// <summary>A model together with its weights.</summary>
    public const string ModelWeights = nameof(ModelWeights);

    /// <summary>The <c>Prediction</c> types, one a namespace.</summary>
    public const string Predictions = nameof(Predictions);
}
