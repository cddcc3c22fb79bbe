namespace FinOps.Domain.Policies.Classification;

/// <summary>
/// Says how likely a prompt is one that only the strong model answers well: ten features of the text, weighed. It does not understand the question; what it is worth, and where it is not, tells docs/routing-classifier.md.
/// Allocates nothing, for any number of threads.
/// </summary>
public sealed class ComplexityClassifier
{
    /// <summary>Deviations from the mean beyond which a value counts no more: prompts unlike those of the training move the score no further than the most unusual of these.</summary>
    public const double MostDeviations = 3;

    private const string Resource = "policies/complexity-weights.csv";

    private readonly double[] _means;
    private readonly double[] _scales;
    private readonly double[] _weights;
    private readonly double _constant;

    /// <summary>With the weights that are part of the product.</summary>
    public static ComplexityClassifier Trained { get; } = new(TrainedWeights());

    public ComplexityClassifier(ComplexityWeights weights)
    {
        _means = [.. weights.Features.Select(feature => feature.Mean)];
        _scales = [.. weights.Features.Select(feature => 1 / feature.Deviation)];
        _weights = [.. weights.Features.Select(feature => feature.Weight)];
        Weights = weights;
        _constant = weights.Constant;
    }

    public ComplexityWeights Weights { get; }

    /// <summary>The probability that the strong model answers well and the weak one does not, above 0 and below 1, over prompts like those of the training. Thresholds that divide them lie between about 0.1 and 0.3.</summary>
    /// <param name="prompt">The user's last message in UTF-8, without the escapes of JSON; any bytes are fine.</param>
    public double Score(ReadOnlySpan<byte> prompt) => Score(PromptFeatures.Read(prompt));

    /// <inheritdoc cref="Score(ReadOnlySpan{byte})"/>
    public double Score(in PromptFeatures prompt)
    {
        Span<double> values = stackalloc double[_means.Length];
        ComplexityFeature.Fill(prompt, values);
        var logOdds = _constant;
        for (var i = 0; i < values.Length; i++) logOdds += _weights[i] * Deviations(values[i], _means[i], _scales[i]);
        return 1 / (1 + Math.Exp(-logOdds));
    }

    /// <summary>How far a value is from the mean. One that a prompt does not tell counts as the mean.</summary>
    private static double Deviations(double value, double mean, double scale) => double.IsNaN(value) ? 0 : Math.Clamp((value - mean) * scale, -MostDeviations, MostDeviations);

    private static ComplexityWeights TrainedWeights()
    {
        using var stream = typeof(ComplexityClassifier).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidDataException($"{Resource} is not part of this build.");
        using var reader = new StreamReader(stream);
        return ComplexityWeights.Parse(reader.ReadToEnd());
    }
}
